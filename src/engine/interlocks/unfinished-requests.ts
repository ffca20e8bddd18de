import { AdfError } from '../../errors/adf-error.js';
import { isOutcomeUnknown } from '../../errors/unknown-outcome.js';
import type { Milliseconds } from '../../model/duration.js';
import { lateAtMost } from '../../model/late-effect.js';
import type { Clock } from '../../ports/clock.js';

/** A request that changes something, as far as it matters once its answer is lost. */
export interface SentRequest {
  /** `stop container c1`. */
  readonly what: string;
  /** The time that the request itself allows: the timeout of a stop. */
  readonly ownTime?: Milliseconds;
  /**
   * Looks whether it was carried out, which ends the wait early; one that is seen to be under way is waited for longer. Absent where only
   * waiting helps. May throw what keeps it from looking.
   */
  readonly isDone?: () => Promise<boolean | 'under_way'>;
  /** It may come as late as it likes: an image that is pulled changes nothing that is held. */
  readonly isHarmless?: boolean;
  /** Its id, for the job of a task with `poll: 0`: its answer is not lost, and the tasks of its turn go on beside it. */
  readonly job?: string;
}

/** What tasks wait for before they change something: the jobs of their turn may run on. */
export const notJobs = ({ job }: SentRequest): boolean => job === undefined;

interface Unfinished extends SentRequest {
  /** From then on it cannot take effect any more; by the elapsed time. */
  until: Milliseconds;
  /** What is under way is not waited for beyond this. */
  readonly atLatest: Milliseconds;
  isAsked: boolean;
}

/** How a wait is ended early, and told. */
export interface OverOptions {
  readonly signal?: AbortSignal;
  /** Called once, when there is something to wait for: what, and for how long at most. */
  readonly onWait?: (what: string, atMost: Milliseconds) => void;
  /** Only these; all when absent. */
  readonly only?: (request: SentRequest) => boolean;
}

/** How long a request that is seen to be under way is waited for. */
const longestUnderWay: Milliseconds = 600_000;
/** From one look whether a request was carried out to the next. */
const lookEvery: Milliseconds = 1_000;
/** The same for jobs, which may run for hours: the pause is doubled up to this. */
const lookAtJobsEvery: Milliseconds = 5_000;

/**
 * The requests whose answers were lost. Their receivers may carry them out all the same, and late: what is seen of a place (a host, an Auto
 * Scaling group) counts only when its requests are over, because each was seen to be done, or its time has passed.
 */
export class UnfinishedRequests {
  readonly #clock: Clock;
  readonly #places = new Map<string, Set<Unfinished>>();
  /** Requests that were lost before: what the same one would do may be done by the earlier one, so that a look tells nothing. */
  readonly #lostBefore = new Set<string>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Makes a request; when its outcome is unknown it counts as unfinished from then on. Throws what `act` throws. */
  async send<T>(place: string, request: SentRequest, act: () => Promise<T>): Promise<T> {
    try {
      return await act();
    } catch (error) {
      if (isOutcomeUnknown(error)) this.add(place, request);
      throw error;
    }
  }

  /** The answer to this request was lost just now, or it is a job that began just now. */
  add(place: string, request: SentRequest): void {
    if (request.isHarmless === true) return;
    const now = this.#clock.elapsed();
    const until = now + lateAtMost(request.ownTime);
    const atLatest = Math.max(until, now + longestUnderWay);
    const name = `${place}: ${request.what}`;
    const known = this.#places.get(place) ?? new Set();
    known.add({
      ...request,
      until,
      atLatest,
      isAsked: request.isDone !== undefined && !this.#lostBefore.has(name),
    });
    this.#places.set(place, known);
    this.#lostBefore.add(name);
  }

  /** Waits until no request to this place can take effect any more. Throws the signal's reason, and nothing else. */
  async over(place: string, { signal, onWait, only = () => true }: OverOptions = {}): Promise<void> {
    let told = false;
    for (let look = 0; ; look += 1) {
      const left = await this.#left(place, only);
      const [first] = left;
      if (first === undefined) return;
      const wait = Math.max(...left.map(({ until }) => until)) - this.#clock.elapsed();
      if (!told) onWait?.(left.map(({ what }) => what).join(', '), wait);
      told = true;
      const every = left.some(notJobs) ? lookEvery : Math.min(lookAtJobsEvery, lookEvery * 2 ** look);
      const pause = left.some(({ isAsked }) => isAsked) ? Math.min(every, wait) : wait;
      await this.#clock.sleep(Math.max(0, pause), signal);
    }
  }

  /** Waits until no request at all can take effect any more: what comes late would hit the next run. */
  async allOver(): Promise<void> {
    await Promise.all([...this.#places.keys()].map((place) => this.over(place)));
  }

  async #left(place: string, only: (request: SentRequest) => boolean): Promise<readonly Unfinished[]> {
    const known = this.#places.get(place);
    if (known === undefined) return [];
    for (const request of [...known].filter(only)) {
      if (this.#clock.elapsed() >= request.until || (await this.#isDone(request))) known.delete(request);
    }
    return [...known].filter((request) => only(request) && this.#clock.elapsed() < request.until);
  }

  async #isDone(request: Unfinished): Promise<boolean> {
    if (!request.isAsked) return false;
    try {
      const seen = await request.isDone?.();
      if (seen === 'under_way') {
        const until = Math.min(request.atLatest, this.#clock.elapsed() + lateAtMost());
        request.until = Math.max(request.until, until);
      }
      return seen === true;
    } catch (error) {
      request.isAsked = mayAnswerLater(error);
      return false;
    }
  }
}

/** A refused login or host key is not tried again and again: OpenSSH 9.8 blocks the control host for it. */
const mayAnswerLater = (error: unknown): boolean =>
  error instanceof AdfError && (error.code === 'ssh.unreachable' || isOutcomeUnknown(error));
