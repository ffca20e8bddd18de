import { bindSourceGone, holdMissing, notDrained, stillHeld } from '../../errors/engine.js';
import { registeredAgain } from '../../errors/fleet.js';
import {
  label,
  samePolicy,
  type ContainerSpec,
  type ObservedContainer,
  type RestartPolicy,
} from '../../model/container.js';
import type { Milliseconds } from '../../model/duration.js';
import { containerHolds } from '../../model/holds/container.js';
import { registrationsOf } from '../../model/holds/registration.js';
import type { ContainerId, ContainerName } from '../../model/ids.js';
import { isDrained, registrationKey, targetGroupNameOf } from '../../model/registration.js';
import type { PinnedImage } from '../../model/release.js';
import type {
  HostContainers,
  LocalImage,
  PullProgress,
  RuntimeInfo,
  SourceKind,
} from '../../ports/container-runtime.js';
import type { EngineObjects } from '../../ports/engine-objects.js';
import type { RegistryCredentials } from '../../ports/registry.js';
import type { HostKnowledge, HostTarget } from '../host-target.js';
import type { Run } from '../run.js';
import { settledContainers } from '../settled-containers.js';
import { GuardedObjects } from './guarded-objects.js';
import { notJobs, type SentRequest } from './unfinished-requests.js';

/** What a look found that an earlier attempt has done. */
interface Found<T> {
  readonly value: T;
}

/** What the guarded Engine must know of its host. */
export interface ContainersContext extends Pick<
  HostTarget,
  'host' | 'group' | 'activity' | 'place' | 'outlast'
> {
  readonly run: Pick<Run, 'ports' | 'blips' | 'begun' | 'holds' | 'gate'>;
  readonly known: Pick<HostKnowledge, 'containersTouched' | 'startedAt'>;
  readonly traffic: Pick<HostTarget['traffic'], 'groups' | 'registrations'>;
  readonly prover: Pick<HostTarget['prover'], 'forget'>;
}

/**
 * The Engine of one host behind the run's interlocks: every change is journaled first, and a running container of the group is
 * stopped only when it is held and its host is drained (interlock 3). A request whose answer was lost may still be carried out: nothing is
 * asked or changed until it is over.
 */
export class GuardedContainers implements HostContainers {
  readonly objects: EngineObjects;

  constructor(
    private readonly runtime: HostContainers,
    private readonly context: ContainersContext,
  ) {
    this.objects = new GuardedObjects(runtime.objects, {
      read: (read) => this.#read(read),
      change: (request, act) => this.#changeContainer(request, act),
      prepare: (what, act) => this.#change({ what, isHarmless: true }, act),
    });
  }

  info(): Promise<RuntimeInfo> {
    return this.#read(() => this.runtime.info());
  }

  list(): Promise<readonly ObservedContainer[]> {
    return settledContainers(this.context, () => this.#read(() => this.runtime.list()));
  }

  inspect(container: ContainerId | ContainerName): Promise<ObservedContainer | undefined> {
    return this.#read(() => this.runtime.inspect(container));
  }

  environment(container: ContainerId): Promise<Readonly<Record<string, string>>> {
    return this.#read(() => this.runtime.environment(container));
  }

  image(image: PinnedImage): Promise<LocalImage | undefined> {
    return this.#read(() => this.runtime.image(image));
  }

  images(): Promise<readonly LocalImage[]> {
    return this.#read(() => this.runtime.images());
  }

  logs(id: ContainerId, lines: number): Promise<string> {
    return this.runtime.logs(id, lines);
  }

  pull(
    image: PinnedImage,
    credentials: RegistryCredentials | undefined,
    onProgress: (progress: PullProgress) => void,
    signal?: AbortSignal,
  ): Promise<void> {
    const what = `pull ${image.repository}@${image.digest}`;
    return this.#change({ what, isHarmless: true }, () =>
      this.runtime.pull(image, credentials, onProgress, signal),
    );
  }

  sources(paths: readonly string[]): Promise<readonly SourceKind[]> {
    return this.#read(() => this.runtime.sources(paths));
  }

  async create(
    spec: ContainerSpec,
    labels: Readonly<Record<string, string>>,
    onWarning?: (warning: string) => void,
  ): Promise<ContainerId> {
    this.#touched();
    const isDone = async (): Promise<boolean> => (await this.runtime.inspect(spec.name)) !== undefined;
    const what = `create container ${spec.name}`;
    return this.#change(
      { what, isDone },
      () => this.runtime.create(spec, labels, onWarning),
      () => this.#created(spec, labels),
    );
  }

  async start(id: ContainerId): Promise<void> {
    await this.#requireSources(id);
    this.#touched();
    const isDone = this.#seen(id, ({ running }) => running);
    return this.#changeContainer({ what: `start container ${id}`, isDone }, () => this.runtime.start(id));
  }

  async stop(id: ContainerId, timeout: Milliseconds): Promise<void> {
    await this.#requireMayGoDown(id);
    // One that waits for its restart is not running either, and the stop is still to come.
    const isDone = this.#seen(id, ({ running, restarting }) => !running && restarting !== true);
    const request = { what: `stop container ${id}`, ownTime: timeout, isDone };
    return this.#changeContainer(request, () => this.runtime.stop(id, timeout));
  }

  async rename(id: ContainerId, name: ContainerName): Promise<void> {
    this.#touched();
    const isDone = this.#seen(id, (container) => container.name === name);
    const what = `rename container ${id} to ${name}`;
    return this.#changeContainer({ what, isDone }, () => this.runtime.rename(id, name));
  }

  async setRestartPolicy(id: ContainerId, policy: RestartPolicy): Promise<void> {
    this.#touched();
    const isDone = this.#seen(id, ({ restartPolicy }) => samePolicy(restartPolicy, policy));
    const what = `set restart policy of ${id} to ${policy.name}`;
    return this.#changeContainer({ what, isDone }, () => this.runtime.setRestartPolicy(id, policy));
  }

  async remove(id: ContainerId): Promise<void> {
    const { run, host } = this.context;
    const held = containerHolds(run.holds.openOf(host.id)).find(({ previous }) => previous?.id === id);
    if (held !== undefined) throw stillHeld(host, held.name);
    await this.#requireMayGoDown(id);
    const isDone = this.#seen(id, () => false);
    return this.#changeContainer({ what: `remove container ${id}`, isDone }, () => this.runtime.remove(id));
  }

  ensureNetwork(name: string): Promise<void> {
    const request = { what: `ensure network ${name}`, isHarmless: true };
    return this.#change(request, () => this.runtime.ensureNetwork(name));
  }

  removeImage(id: string): Promise<boolean> {
    return this.#change({ what: `remove image ${id}` }, () => this.runtime.removeImage(id));
  }

  /** The Engine starts a container also onto a mount whose source is gone: it makes an empty folder there (interlock of bind mounts). */
  async #requireSources(id: ContainerId): Promise<void> {
    const container = await this.inspect(id);
    if (container === undefined || container.running) return;
    const { bindSources = [], name } = container;
    if (bindSources.length === 0) return;
    const kinds = await this.sources(bindSources);
    const missing = bindSources.filter((_, index) => kinds[index] === 'missing');
    if (missing.length > 0) throw bindSourceGone(this.context.host, name, missing);
  }

  /** A stopped container may always go; a running one only when nothing reaches it any more and it is held. */
  async #requireMayGoDown(id: ContainerId): Promise<void> {
    const container = await this.inspect(id);
    if (container === undefined || !(container.running || container.restarting === true)) return;
    this.#touched();
    await this.#requireDrained(`The container "${container.name}" is not stopped`);
    const name = container.labels[label.container] ?? container.name;
    const { run, host } = this.context;
    const held = containerHolds(run.holds.openOf(host.id)).some(
      (hold) => hold.name === name || hold.previous?.id === id,
    );
    if (!held) throw holdMissing(`The container "${container.name}"`);
  }

  /** Before something stops what all containers run on: the Engine, or the host itself. Throws `interlock.not_drained`. */
  async takeDown(what: string): Promise<void> {
    await this.#requireDrained(`The task does not ${what}`);
    this.#touched();
  }

  /** `refused` is what is not done while the host is in service: the beginning of a sentence. */
  async #requireDrained(refused: string): Promise<void> {
    const { traffic, host, group, run } = this.context;
    if (group === undefined) return;
    const groups = await traffic.groups(group.settings.targetGroups);
    const serving = (await traffic.registrations(groups)).find(
      (target) => !isDrained(target) && target.state !== 'unused',
    );
    if (serving !== undefined) {
      const where = `${targetGroupNameOf(serving.registration)}:${serving.registration.port} (${serving.state})`;
      const key = registrationKey(serving.registration);
      const wasDrained = registrationsOf(run.holds.openOf(host.id)).some(
        (one) => registrationKey(one) === key,
      );
      throw wasDrained && serving.state !== 'draining'
        ? registeredAgain(host, refused, where)
        : notDrained(host, refused, where);
    }
  }

  #touched(): void {
    this.context.known.containersTouched = true;
    this.context.prover.forget();
  }

  /** Whether the container is as a request would make it. One that is gone cannot be changed late. */
  #seen(id: ContainerId, isAsAsked: (container: ObservedContainer) => boolean): () => Promise<boolean> {
    return async () => {
      const container = await this.runtime.inspect(id);
      return container === undefined || isAsAsked(container);
    };
  }

  /** A container that an attempt whose answer was lost has created. One that was not made to its end is removed: it never ran. */
  async #created(
    spec: ContainerSpec,
    labels: Readonly<Record<string, string>>,
  ): Promise<Found<ContainerId> | undefined> {
    const found = await this.runtime.inspect(spec.name);
    const isOurs = Object.entries(labels).every(([name, value]) => found?.labels[name] === value);
    if (found === undefined || !isOurs || found.running) return undefined;
    if (spec.networks.every((network) => found.networks.includes(network))) return { value: found.id };
    await this.runtime.remove(found.id);
    return undefined;
  }

  #read<T>(read: () => Promise<T>): Promise<T> {
    const { run, host, activity, place } = this.context;
    const { clock } = run.ports;
    return this.context.outlast(async () => {
      await run.gate.requests.over(host.id, { signal: activity.signal, only: notJobs });
      const begun = clock.elapsed();
      const answer = await read();
      run.blips.answeredAfter(place, clock.elapsed() - begun);
      return answer;
    });
  }

  #changeContainer(
    request: SentRequest & Required<Pick<SentRequest, 'isDone'>>,
    act: () => Promise<void>,
  ): Promise<void> {
    return this.#change(request, act, async () =>
      (await request.isDone()) === true ? { value: undefined } : undefined,
    );
  }

  /**
   * A change whose answer was lost is over before anything else happens on the host; then it is looked whether it was carried out, and only
   * if not it is asked for again. `look` is absent for what may be done twice.
   */
  #change<T>(
    request: SentRequest,
    act: () => Promise<T>,
    look: () => Promise<Found<T> | undefined> = () => Promise.resolve(undefined),
  ): Promise<T> {
    const { run, host, activity } = this.context;
    const change = { ...request, where: 'host', host, restoring: activity.restoring } as const;
    let isSent = false;
    return this.context.outlast(async () => {
      if (isSent) {
        await run.gate.requests.over(host.id, { signal: activity.signal, only: notJobs });
        const found = await look();
        if (found !== undefined) return found.value;
      }
      return run.gate.perform(change, activity.signal, () => {
        isSent = true;
        return act();
      });
    });
  }
}
