import type { Event } from '../events/event.js';
import type { EventReader } from '../events/bus.js';
import { errorsOf } from '../errors/adf-error.js';
import { defined } from '../model/defined.js';
import type { Milliseconds } from '../model/duration.js';
import type { RunResult } from '../model/run-result.js';
import type { Clock } from '../ports/clock.js';
import type { Channel, Moment, Notification, NotifiedRelease } from './notification.js';

/** What a run waits for its last messages, all together. */
const patience: Milliseconds = 5_000;

type Started = Extract<Event, { type: 'run.started' }>;

/**
 * Tells channels of a run that rolls: when its first host is about to be changed, and how it ended. A run that changes nothing is not told of. Messages
 * are sent beside the run, each channel's in their order; one that is not delivered is a warning.
 */
export class Notifier implements EventReader {
  #started: Started | undefined;
  readonly #releases = new Map<string, NotifiedRelease>();
  #result: RunResult | undefined;
  #hasBegun = false;
  /** What each channel is still to be sent. */
  readonly #sending = new Map<Channel, Promise<void>>();
  readonly #over = new AbortController();

  constructor(
    private readonly channels: readonly Channel[],
    private readonly clock: Clock,
    private readonly warn: (message: string) => void,
  ) {}

  read(event: Event): void {
    switch (event.type) {
      case 'run.started':
        this.#started = event;
        return;
      case 'plan.made':
        this.#know(event.plan.group, {
          version: event.plan.release.version,
          image: event.plan.release.image,
        });
        return;
      case 'release.recorded':
        this.#know(event.group, { version: event.version, number: event.number });
        return;
      case 'batch.started':
        if (this.#hasBegun) return;
        this.#hasBegun = true;
        this.#tell('start', []);
        return;
      case 'run.ended':
        this.#result = event.result;
    }
  }

  /** Tells how the run ended, and waits for what is still on its way, 5 s at most. `thrown` is what ended it instead of a result. Never throws. */
  async end(thrown?: unknown): Promise<void> {
    const errors =
      thrown === undefined
        ? (this.#result?.errors.map(({ message }) => message) ?? [])
        : errorsOf(thrown).map(({ message }) => message);
    if (this.#hasBegun) this.#tell(momentOf(this.#result, thrown), errors);
    if (this.#sending.size === 0) return;
    const done = new AbortController();
    const sent = Promise.all(this.#sending.values()).then(() => done.abort());
    const late = this.clock.sleep(patience, done.signal).then(
      () => this.#over.abort(),
      () => undefined,
    );
    await Promise.race([sent, late]);
    // After the abort nothing is waited for any more.
    await sent;
  }

  #know(group: string, release: Omit<NotifiedRelease, 'group'>): void {
    this.#releases.set(group, { ...this.#releases.get(group), ...release, group });
  }

  #tell(moment: Moment, errors: readonly string[]): void {
    const { run = '', verb = '', environment = '', groups = [], who = '', link } = this.#started ?? {};
    const notification: Notification = {
      moment,
      run,
      verb,
      environment,
      groups: groups.length === 0 ? (this.#result?.groups ?? []) : groups,
      releases: [...this.#releases.values()],
      who,
      errors,
      ...defined({ link, result: moment === 'start' ? undefined : this.#result }),
    };
    for (const channel of this.channels) {
      if (!channel.on.includes(moment)) continue;
      const before = this.#sending.get(channel) ?? Promise.resolve();
      this.#sending.set(
        channel,
        before.then(() => this.#send(channel, notification)),
      );
    }
  }

  async #send(channel: Channel, notification: Notification): Promise<void> {
    const { signal } = this.#over;
    try {
      if (signal.aborted) throw new Error('earlier messages took too long');
      await orAborted(channel.tell(notification, signal), signal);
    } catch (error) {
      const reason = signal.aborted
        ? 'no answer in time'
        : error instanceof Error
          ? error.message
          : String(error);
      this.warn(`${channel.name} was not told of the ${notification.moment}: ${reason.replace(/\.$/, '')}.`);
    }
  }
}

/** What a channel waits for need not heed the signal: a registry that is asked for an image's commit does not. */
const orAborted = (telling: Promise<void>, signal: AbortSignal): Promise<void> =>
  new Promise((resolve, reject) => {
    const stop = (): void => reject(new Error('no answer in time'));
    signal.addEventListener('abort', stop, { once: true });
    telling.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
  });

function momentOf(result: RunResult | undefined, thrown: unknown): Moment {
  if (thrown !== undefined || result === undefined) return 'failure';
  if (result.outcome === 'rolled_back') return 'rollback';
  return result.exit === 0 ? 'success' : 'failure';
}
