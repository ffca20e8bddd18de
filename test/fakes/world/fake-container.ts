import type { ObservedContainer, PortMapping, RestartPolicy } from '../../../src/model/container.js';
import type { EpochMilliseconds, Milliseconds } from '../../../src/model/duration.js';
import type { ContainerId, ContainerName, Digest } from '../../../src/model/ids.js';
import type { FakeClock } from '../fake-clock.js';
import type { ImageBehaviour } from './image-behaviour.js';
import type { Actor } from './timeline.js';

export interface ContainerBirth {
  readonly id: ContainerId;
  readonly name: ContainerName;
  /** As Docker shows it. */
  readonly image: string;
  readonly digest?: Digest;
  readonly behaviour: ImageBehaviour;
  readonly labels: Readonly<Record<string, string>>;
  readonly env?: Readonly<Record<string, string>>;
  readonly ports: readonly PortMapping[];
  readonly networks: readonly string[];
  readonly bindSources?: readonly string[];
  readonly restartPolicy: RestartPolicy;
  readonly managedBy?: ObservedContainer['managedBy'];
}

/** Docker's own time between SIGTERM and SIGKILL, when its Engine ends too. */
const defaultStopTimeout: Milliseconds = 10_000;

type Change = 'started' | 'serving' | 'stopped' | 'exited';

/** Docker's own first delay before it restarts a container; it doubles with each restart of one that ran for less than `stableAfter`. */
const firstRestartDelay: Milliseconds = 100;
const longestRestartDelay: Milliseconds = 60_000;
const stableAfter: Milliseconds = 10_000;

/** How an Engine ends: by SIGTERM it stops what it runs first, by SIGKILL its containers die with it. */
export type EngineEnd = 'terminated' | 'killed';

/** One container, whose life follows its image's behaviour. */
export class FakeContainer {
  name: ContainerName;
  restartPolicy: RestartPolicy;
  running = false;
  /** Its port answers, though perhaps not with success. */
  listening = false;
  /** Its port answers with success. */
  serving = false;
  exitCode: number | undefined;
  restartCount = 0;
  startedAt: EpochMilliseconds | undefined;
  finishedAt: EpochMilliseconds | undefined;
  readonly createdAt: EpochMilliseconds;
  /** Somebody stopped it: the policy `unless-stopped` does not start it again when its host comes back. */
  #stoppedByHand = false;
  #restartDelay = firstRestartDelay;
  /** The Engine is about to start it again. */
  #restarting = false;
  /** It ran before the test began, so that its HEALTHCHECK has its verdict. */
  #longRunning = false;
  /** What is still to happen in this life of it. */
  #fate: (() => void)[] = [];

  constructor(
    readonly birth: ContainerBirth,
    private readonly clock: FakeClock,
    private readonly clockAhead: Milliseconds,
    private readonly changed: (change: Change, by: Actor) => void,
  ) {
    this.name = birth.name;
    this.restartPolicy = birth.restartPolicy;
    this.createdAt = this.#now();
  }

  get id(): ContainerId {
    return this.birth.id;
  }

  /** By its host's own clock. */
  #now(): EpochMilliseconds {
    return this.clock.now() + this.clockAhead;
  }

  publishes(port: number): boolean {
    return this.birth.ports.some(({ hostPort }) => hostPort === port);
  }

  /** Somebody starts it, or its Engine when that begins: it counts its restarts from 0 again. */
  start(by: Actor): void {
    this.#stoppedByHand = false;
    this.restartCount = 0;
    this.#restartDelay = firstRestartDelay;
    this.#begin(by);
  }

  #begin(by: Actor): void {
    const { listensAfter, healthyAfter, exitsAfter } = this.birth.behaviour;
    this.#forgetFate();
    this.#longRunning = false;
    this.running = true;
    this.exitCode = undefined;
    this.startedAt = this.#now();
    this.changed('started', by);
    if (exitsAfter !== undefined) this.#later(exitsAfter, () => this.exit());
    this.#later(listensAfter, () => void (this.listening = true));
    if (healthyAfter !== undefined) this.#later(healthyAfter, () => this.#serve());
  }

  /** As it was found at the beginning: running, and serving if it ever does. */
  startedLongAgo(): void {
    this.start('world');
    this.#forgetFate();
    this.#longRunning = true;
    this.listening = true;
    if (this.birth.behaviour.healthyAfter !== undefined) this.#serve();
  }

  stop(by: Actor, exitCode = 0): void {
    this.#stoppedByHand = true;
    this.#end(exitCode);
    this.changed('stopped', by);
  }

  /** Ends by itself, as after a crash; Docker starts it again if its policy says so. */
  exit(code: number = this.birth.behaviour.exitCode): void {
    const ran = this.#now() - (this.startedAt ?? 0);
    this.#end(code);
    this.changed('exited', 'world');
    if (!this.#mayRestart(code)) return;
    this.#restarting = true;
    if (ran >= stableAfter) this.#restartDelay = firstRestartDelay;
    this.#later(this.#restartDelay, () => {
      this.restartCount += 1;
      this.#begin('world');
    });
    this.#restartDelay = Math.min(2 * this.#restartDelay, longestRestartDelay);
  }

  /** Somebody stops it while it waits for its restart: that does not come, whatever its policy says. */
  forgetRestart(): void {
    if (this.running) return;
    this.#stoppedByHand = true;
    this.#forgetFate();
  }

  /** Its Engine ends, or its whole host goes down. */
  engineEnds(by: EngineEnd): void {
    const ran = this.running;
    const code = by === 'terminated' && this.birth.behaviour.stopsAfter <= defaultStopTimeout ? 0 : 137;
    this.#end(ran ? code : (this.exitCode ?? code));
    if (ran) this.changed('exited', 'world');
  }

  /**
   * Its Engine begins again and starts what the policies say: `always` also what a person stopped, `on-failure` only what ended with
   * another code than 0, which one that ended by SIGTERM did not.
   */
  engineBegins(): void {
    if (this.startedAt !== undefined && this.#mayRestart(this.exitCode ?? 0)) this.start('world');
  }

  /** Nothing happens to it any more. */
  remove(): void {
    this.#end(this.exitCode ?? 137);
  }

  observed(): ObservedContainer {
    const { birth } = this;
    const health = this.#health();
    return {
      id: birth.id,
      name: this.name,
      image: birth.image,
      ...(birth.digest === undefined ? {} : { digest: birth.digest }),
      labels: birth.labels,
      running: this.running,
      ...(this.#restarting ? { restarting: true } : {}),
      ...(this.exitCode === undefined ? {} : { exitCode: this.exitCode }),
      restartCount: this.restartCount,
      restartPolicy: this.restartPolicy,
      createdAt: this.createdAt,
      ...(this.startedAt === undefined ? {} : { startedAt: this.startedAt }),
      ...(this.running || this.finishedAt === undefined ? {} : { finishedAt: this.finishedAt }),
      ports: birth.ports,
      networks: birth.networks,
      ...(birth.bindSources === undefined ? {} : { bindSources: birth.bindSources }),
      ...(health === undefined ? {} : { health }),
      ...(birth.managedBy === undefined ? {} : { managedBy: birth.managedBy }),
    };
  }

  #health(): ObservedContainer['health'] {
    const { healthcheck } = this.birth.behaviour;
    if (healthcheck === undefined || !this.running) return undefined;
    const isOver =
      this.#longRunning || this.clock.now() - (this.startedAt ?? this.clock.now()) >= healthcheck.after;
    return isOver ? healthcheck.says : 'starting';
  }

  #serve(): void {
    this.listening = true;
    this.serving = true;
    this.changed('serving', 'world');
  }

  #end(exitCode: number): void {
    this.#forgetFate();
    if (this.running) this.finishedAt = this.#now();
    this.running = false;
    this.listening = false;
    this.serving = false;
    this.exitCode = exitCode;
  }

  /** Docker's own rule (moby, restartmanager). The policy `on-failure` does not ask who stopped it; without a number it has no end. */
  #mayRestart(code: number): boolean {
    switch (this.restartPolicy.name) {
      case 'no':
        return false;
      case 'always':
        return true;
      case 'unless-stopped':
        return !this.#stoppedByHand;
      case 'on-failure': {
        const { maximumRetries } = this.restartPolicy;
        return code !== 0 && (maximumRetries === 0 || this.restartCount < maximumRetries);
      }
    }
  }

  #later(duration: Milliseconds, action: () => void): void {
    this.#fate.push(this.clock.after(duration, action, true));
  }

  #forgetFate(): void {
    this.#restarting = false;
    for (const forget of this.#fate) forget();
    this.#fate = [];
  }
}
