import { isTransient } from '../errors/aws.js';
import { isOutcomeUnknown } from '../errors/unknown-outcome.js';
import type { Milliseconds } from '../model/duration.js';
import type { TargetGroupArn } from '../model/ids.js';
import { lateAtMost } from '../model/late-effect.js';
import { registrationKey, type Registration } from '../model/registration.js';
import type { Clock, Patience } from '../ports/clock.js';
import type { Traffic } from '../ports/traffic.js';

type Action = 'register' | 'deregister';

/** What the queue changes target groups by. */
export type Changes = Pick<Traffic, Action>;

interface Request {
  readonly action: Action;
  readonly registrations: readonly Registration[];
  readonly submittedAt: Milliseconds;
  /** After a call failed for a reason that may be only one request's: those who still share one. */
  company?: symbol;
  readonly resolve: () => void;
  readonly reject: (reason: unknown) => void;
}

/** At most one mutation of a target group is begun in this time. */
const mutationGap: Milliseconds = 1_000;
/** What one call may carry. AWS documents no limit; the Kubernetes load balancer controller settled on this one. */
const registrationsPerCall = 200;

/**
 * All mutations of one target group, one call after the other. What arrives within `coalesce` shares a call; register
 * and deregister of one registration keep their order. Both can safely be made twice, so a lost reply means again. The lost call may still
 * take effect: the opposite one waits until that is over.
 */
export class MutationQueue {
  #pending: Request[] = [];
  #working = false;
  #lastBegan = -Infinity;
  /** Calls whose answer was lost, and until when each may take effect. */
  readonly #late = new Map<string, { readonly action: Action; readonly until: Milliseconds }>();

  constructor(
    private readonly traffic: Changes,
    private readonly clock: Clock,
    private readonly targetGroup: TargetGroupArn,
    private readonly coalesce: Milliseconds,
    /** How long throttling and lost replies may delay one mutation before its caller is told. */
    private readonly patience: Patience,
  ) {}

  /** Settles with the outcome of these registrations' own call. */
  submit(action: Action, registrations: readonly Registration[]): Promise<void> {
    if (registrations.length === 0) return Promise.resolve();
    return new Promise((resolve, reject) => {
      this.#pending.push({
        action,
        registrations,
        submittedAt: this.clock.elapsed(),
        resolve,
        reject,
      });
      if (!this.#working) void this.#work();
    });
  }

  async #work(): Promise<void> {
    this.#working = true;
    while (this.#pending.length > 0) {
      const blocked = this.#blockedUntil();
      const dues = this.#pending.map((request) =>
        Math.max(request.submittedAt + this.coalesce, blocked.get(request) ?? 0),
      );
      const first = Math.max(Math.min(...dues), this.#lastBegan + mutationGap);
      if (this.clock.elapsed() < first) {
        // A request that waits for a late call must not keep those waiting that arrive meanwhile; they have late calls of their own.
        await this.#sleepUntil(Math.min(first, this.clock.elapsed() + mutationGap));
        continue;
      }
      const now = this.clock.elapsed();
      const batch = takeBatch(this.#pending, (request) => (blocked.get(request) ?? 0) <= now);
      const [head] = batch;
      if (head === undefined) continue;
      this.#pending = this.#pending.filter((request) => !batch.includes(request));
      await this.#perform(head.action, batch);
    }
    this.#working = false;
  }

  /** Until when a late call keeps each pending request back. None goes before an earlier one of the same registration. */
  #blockedUntil(): ReadonlyMap<Request, Milliseconds> {
    const earlier = new Map<string, Milliseconds>();
    return new Map(
      this.#pending.map((request) => {
        const keys = request.registrations.map(registrationKey);
        const until = Math.max(
          ...keys.map((key) => Math.max(earlier.get(key) ?? 0, this.#oppositeUntil(key, request.action))),
        );
        for (const key of keys) earlier.set(key, until);
        return [request, until];
      }),
    );
  }

  #oppositeUntil(key: string, action: Action): Milliseconds {
    const late = this.#late.get(key);
    return late === undefined || late.action === action ? 0 : late.until;
  }

  /** Until when a call for this registration whose answer was lost may take effect; 0 when there is none. */
  lateUntil(registration: Registration): Milliseconds {
    return this.#late.get(registrationKey(registration))?.until ?? 0;
  }

  /** Until when any call whose answer was lost may take effect; 0 when there is none. */
  get allLateUntil(): Milliseconds {
    return Math.max(0, ...[...this.#late.values()].map(({ until }) => until));
  }

  async #perform(action: Action, batch: readonly Request[]): Promise<void> {
    try {
      await this.patience.outlast(() => this.#send(action, batch));
      for (const request of batch) request.resolve();
    } catch (error) {
      if (batch.length > 1 && !isTransient(error)) this.#tryHalves(batch);
      else for (const request of batch) request.reject(error);
    }
  }

  async #send(action: Action, batch: readonly Request[]): Promise<void> {
    await this.#sleepUntil(this.#lastBegan + mutationGap);
    this.#lastBegan = this.clock.elapsed();
    try {
      await this.traffic[action](this.targetGroup, distinct(batch));
    } catch (error) {
      if (isOutcomeUnknown(error)) this.#mayComeLate(action, batch);
      throw error;
    }
  }

  #mayComeLate(action: Action, batch: readonly Request[]): void {
    const until = this.clock.elapsed() + lateAtMost();
    for (const registration of distinct(batch)) {
      this.#late.set(registrationKey(registration), { action, until });
    }
  }

  /** One bad target fails the whole call. The others must not fail for it, so it is searched by halves. */
  #tryHalves(batch: readonly Request[]): void {
    const middle = Math.ceil(batch.length / 2);
    for (const half of [batch.slice(0, middle), batch.slice(middle)]) {
      const company = Symbol();
      for (const request of half) request.company = company;
    }
    this.#pending.unshift(...batch);
  }

  async #sleepUntil(due: Milliseconds): Promise<void> {
    const left = due - this.clock.elapsed();
    if (left > 0) await this.clock.sleep(left);
  }
}

/**
 * The first request that may go and all that can share its call: the same action, and no registration that an earlier request of the
 * other action still waits for.
 */
function takeBatch(pending: readonly Request[], mayGo: (request: Request) => boolean): readonly Request[] {
  const [head, ...others] = pending.filter(mayGo);
  if (head === undefined) return [];
  if (head.company !== undefined) return [head, ...others].filter(({ company }) => company === head.company);
  const batch = [head];
  const overtaken = new Set<string>();
  let size = head.registrations.length;
  for (const request of others) {
    const keys = request.registrations.map(registrationKey);
    const fits = size + keys.length <= registrationsPerCall;
    const mayPass = !keys.some((key) => overtaken.has(key));
    if (request.action === head.action && request.company === undefined && fits && mayPass) {
      batch.push(request);
      size += keys.length;
    } else {
      for (const key of keys) overtaken.add(key);
    }
  }
  return batch;
}

const distinct = (batch: readonly Request[]): readonly Registration[] => [
  ...new Map(
    batch.flatMap(({ registrations }) => registrations.map((one) => [registrationKey(one), one] as const)),
  ).values(),
];
