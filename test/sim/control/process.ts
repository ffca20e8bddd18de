import type { Event } from '../../../src/events/event.js';
import type { Milliseconds } from '../../../src/model/duration.js';
import type { HostId } from '../../../src/model/ids.js';
import type { RunResult } from '../../../src/model/run-result.js';
import { PortCalls, type Caller, type PortCall } from '../../fakes/port-calls.js';
import type { Actor } from '../../fakes/world/timeline.js';
import type { World, WorldState } from '../../fakes/world/world.js';
import type { Launch } from './launch.js';
import { Life } from './life.js';
import { ProcessClock } from './process-clock.js';

/** How a process ended: by itself, with a result or what it threw, or killed. */
export type Outcome =
  | { readonly kind: 'killed' }
  | { readonly kind: 'ended'; readonly result?: RunResult; readonly thrown?: unknown };

/** All that is known of one process afterwards. */
export interface ProcessRecord {
  readonly number: number;
  readonly actor: Actor;
  readonly launch: Launch;
  readonly begunAt: Milliseconds;
  readonly endedAt: Milliseconds;
  readonly signalledAt?: Milliseconds;
  readonly outcome: Outcome;
  readonly events: readonly Event[];
  /** When it named each host as needing a person, for the last time. */
  readonly namedAt: ReadonlyMap<HostId, Milliseconds>;
  /** The world when it ended. */
  readonly ended: WorldState;
}

/** One process of the control side while it lives. */
export class ControlProcess implements Caller {
  readonly actor: Actor;
  readonly calls = new PortCalls();
  readonly life: Life;
  readonly clock: ProcessClock;
  readonly events: Event[] = [];
  readonly #namedAt = new Map<HostId, Milliseconds>();
  readonly #stop = new AbortController();
  #signalledAt: Milliseconds | undefined;
  #settlings = 0;

  constructor(
    readonly number: number,
    readonly launch: Launch,
    private readonly world: World,
    clockAhead: Milliseconds = 0,
  ) {
    this.actor = `program ${number}`;
    this.life = new Life(world.clock);
    this.clock = new ProcessClock(world.clock, this.life, clockAhead);
  }

  get stop(): AbortSignal {
    return this.#stop.signal;
  }

  /** Lets happen to it what is to happen at this call of its own. */
  readonly onCall = (call: number, { port, method, about }: PortCall): void => {
    const { killAtCall, killAtLockCall, killAtSettling, signalAtCall, freeze } = this.launch;
    if (port === 'lock' || port === 'table') {
      if (call === killAtLockCall) this.#kill();
      return;
    }
    const settles = about === 'hold.settled' || method === 'forgetHold';
    if (settles) this.#settlings += 1;
    if (call === killAtCall || (settles && this.#settlings === killAtSettling)) this.#kill();
    if (call === freeze?.atCall) {
      this.#became('frozen');
      this.life.freeze(freeze.lasts);
    }
    if (call === signalAtCall) {
      this.#signalledAt = this.world.clock.elapsed();
      this.#became('signalled');
      this.#stop.abort(new Error('SIGTERM'));
    }
  };

  readonly read = (event: Event): void => {
    if (this.life.isDead) return;
    this.events.push(event);
    if (event.type === 'host.named') this.#namedAt.set(event.host.id, this.world.clock.elapsed());
  };

  /** Runs it until it ends or is killed. */
  async run(main: () => Promise<RunResult>): Promise<ProcessRecord> {
    const { number, actor, launch, events, world } = this;
    const begunAt = world.clock.elapsed();
    this.#became('begun');
    const outcome = await Promise.race([
      this.life.killed.then((): Outcome => ({ kind: 'killed' })),
      main().then(
        (result): Outcome => ({ kind: 'ended', result }),
        (thrown: unknown): Outcome => ({ kind: 'ended', thrown }),
      ),
    ]);
    if (outcome.kind === 'ended') this.#became('ended');
    return {
      number,
      actor,
      launch,
      begunAt,
      endedAt: world.clock.elapsed(),
      outcome,
      events,
      namedAt: this.#namedAt,
      ended: world.state(),
      ...(this.#signalledAt === undefined ? {} : { signalledAt: this.#signalledAt }),
    };
  }

  #kill(): void {
    if (this.life.isDead) return;
    this.#became('killed');
    this.life.kill();
  }

  #became(became: 'begun' | 'killed' | 'frozen' | 'signalled' | 'ended'): void {
    this.world.timeline.record(this.actor, { type: 'process', became });
  }
}
