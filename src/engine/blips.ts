import { AdfError, errorsOf } from '../errors/adf-error.js';
import { blipSourceOf, tooManyBlips } from '../errors/blip.js';
import type { EventBus } from '../events/bus.js';
import type { BlipRecord, BlipSource } from '../model/blip.js';
import { formatDuration, type Milliseconds } from '../model/duration.js';
import type { Host } from '../model/host.js';
import type { HostId } from '../model/ids.js';
import { mostBlips } from '../model/settings.js';
import { patienceEnds, retryPause, type Clock, type Patience, type Random } from '../ports/clock.js';
import type { Presence } from '../ports/fleet.js';

/** One connection timeout, where a host sets none: what a blip is given before anything was changed. */
const connectTimeout: Milliseconds = 15_000;
/** Where no group says how long a lost host is reconnected to; and for the cloud. */
export const reconnectDefault: Milliseconds = 300_000;
/** What is back sooner is told as a blip only. */
const worthTelling: Milliseconds = 5_000;
/** A host answers a question within this time. Where it takes longer, the host hangs or the network is at fault. */
export const answerAtMost: Milliseconds = 2_000;
/** Of more the first ones are not kept for the end of the run. */
const mostRecorded = 50;
/** A host is asked after in the cloud when it has been away for so long, and then again and again. */
const askIfGone = { first: 5_000, every: 30_000 } as const;

/** What may blip: a host with all that is on it; without one, AWS and what else the control side speaks to. */
export interface BlipPlace {
  readonly host?: Host;
  /** `rollout.reconnect` of the host's group. */
  readonly reconnect?: Milliseconds;
  /** `rollout.max_blips` of the host's group. */
  readonly maxBlips?: number;
}

/** How a caller waits for a place. */
export interface Waiting {
  /** Ends the wait. */
  readonly signal?: AbortSignal;
  /** Told what is waited for, at most once for each blip. */
  readonly report?: (message: string) => void;
  /**
   * False for a call that may succeed without the place: what it asks of that is watched by itself. `perhaps` where it is not known whether the
   * call asks the place at all: while the place is away, only success after a loss of the same call tells that it is back.
   */
  readonly isAnswer?: boolean | 'perhaps';
}

export interface BlipsOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly bus: EventBus;
  readonly presence: Presence;
}

interface Blip {
  readonly source: BlipSource;
  readonly reason: string;
  readonly since: Milliseconds;
  overAt?: Milliseconds;
  askedIfGoneAt: Milliseconds;
  isTold: boolean;
}

/** What fails together when the way there is lost: all hosts, when a bastion is; and all of AWS. */
type Realm = 'hosts' | 'cloud' | 'registry';

const realmOf = ({ host }: BlipPlace, source: BlipSource): Realm =>
  host === undefined ? 'cloud' : source === 'registry' ? 'registry' : 'hosts';

/**
 * The blips of one run: what is away, since when, and how long it is waited for. All who wait for a place share one blip. It is told when it
 * is over, and then only: what lasts longer than patience is a failure and no blip.
 */
export class Blips {
  readonly #options: BlipsOptions;
  readonly #last = new Map<string, Blip>();
  /** Hosts that did not come back within patience: until they answer again each is asked once. */
  readonly #givenUp = new Set<string>();
  readonly #countInTurn = new Map<HostId, number>();
  readonly #timeLost = new Map<string, Milliseconds>();
  /** Since when nothing has answered there: one loss, whose patience all share who meet it. */
  readonly #silentSince = new Map<Realm, Milliseconds>();
  #over: readonly BlipRecord[] = [];
  #changing: 'nothing' | 'heard' | 'all' = 'nothing';
  /** What answered at least once. */
  readonly #heardOf = new Set<string>();
  #hasEnded = false;

  constructor(options: BlipsOptions) {
    this.#options = options;
  }

  /**
   * From now on the run changes something, and a blip is given `reconnect`: before, refusing costs nothing. With `of: 'heard'` that is so for
   * hosts that answered in this run; one that was out of reach from the start had nothing taken, and gets one connection timeout.
   */
  changesBegin({ of = 'all' }: { readonly of?: 'all' | 'heard' } = {}): void {
    this.#changing = of;
  }

  /** The run releases its leases now: what still waits in its background must not be asked for again. */
  end(): void {
    this.#hasEnded = true;
  }

  /** A turn of this host begins, or a restore: `max_blips` is for one of them. */
  turnBegins({ id }: Host): void {
    this.#countInTurn.delete(id);
  }

  /** Those that are over, the last ones at most. */
  get over(): readonly BlipRecord[] {
    return this.#over;
  }

  /** A question was answered after so long: no call failed, but the place stood still. Nothing is told of that; its time was lost all the same. */
  answeredAfter(place: BlipPlace, took: Milliseconds): void {
    if (took > answerAtMost) this.#timeLost.set(keyOf(place), this.timeLost(place) + took);
  }

  /** How long blips of the place have lasted, and its answers that took too long, all together. */
  timeLost(place: BlipPlace): Milliseconds {
    return this.#timeLost.get(keyOf(place)) ?? 0;
  }

  /** True when the place was given up and has not answered since. */
  isGivenUp(place: BlipPlace): boolean {
    return this.#givenUp.has(keyOf(place));
  }

  /** Since when something is away that was given up, and has not answered since. */
  get lostSince(): Milliseconds | undefined {
    const since = [...this.#givenUp].flatMap((key) => this.#last.get(key)?.since ?? []);
    return since.length === 0 ? undefined : Math.min(...since);
  }

  /** For those who ask AWS, or a registry. */
  readonly cloud: Patience = {
    outlast: (act) => this.outlast({}, act),
    watch: (act) => this.watch({}, act),
  };

  /**
   * Makes a call again while what it throws may be gone by itself and patience is not over. So it must only read, or look for itself what an
   * earlier attempt has done. Throws what the last attempt throws, `blip.too_many`, and the signal's reason.
   */
  async outlast<T>(place: BlipPlace, act: () => Promise<T>, waiting: Waiting = {}): Promise<T> {
    const { clock, random } = this.#options;
    const { signal } = waiting;
    const begun = clock.elapsed();
    for (let attempt = 1; ; attempt += 1) {
      const attempted = clock.elapsed();
      try {
        const { isAnswer = true } = waiting;
        return await this.watch(place, act, {
          isAnswer: attempt > 1 && isAnswer === 'perhaps' ? true : isAnswer,
        });
      } catch (error) {
        const blip = this.#last.get(keyOf(place));
        if (blip === undefined || sourceAt(place, error) === undefined) throw error;
        if (this.#isOver() || signal?.aborted === true) throw error;
        this.#refuseTooMany(place, error);
        const left = this.#giveUpAt(place, blip, begun) - clock.elapsed();
        if (left <= 0 || this.isGivenUp(place) || (await this.#isGone(place, blip))) {
          this.#giveUp(place);
          throw error;
        }
        if (attempt === 1 && blip.since >= attempted) tell(blip, left, waiting);
        this.#tellLong(place, blip, left);
        await clock.sleep(Math.min(retryPause(attempt, random), left), signal);
        if (this.#isOver()) throw error;
      }
    }
  }

  /** Makes a call once, and notices what it tells of the place. Throws what the call throws. */
  async watch<T>(
    place: BlipPlace,
    act: () => Promise<T>,
    { isAnswer = true }: Pick<Waiting, 'isAnswer'> = {},
  ): Promise<T> {
    const begun = this.#options.clock.elapsed();
    const tells = (): boolean => isAnswer === true || (isAnswer === 'perhaps' && !this.#isAway(place));
    try {
      const result = await act();
      if (tells()) this.#answered(place, begun);
      return result;
    } catch (error) {
      const source = sourceAt(place, error);
      if (source !== undefined) this.notice(place, source, error, begun);
      else if (tells() && tellsOf(place, error)) this.#answered(place, begun);
      throw error;
    }
  }

  #isAway(place: BlipPlace): boolean {
    const blip = this.#last.get(keyOf(place));
    return blip !== undefined && blip.overAt === undefined;
  }

  /** A call to this place that began then has failed. One that began before the last blip was over is a part of that. */
  notice(place: BlipPlace, source: BlipSource, error: unknown, begun: Milliseconds): void {
    const key = keyOf(place);
    const known = this.#last.get(key);
    if (known !== undefined && (known.overAt === undefined || begun <= known.overAt)) return;
    const since = this.#options.clock.elapsed();
    const reason = errorsOf(error)[0].message;
    this.#last.set(key, { source, reason, since, askedIfGoneAt: since, isTold: false });
    const realm = realmOf(place, source);
    if (!this.#silentSince.has(realm)) this.#silentSince.set(realm, since);
    const { host } = place;
    if (host !== undefined) this.#countInTurn.set(host.id, (this.#countInTurn.get(host.id) ?? 0) + 1);
  }

  /** An answer to what was asked before the blip began tells nothing of it. */
  #answered(place: BlipPlace, begun: Milliseconds): void {
    const key = keyOf(place);
    const blip = this.#last.get(key);
    this.#heardOf.add(key);
    this.#heard(place, begun);
    if (blip === undefined || begun <= blip.since) return;
    const wasGivenUp = this.#givenUp.delete(key);
    if (blip.overAt !== undefined) return;
    const { clock, bus } = this.#options;
    blip.overAt = clock.elapsed();
    const duration = blip.overAt - blip.since;
    this.#timeLost.set(key, this.timeLost(place) + duration);
    if (wasGivenUp) return;
    const { source, reason } = blip;
    const { host } = place;
    const about = host === undefined ? {} : { host: { id: host.id, name: host.name } };
    bus.emit({ type: 'blip', ...about, source, reason, duration });
    const over = {
      at: clock.now(),
      ...(host === undefined ? {} : { host: host.id }),
      source,
      reason,
      duration,
    };
    this.#over = [...this.#over, over].slice(-mostRecorded);
  }

  /** A registry answers by way of a host: what a host says of it tells nothing of the hosts, and the other way round. */
  #heard({ host }: BlipPlace, begun: Milliseconds): void {
    for (const realm of host === undefined ? (['cloud'] as const) : (['hosts', 'registry'] as const)) {
      if (begun > (this.#silentSince.get(realm) ?? Infinity)) this.#silentSince.delete(realm);
    }
  }

  /** Patience is for one loss: where nothing has answered since another place was lost, it began with that. */
  #giveUpAt(place: BlipPlace, { since, source }: Blip, begun: Milliseconds): Milliseconds {
    const { host, reconnect = reconnectDefault } = place;
    const isNew = host !== undefined && !this.#heardOf.has(host.id);
    if (this.#changing === 'nothing' || (this.#changing === 'heard' && isNew))
      return begun + (host?.ssh.connectTimeout ?? connectTimeout);
    return patienceEnds(reconnect, since, this.#silentSince.get(realmOf(place, source)));
  }

  #tellLong({ host }: BlipPlace, blip: Blip, left: Milliseconds): void {
    const { clock, bus } = this.#options;
    if (blip.isTold || clock.elapsed() - blip.since < worthTelling) return;
    blip.isTold = true;
    const { source, reason } = blip;
    const about = host === undefined ? {} : { host: { id: host.id, name: host.name } };
    bus.emit({ type: 'blip.waiting', ...about, source, reason, until: clock.now() + left });
  }

  /** A method, since the compiler believes that nothing ends while an attempt sleeps. */
  #isOver(): boolean {
    return this.#hasEnded;
  }

  #giveUp(place: BlipPlace): void {
    if (place.host !== undefined) this.#givenUp.add(keyOf(place));
  }

  #refuseTooMany({ host, maxBlips = mostBlips }: BlipPlace, error: unknown): void {
    if (host === undefined || !(error instanceof AdfError)) return;
    if ((this.#countInTurn.get(host.id) ?? 0) > maxBlips) throw tooManyBlips(host, maxBlips, error);
  }

  /** An instance that was terminated does not come back. */
  async #isGone({ host }: BlipPlace, blip: Blip): Promise<boolean> {
    const { clock, presence } = this.#options;
    const now = clock.elapsed();
    const wait = blip.askedIfGoneAt === blip.since ? askIfGone.first : askIfGone.every;
    if (host === undefined || blip.source === 'registry' || now - blip.askedIfGoneAt < wait) return false;
    blip.askedIfGoneAt = now;
    try {
      return (await presence.goneOf([host])).has(host.id);
    } catch {
      // The cloud did not answer: the host may still exist.
      return false;
    }
  }
}

/** An error of AWS says nothing of the host that the call was for. */
function sourceAt({ host }: BlipPlace, error: unknown): BlipSource | undefined {
  const source = blipSourceOf(error);
  return host !== undefined && source === 'cloud' ? undefined : source;
}

/** A call that was cancelled, or that this run refused, tells nothing; an error of AWS tells nothing of a host. */
const tellsOf = ({ host }: BlipPlace, error: unknown): boolean =>
  error instanceof AdfError &&
  !ofThisRun.test(error.code) &&
  (host === undefined || !error.code.startsWith('aws.'));

/** Thrown before anything was asked. A lease that is over was renewed for the last time long before. */
const ofThisRun = /^(blip|interlock|journal|run)\.|^lease\.(lost|unavailable)$/;

const keyOf = ({ host }: BlipPlace): string => host?.id ?? '';

const tell = ({ reason }: Blip, left: Milliseconds, { report }: Waiting): void =>
  report?.(`asking again for ${formatDuration(left)} at most: ${reason}`);
