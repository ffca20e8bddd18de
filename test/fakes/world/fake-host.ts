import type { PortMapping, RestartPolicy } from '../../../src/model/container.js';
import type { Host } from '../../../src/model/host.js';
import { containerId, containerName, type ContainerId, type Digest } from '../../../src/model/ids.js';
import type { SourceKind } from '../../../src/ports/container-runtime.js';
import type { HeldOnHost } from '../../../src/model/holds/held-on-host.js';
import type { JobOnHost } from '../../../src/model/job-on-host.js';
import type { Milliseconds } from '../../../src/model/duration.js';
import { HostObjects } from '../fake-engine-objects.js';
import type { FakeClock } from '../fake-clock.js';
import { FakeContainer, type ContainerBirth, type EngineEnd } from './fake-container.js';
import type { ImageBehaviour } from './image-behaviour.js';
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
  readonly bindSources?: readonly string[];
  readonly running?: boolean;
}

/** One machine with a container engine: what is true on it, and what happens to it. */
export class FakeHost {
  readonly containers = new Map<ContainerId, FakeContainer>();
  readonly images = new Set<Digest>();
  readonly networks = new Set<string>();
  readonly objects = new HostObjects();
  /** Images that do otherwise here than elsewhere: a release that only some hosts cannot run. */
  readonly behaviours = new Map<Digest, ImageBehaviour>();
  /** What runs wrote down here of what they hold. */
  readonly holds = new Map<string, HeldOnHost>();
  /** The jobs that were begun on it; each tells of itself while it runs. */
  readonly jobs: (() => JobOnHost | undefined)[] = [];
  /** The newest epoch of each lease that it met, and whose that was. */
  readonly fences = new Map<string, { readonly epoch: number; readonly run: string }>();
  freeBytes = 20_000_000_000;
  /** The disk where its locks are kept takes no file. */
  lockDiskIsFull = false;
  /** What is at paths that containers mount; a folder where nothing is said. */
  readonly sources = new Map<string, SourceKind>();
  engineVersion = '27.0.0';
  /** How far its own clock is ahead of the world's: what it dates, it dates by its own. */
  clockAhead: Milliseconds = 0;
  /** How fast its own clock runs: 1.01 gains a second in 100. */
  clockRate = 1;
  /** How often it was booted since the world began. */
  boots = 0;
  #bootedAt: Milliseconds = 0;
  /** When the world began it was up for so long, by its own clock. */
  #upBefore: Milliseconds = 3_600_000;
  /** False while nobody gets through to it over SSH. What runs on it goes on running. */
  #found = true;
  #power: 'on' | 'off' | 'gone' = 'on';
  #stopped = false;
  /** As a whole machine: its balancers' checks get no answer. */
  standsStill = false;
  /** Until then it answers nothing that it is asked: that is kept from it by a test's network. */
  silentUntil: Milliseconds = 0;
  /** False while its Docker Engine is down. The host itself can be reached then. */
  engineRuns = true;
  /** Whether Docker is installed. */
  hasDocker = true;
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

  /** Since it was booted, by its own clock. */
  get uptime(): Milliseconds {
    return this.#upBefore + (this.clock.elapsed() - this.#bootedAt) * this.clockRate;
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

  /**
   * Its Docker Engine ends now, and starts again after `lasts`. Its containers end with it, unless live-restore keeps them. For the first
   * `stopping` milliseconds it still answers while its containers are down already; after that it does not answer.
   */
  restartEngine(lasts: Milliseconds, by: EngineEnd | 'live_restore', stopping: Milliseconds = 0): void {
    if (this.#power !== 'on' || !this.engineRuns) return;
    if (by !== 'live_restore') for (const container of this.containers.values()) container.engineEnds(by);
    if (stopping > 0) {
      this.clock.after(stopping, () => this.restartEngine(lasts - stopping, by), true);
      return;
    }
    this.engineRuns = false;
    this.timeline.record('world', { type: 'engine.down', host: this.host.id });
    this.clock.after(
      lasts,
      () => {
        if (this.#power === 'on' && !this.engineRuns) this.#beginEngine(by);
      },
      true,
    );
  }

  /** One that was killed finds its containers dead, and leaves them so (measured, see FACTS). */
  #beginEngine(after: EngineEnd | 'live_restore'): void {
    this.engineRuns = true;
    this.timeline.record('world', { type: 'engine.up', host: this.host.id });
    if (after === 'terminated') this.#startByPolicy();
  }

  /** One after the other. One whose port has another by then cannot start. */
  #startByPolicy(): void {
    for (const container of this.containers.values()) {
      const isFree = container.birth.ports.every(({ hostPort }) => this.onPort(hostPort) === undefined);
      if (isFree) container.engineBegins();
    }
  }

  /** It goes down now, in order or by a loss of power, and comes back after a while with what its Engine starts by itself. */
  reboot(lasts: Milliseconds, by: EngineEnd = 'killed'): void {
    if (this.#power !== 'on') return;
    this.#goDown('off', by);
    this.timeline.record('world', { type: 'host.down', host: this.host.id });
    this.clock.after(
      lasts,
      () => {
        if (this.#power === 'gone') return;
        this.#power = 'on';
        this.boots += 1;
        this.#bootedAt = this.clock.elapsed();
        this.#upBefore = 0;
        this.timeline.record('world', { type: 'host.up', host: this.host.id });
        this.engineRuns = true;
        this.#startByPolicy();
      },
      true,
    );
  }

  terminate(): void {
    this.#goDown('gone');
    this.timeline.record('world', { type: 'host.gone', host: this.host.id });
  }

  #goDown(power: 'off' | 'gone', by: EngineEnd = 'killed'): void {
    for (const container of this.containers.values()) container.engineEnds(by);
    this.engineRuns = false;
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
      ...(found.bindSources === undefined ? {} : { bindSources: found.bindSources }),
    });
    if (found.running ?? true) container.startedLongAgo();
    return container;
  }

  create(by: Actor, birth: Omit<ContainerBirth, 'id'>): FakeContainer {
    // Told apart by its beginning, as Docker's own: people and kept names use the first twelve characters only.
    const id = containerId(`c${++this.#born}-${this.host.id}`);
    const where = { host: this.host.id, container: id };
    const container: FakeContainer = new FakeContainer(
      { ...birth, id },
      this.clock,
      this.clockAhead,
      (change, actor) => {
        this.timeline.record(
          actor,
          change === 'exited'
            ? { ...where, type: 'container.exited', code: container.exitCode ?? 0 }
            : { ...where, type: `container.${change}` },
        );
        this.changed();
      },
    );
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

  /** Some container was made of it, whether it runs or not. */
  usesImage(digest: Digest): boolean {
    return [...this.containers.values()].some(({ birth }) => birth.digest === digest);
  }

  removeImage(by: Actor, digest: Digest): void {
    this.images.delete(digest);
    this.timeline.record(by, { type: 'image.removed', host: this.host.id, digest });
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
