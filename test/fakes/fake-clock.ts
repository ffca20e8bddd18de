import type { EpochMilliseconds, Milliseconds } from '../../src/model/duration.js';
import type { Clock } from '../../src/ports/clock.js';

interface Appointment {
  readonly at: Milliseconds;
  /** Breaks ties: first come, first served. */
  readonly order: number;
  /** Background appointments (a balancer's health checks) keep nobody waiting: alone they do not move time. */
  readonly background: boolean;
  readonly keep: () => void;
}

export interface FakeClockOptions {
  /** The wall clock at elapsed 0. */
  readonly epoch?: EpochMilliseconds;
  /** How late a sleeper wakes up; nothing when absent. The simulation draws it from its seed. */
  readonly lateness?: () => Milliseconds;
}

const oneDay: Milliseconds = 86_400_000;

/**
 * Virtual time. It stands still until the test moves it: `advance` by an amount, `run` until some work is done,
 * `runUntilIdle` until nobody sleeps any more. Between two moments every promise that can go on does so.
 */
export class FakeClock implements Clock {
  readonly #epoch: EpochMilliseconds;
  readonly #lateness: () => Milliseconds;
  readonly #appointments: Appointment[] = [];
  #elapsed: Milliseconds = 0;
  #order = 0;

  constructor({ epoch = Date.UTC(2026, 10, 21, 3, 15), lateness = () => 0 }: FakeClockOptions = {}) {
    this.#epoch = epoch;
    this.#lateness = lateness;
  }

  now(): EpochMilliseconds {
    return this.#epoch + Math.floor(this.#elapsed);
  }

  elapsed(): Milliseconds {
    return this.#elapsed;
  }

  async sleep(duration: Milliseconds, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    await new Promise<void>((resolve, reject) => {
      const wake = () => {
        signal?.removeEventListener('abort', giveUp);
        resolve();
      };
      const cancel = this.after(Math.max(0, duration) + this.#lateness(), wake);
      const giveUp = () => {
        cancel();
        reject(signal?.reason as Error);
      };
      signal?.addEventListener('abort', giveUp, { once: true });
    });
  }

  /** Calls `action` once; the result takes the appointment back. */
  after(duration: Milliseconds, action: () => void, background = false): () => void {
    const appointment = { at: this.#elapsed + duration, order: this.#order++, background, keep: action };
    const later = this.#appointments.findIndex(({ at }) => at > appointment.at);
    this.#appointments.splice(later === -1 ? this.#appointments.length : later, 0, appointment);
    return () => {
      const index = this.#appointments.indexOf(appointment);
      if (index !== -1) this.#appointments.splice(index, 1);
    };
  }

  /** Calls `action` again and again, in the background. */
  every(interval: Milliseconds, action: () => void): void {
    const again = () => {
      action();
      this.after(interval, again, true);
    };
    this.after(interval, again, true);
  }

  /** How many wait for time to pass. */
  get sleepers(): number {
    return this.#appointments.filter(({ background }) => !background).length;
  }

  /** Lets `duration` pass; everybody due wakes up in order. */
  async advance(duration: Milliseconds): Promise<void> {
    const end = this.#elapsed + duration;
    await settle();
    for (let next = this.#appointments[0]; next && next.at <= end; next = this.#appointments[0]) {
      await this.#keepNext();
    }
    this.#elapsed = end;
    await settle();
  }

  /** Lets time pass until nobody sleeps. */
  async runUntilIdle(limit: Milliseconds = oneDay): Promise<void> {
    const end = this.#elapsed + limit;
    await settle();
    while (this.sleepers > 0 && this.#elapsed <= end) await this.#keepNext();
  }

  /** Lets time pass until `work` is done, and gives its result. Throws when it waits for something that never comes. */
  async run<T>(work: Promise<T>, limit: Milliseconds = oneDay): Promise<T> {
    const end = this.#elapsed + limit;
    let done = false;
    const finish = () => void (done = true);
    work.then(finish, finish);
    await settle();
    while (!isTrue(done)) {
      if (this.sleepers === 0 && !(await this.#wokenByOthers(() => done))) {
        throw new Error(`The work is stuck at ${this.#elapsed} ms: it waits, and nobody sleeps.`);
      }
      if (this.#elapsed > end) throw new Error(`The work is not done after ${limit} ms of virtual time.`);
      if (!isTrue(done)) await this.#keepNext();
    }
    return work;
  }

  /** Streams and file reads take some turns of the event loop to go on. */
  async #wokenByOthers(isDone: () => boolean): Promise<boolean> {
    for (let turn = 0; turn < 200; turn += 1) {
      if (isDone() || this.sleepers > 0) return true;
      await settle();
    }
    return false;
  }

  async #keepNext(): Promise<void> {
    const next = this.#appointments.shift();
    if (next === undefined) return;
    this.#elapsed = Math.max(this.#elapsed, next.at);
    next.keep();
    await settle();
  }
}

/** All promises that can go on have done so once the event loop comes round. */
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** The compiler believes that a variable changed by a callback never changes. */
const isTrue = (value: boolean): boolean => value;
