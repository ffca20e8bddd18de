import type { PortMapping, RestartPolicy } from '../../../src/model/container.js';
import type { Host } from '../../../src/model/host.js';
import { containerId, containerName, type ContainerId, type Digest } from '../../../src/model/ids.js';
import type { HeldOnHost } from '../../../src/ports/host-holds.js';
import type { Milliseconds } from '../../../src/model/duration.js';
import type { FakeClock } from '../fake-clock.js';
import { FakeContainer, type ContainerBirth } from './fake-container.js';
import type { Images } from './images.js';
import type { Actor, Timeline } from './timeline.js';

/** A container that runs on a host before the test begins. */
export interface FoundContainer {
  readonly name: string;
  readonly repository?: string;
  readonly digest?: Digest;
  /** Host ports; the container's own port is 5000. */
  readonly ports?: readonly number[];
  readonly labels?: Readonly<Record<string, string>>;
  readonly restartPolicy?: RestartPolicy;
  readonly managedBy?: ContainerBirth['managedBy'];
  readonly running?: boolean;
}

/** One machine with a container engine: what is true on it, and what happens to it. */
export class FakeHost {
  readonly containers = new Map<ContainerId, FakeContainer>();
  readonly images = new Set<Digest>();
  readonly networks = new Set<string>();
  /** What runs wrote down here of what they hold. */
  readonly holds = new Map<string, HeldOnHost>();
  /** The newest epoch of each lease that it met, and whose that was. */
  readonly fences = new Map<string, { readonly epoch: number; readonly run: string }>();
  freeBytes = 20_000_000_000;
  /** False while nobody gets through to it over SSH. What runs on it goes on running. */
  #found = true;
  #power: 'on' | 'off' | 'gone' = 'on';
  #stopped = false;
  #engineIsUp = true;
  /** False once somebody took the tag of its group away. */
  tagged = true;
  #born = 0;

  constructor(
    readonly host: Host,
    private readonly clock: FakeClock,
    readonly published: Images,
    private readonly timeline: Timeline,
    private readonly changed: () => void,
  ) {}

  get reachable(): boolean {
    return this.#found && this.#power === 'on';
  }

  /** Terminated: nobody sees it again. */
  get isGone(): boolean {
    return this.#power === 'gone';
  }

  /** Nobody gets through to it from now on. */
  lose(): void {
    if (this.#found) this.timeline.record('world', { type: 'host.lost', host: this.host.id });
    this.#found = false;
  }

  find(): void {
    if (!this.#found) this.timeline.record('world', { type: 'host.found', host: this.host.id });
    this.#found = true;
  }

  /** It goes down now, and comes back after a while with what its Engine starts by itself. */
  reboot(lasts: Milliseconds): void {
    if (this.#power !== 'on') return;
    this.#goDown('off');
    this.timeline.record('world', { type: 'host.down', host: this.host.id });
    this.clock.after(
      lasts,
      () => {
        if (this.#power === 'gone') return;
        this.#power = 'on';
        this.timeline.record('world', { type: 'host.up', host: this.host.id });
        for (const container of this.containers.values()) container.powerOn();
      },
      true,
    );
  }

  /** Its dockerd is stopped and comes back after a while; with live-restore its containers do not notice. */
  restartEngine(lasts: Milliseconds, { liveRestore = false } = {}): void {
    this.#engineIsUp = false;
    if (!liveRestore) for (const container of this.containers.values()) container.powerOff();
    this.clock.after(
      lasts,
      () => {
        this.#engineIsUp = true;
        if (!liveRestore) for (const container of this.containers.values()) container.powerOn();
      },
      true,
    );
  }

  get engineIsUp(): boolean {
    return this.#engineIsUp;
  }

  terminate(): void {
    this.#goDown('gone');
    this.timeline.record('world', { type: 'host.gone', host: this.host.id });
  }

  #goDown(power: 'off' | 'gone'): void {
    for (const container of this.containers.values()) container.powerOff();
    this.#power = power;
  }

  /** Somebody stops the instance, and nobody starts it again. */
  stopInstance(): void {
    this.#goDown('off');
    this.#stopped = true;
    this.timeline.record('world', { type: 'host.down', host: this.host.id });
  }

  /** As EC2 tells of it: one that reboots is running. */
  get instance(): 'running' | 'stopped' | 'terminated' {
    if (this.isGone) return 'terminated';
    return this.#stopped ? 'stopped' : 'running';
  }

  /** Puts a container there that ran long before the test, its image included. */
  runs(found: FoundContainer): FakeContainer {
    const { name, repository = 'registry/api', digest, ports = [], labels = {} } = found;
    if (digest !== undefined) this.images.add(digest);
    const container = this.create('world', {
      name: containerName(name),
      image: digest === undefined ? repository : `${repository}@${digest}`,
      ...(digest === undefined ? {} : { digest }),
      behaviour: this.published.behaviour(digest),
      labels,
      ports: ports.map((hostPort): PortMapping => ({ hostPort, containerPort: 5000, protocol: 'tcp' })),
      networks: ['bridge'],
      restartPolicy: found.restartPolicy ?? { name: 'unless-stopped' },
      ...(found.managedBy === undefined ? {} : { managedBy: found.managedBy }),
    });
    if (found.running ?? true) container.startedLongAgo();
    return container;
  }

  create(by: Actor, birth: Omit<ContainerBirth, 'id'>): FakeContainer {
    // Told apart by its beginning, as Docker's own: people and kept names use the first twelve characters only.
    const id = containerId(`c${++this.#born}-${this.host.id}`);
    const where = { host: this.host.id, container: id };
    const container: FakeContainer = new FakeContainer({ ...birth, id }, this.clock, (change, actor) => {
      this.timeline.record(
        actor,
        change === 'exited'
          ? { ...where, type: 'container.exited', code: container.exitCode ?? 0 }
          : { ...where, type: `container.${change}` },
      );
      this.changed();
    });
    this.containers.set(id, container);
    this.timeline.record(by, {
      ...where,
      type: 'container.created',
      name: birth.name,
      ports: birth.ports.map(({ hostPort }) => hostPort),
      ...(birth.digest === undefined ? {} : { digest: birth.digest }),
    });
    return container;
  }

  remove(by: Actor, container: FakeContainer): void {
    container.remove();
    this.containers.delete(container.id);
    this.timeline.record(by, { type: 'container.removed', host: this.host.id, container: container.id });
    this.changed();
  }

  addImage(by: Actor, digest: Digest): void {
    this.images.add(digest);
    this.timeline.record(by, { type: 'image.pulled', host: this.host.id, digest });
  }

  /** The container that has the port, among those that run. */
  onPort(port: number): FakeContainer | undefined {
    return [...this.containers.values()].find((container) => container.running && container.publishes(port));
  }

  /** Whether a request to this port would be answered with success. */
  serves(port: number): boolean {
    return this.onPort(port)?.serving ?? false;
  }

  named(name: string): FakeContainer | undefined {
    return [...this.containers.values()].find((container) => container.name === name);
  }
}
