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

type Change = 'started' | 'serving' | 'stopped' | 'exited';

/** Docker's own first delay before it restarts a container; it doubles with each restart. */
const firstRestartDelay: Milliseconds = 100;

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
  readonly createdAt: EpochMilliseconds;
  /** Somebody stopped it: only the policy `always` starts it again when its host comes back. */
  #stoppedByHand = false;
  /** The Engine is about to start it again. */
  #restarting = false;
  /** What is still to happen in this life of it. */
  #fate: (() => void)[] = [];

  constructor(
    readonly birth: ContainerBirth,
    private readonly clock: FakeClock,
    private readonly changed: (change: Change, by: Actor) => void,
  ) {
    this.name = birth.name;
    this.restartPolicy = birth.restartPolicy;
    this.createdAt = clock.now();
  }

  get id(): ContainerId {
    return this.birth.id;
  }

  publishes(port: number): boolean {
    return this.birth.ports.some(({ hostPort }) => hostPort === port);
  }

  start(by: Actor): void {
    const { listensAfter, healthyAfter, exitsAfter } = this.birth.behaviour;
    this.#forgetFate();
    this.#stoppedByHand = false;
    this.running = true;
    this.exitCode = undefined;
    this.startedAt = this.clock.now();
    this.changed('started', by);
    if (exitsAfter !== undefined) this.#later(exitsAfter, () => this.exit());
    this.#later(listensAfter, () => void (this.listening = true));
    if (healthyAfter !== undefined) this.#later(healthyAfter, () => this.#serve());
  }

  /** As it was found at the beginning: running, and serving if it ever does. */
  startedLongAgo(): void {
    this.start('world');
    this.#forgetFate();
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
    this.#end(code);
    this.changed('exited', 'world');
    if (!this.#restarts(code)) return;
    this.#restarting = true;
    this.#later(firstRestartDelay * 2 ** Math.min(this.restartCount, 9), () => {
      this.restartCount += 1;
      this.start('world');
    });
  }

  /** Somebody stops it while it waits for its restart: that does not come, whatever its policy says. */
  forgetRestart(): void {
    if (this.running) return;
    this.#stoppedByHand = true;
    this.#forgetFate();
  }

  /** Its host goes down. */
  powerOff(): void {
    const ran = this.running;
    this.#end(ran ? 137 : (this.exitCode ?? 137));
    if (ran) this.changed('exited', 'world');
  }

  /** Its host is back: the Engine starts what its policy says. */
  powerOn(): void {
    const { name } = this.restartPolicy;
    const wasStarted = this.startedAt !== undefined;
    if (
      name === 'always'
        ? wasStarted
        : wasStarted && !this.#stoppedByHand && this.#restarts(this.exitCode ?? 0)
    ) {
      this.start('world');
    }
  }

  /** Nothing happens to it any more. */
  remove(): void {
    this.#end(this.exitCode ?? 137);
  }

  observed(): ObservedContainer {
    const { birth } = this;
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
      ports: birth.ports,
      networks: birth.networks,
      ...(birth.bindSources === undefined ? {} : { bindSources: birth.bindSources }),
      ...(birth.managedBy === undefined ? {} : { managedBy: birth.managedBy }),
    };
  }

  #serve(): void {
    this.listening = true;
    this.serving = true;
    this.changed('serving', 'world');
  }

  #end(exitCode: number): void {
    this.#forgetFate();
    this.running = false;
    this.listening = false;
    this.serving = false;
    this.exitCode = exitCode;
  }

  #restarts(code: number): boolean {
    if (this.restartPolicy.name === 'no') return false;
    if (this.restartPolicy.name !== 'on-failure') return true;
    return code !== 0 && this.restartCount < this.restartPolicy.maximumRetries;
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
