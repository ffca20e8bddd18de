import { interrupted } from '../errors/engine.js';
import type { Milliseconds } from '../model/duration.js';

type SignalName = 'SIGINT' | 'SIGTERM';

/** What signals come from; the process, or a test's own emitter. */
export interface SignalSource {
  on(event: NodeJS.Signals, listener: () => void): unknown;
  removeListener(event: NodeJS.Signals, listener: () => void): unknown;
}

/** The same signal within this time is the same intent: npm and shells pass Ctrl-C on to a child that got it already. */
const sameIntent: Milliseconds = 300;

/** Without a terminal the sender does not wait: Jenkins kills about 5 seconds after its SIGTERM. */
export const graceWithoutTerminal: Milliseconds = 4_000;
/** On a terminal there is time, and a second Ctrl-C. */
export const graceOnTerminal: Milliseconds = 600_000;

export interface SignalOptions {
  readonly grace: Milliseconds;
  /** Called at the first signal. */
  readonly onRequest?: (name: SignalName) => void;
  /** Called at the second signal; must end the process. */
  readonly exitNow: (name: SignalName) => void;
  /** Milliseconds on a clock that only goes forward. */
  readonly elapsed?: () => Milliseconds;
}

/**
 * Turns the first SIGINT or SIGTERM into a request to stop and the second into an exit. A terminal that hangs up asks to
 * stop too. The signal's reason is the error `run.interrupted`.
 */
export class Interruption {
  readonly grace: Milliseconds;
  readonly #controller = new AbortController();
  readonly #elapsed: () => Milliseconds;
  readonly #listeners: readonly (readonly [NodeJS.Signals, () => void])[];
  #name: SignalName | undefined;
  #last: { readonly signal: NodeJS.Signals; readonly at: Milliseconds } | undefined;

  constructor(
    private readonly source: SignalSource,
    private readonly options: SignalOptions,
  ) {
    this.grace = options.grace;
    this.#elapsed = options.elapsed ?? (() => performance.now());
    const signals: readonly NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGHUP'];
    this.#listeners = signals.map((signal) => [signal, () => this.#receive(signal)] as const);
    for (const [signal, listener] of this.#listeners) source.on(signal, listener);
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Which signal asked to stop; undefined as long as none did. A hang-up counts as SIGTERM. */
  readonly name = (): SignalName | undefined => this.#name;

  /** As if the signal had come: Ctrl-C at a question reaches us as a key, not as a signal. */
  interrupt(): void {
    this.#receive('SIGINT');
  }

  /** As if the terminal had been closed: no person is there any more. */
  hangUp(): void {
    this.#receive('SIGHUP');
  }

  /** Signals do again what they did before. */
  dispose(): void {
    for (const [signal, listener] of this.#listeners) this.source.removeListener(signal, listener);
  }

  #receive(signal: NodeJS.Signals): void {
    const at = this.#elapsed();
    const repeated = this.#last?.signal === signal && at - this.#last.at < sameIntent;
    this.#last = { signal, at };
    if (repeated) return;
    const name = signal === 'SIGINT' ? 'SIGINT' : 'SIGTERM';
    if (this.#name === undefined) {
      this.#name = name;
      this.options.onRequest?.(name);
      this.#controller.abort(interrupted(name));
      return;
    }
    // A closed terminal sends its hang-up after Ctrl-C; that is no second wish.
    if (signal !== 'SIGHUP') this.options.exitNow(name);
  }
}
