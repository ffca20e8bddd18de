import { holdMissing, notDrained, stillHeld } from '../../errors/engine.js';
import { registeredAgain } from '../../errors/fleet.js';
import {
  label,
  type ContainerSpec,
  type ObservedContainer,
  type RestartPolicy,
} from '../../model/container.js';
import type { Milliseconds } from '../../model/duration.js';
import type { ContainerId, ContainerName } from '../../model/ids.js';
import { isDrained, registrationKey, targetGroupNameOf } from '../../model/registration.js';
import type { PinnedImage } from '../../model/release.js';
import type { HostContainers, LocalImage, PullProgress, RuntimeInfo } from '../../ports/container-runtime.js';
import type { RegistryCredentials } from '../../ports/registry.js';
import type { HostSession } from '../host-session.js';

/**
 * The Engine of one host behind the run's interlocks: every change is journaled first, and a running container of the group is
 * stopped only when it is held and its host is drained (interlock 3).
 */
export class GuardedContainers implements HostContainers {
  readonly #runtime: HostContainers;
  readonly #session: HostSession;

  constructor(runtime: HostContainers, session: HostSession) {
    this.#runtime = runtime;
    this.#session = session;
  }

  info(): Promise<RuntimeInfo> {
    return this.#runtime.info();
  }

  list(): Promise<readonly ObservedContainer[]> {
    return this.#runtime.list();
  }

  inspect(container: ContainerId | ContainerName): Promise<ObservedContainer | undefined> {
    return this.#runtime.inspect(container);
  }

  image(image: PinnedImage): Promise<LocalImage | undefined> {
    return this.#runtime.image(image);
  }

  images(): Promise<readonly LocalImage[]> {
    return this.#runtime.images();
  }

  logs(id: ContainerId, lines: number): Promise<string> {
    return this.#runtime.logs(id, lines);
  }

  pull(
    image: PinnedImage,
    credentials: RegistryCredentials | undefined,
    onProgress: (progress: PullProgress) => void,
    signal?: AbortSignal,
  ): Promise<void> {
    return this.#change(`pull ${image.repository}@${image.digest}`, () =>
      this.#runtime.pull(image, credentials, onProgress, signal),
    );
  }

  async create(spec: ContainerSpec, labels: Readonly<Record<string, string>>): Promise<ContainerId> {
    this.#touched();
    return this.#change(`create container ${spec.name}`, () => this.#runtime.create(spec, labels));
  }

  async start(id: ContainerId): Promise<void> {
    this.#touched();
    return this.#change(`start container ${id}`, () => this.#runtime.start(id));
  }

  async stop(id: ContainerId, timeout: Milliseconds): Promise<void> {
    await this.#requireMayGoDown(id);
    return this.#change(`stop container ${id}`, () => this.#runtime.stop(id, timeout));
  }

  async rename(id: ContainerId, name: ContainerName): Promise<void> {
    this.#touched();
    return this.#change(`rename container ${id} to ${name}`, () => this.#runtime.rename(id, name));
  }

  async setRestartPolicy(id: ContainerId, policy: RestartPolicy): Promise<void> {
    this.#touched();
    return this.#change(`set restart policy of ${id} to ${policy.name}`, () =>
      this.#runtime.setRestartPolicy(id, policy),
    );
  }

  async remove(id: ContainerId): Promise<void> {
    const { run, host } = this.#session;
    const held = run.holds
      .openOf(host.id)
      .find((hold) => hold.kind === 'container' && hold.previous?.id === id);
    if (held?.kind === 'container') throw stillHeld(host, held.name);
    await this.#requireMayGoDown(id);
    return this.#change(`remove container ${id}`, () => this.#runtime.remove(id));
  }

  ensureNetwork(name: string): Promise<void> {
    return this.#change(`ensure network ${name}`, () => this.#runtime.ensureNetwork(name));
  }

  removeImage(id: string): Promise<boolean> {
    return this.#change(`remove image ${id}`, () => this.#runtime.removeImage(id));
  }

  /** A stopped container may always go; a running one only when nothing reaches it any more and it is held. */
  async #requireMayGoDown(id: ContainerId): Promise<void> {
    const container = await this.#runtime.inspect(id);
    if (container?.running !== true) return;
    this.#touched();
    await this.#requireDrained(container);
    const name = container.labels[label.container] ?? container.name;
    const held = this.#session.run.holds
      .openOf(this.#session.host.id)
      .some((hold) => hold.kind === 'container' && (hold.name === name || hold.previous?.id === id));
    if (!held) throw holdMissing(`The container "${container.name}"`);
  }

  async #requireDrained(container: ObservedContainer): Promise<void> {
    const { traffic, host, group, run } = this.#session;
    if (group === undefined) return;
    const groups = await traffic.groups(group.settings.targetGroups);
    const serving = (await traffic.registrations(groups)).find(
      (target) => !isDrained(target) && target.state !== 'unused',
    );
    if (serving !== undefined) {
      const where = `${targetGroupNameOf(serving.registration)}:${serving.registration.port} (${serving.state})`;
      const key = registrationKey(serving.registration);
      const wasDrained = run.holds
        .openOf(host.id)
        .some((hold) => hold.kind === 'registration' && registrationKey(hold.registration) === key);
      throw wasDrained && serving.state !== 'draining'
        ? registeredAgain(host, container.name, where)
        : notDrained(host, container.name, where);
    }
  }

  #touched(): void {
    this.#session.containersTouched = true;
    this.#session.prover.forget();
  }

  #change<T>(what: string, act: () => Promise<T>): Promise<T> {
    const { run, host, activity } = this.#session;
    const change = { where: 'host', host, what, restoring: activity.restoring } as const;
    return run.gate.perform(change, activity.signal, act);
  }
}
