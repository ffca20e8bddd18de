import { impossibleState, whyUnused } from '../errors/traffic.js';
import type { Milliseconds } from '../model/duration.js';
import { targetGroupName, type TargetGroupArn } from '../model/ids.js';
import { healthOfEach, isDrained, type Registration, type TargetHealth } from '../model/registration.js';
import type { SharedTraffic } from './shared-traffic.js';
import { stateInWords, statesInWords, targetName } from './states-in-words.js';

export interface AwaitOptions {
  readonly timeout: Milliseconds;
  readonly signal?: AbortSignal;
  /** Told the states in words, whenever they changed. */
  readonly onProgress?: (states: string) => void;
}

/**
 * Waits until every registration is drained, in all their target groups. Throws `traffic.timeout`, with the states that
 * were seen last.
 */
export const awaitDrained = (
  traffic: SharedTraffic,
  registrations: readonly Registration[],
  options: AwaitOptions,
): Promise<readonly TargetHealth[]> =>
  awaitAll(traffic, registrations, options, {
    goal: 'be drained',
    reached: isDrained,
    hint: (targets) =>
      targets.some(({ state }) => state === 'draining')
        ? "The drain timeout must be longer than the target group's deregistration delay: raise the one or lower the other."
        : 'Is something else registering it again: an Auto Scaling group, another tool?',
  });

/**
 * Waits until every registration is healthy, in all their target groups. Throws `traffic.timeout`, and at once
 * `traffic.impossible_state` for a state that waiting does not help.
 */
export const awaitInService = (
  traffic: SharedTraffic,
  registrations: readonly Registration[],
  options: AwaitOptions,
): Promise<readonly TargetHealth[]> =>
  awaitAll(traffic, registrations, options, {
    goal: 'be healthy',
    reached: (target) => {
      refuseImpossible(target);
      return target.state === 'healthy';
    },
    hint: (targets) =>
      targets.some(isDrained)
        ? 'It is not registered any more: did something else deregister it?'
        : "The balancer's own health check decides: compare its path, port and codes with what the host answers, and let its security group in.",
  });

interface Goal {
  /** After "for 2 targets of api-http to". */
  readonly goal: string;
  readonly reached: (target: TargetHealth) => boolean;
  readonly hint: (targets: readonly TargetHealth[]) => string;
}

/** One wait per target group, side by side; when one fails the others end with it. */
async function awaitAll(
  traffic: SharedTraffic,
  registrations: readonly Registration[],
  { timeout, signal, onProgress }: AwaitOptions,
  { goal, reached, hint }: Goal,
): Promise<readonly TargetHealth[]> {
  signal?.throwIfAborted();
  const groups = Map.groupBy(registrations, ({ targetGroup }) => targetGroup);
  const progress = new Progress(groups.size > 1, onProgress);
  const ending = new AbortController();
  const end = (): void => ending.abort(signal?.reason);
  signal?.addEventListener('abort', end, { once: true });
  const waits = [...groups].map(([targetGroup, awaited]) =>
    traffic.until(
      targetGroup,
      (targets) => {
        const states = healthOfEach(awaited, targets);
        progress.tell(targetGroup, states);
        return states.filter((target) => reached(target)).length === states.length ? states : undefined;
      },
      {
        timeout,
        signal: ending.signal,
        registrations: awaited,
        what: `${awaited.length === 1 ? 'a target' : `${awaited.length} targets`} of ${targetGroupName(targetGroup)} to ${goal}`,
        hint,
      },
    ),
  );
  try {
    return (await Promise.all(waits)).flat();
  } finally {
    signal?.removeEventListener('abort', end);
    ending.abort();
  }
}

/** Puts the states of all awaited target groups into one line, and tells it only when it changed. */
class Progress {
  readonly #states = new Map<TargetGroupArn, string>();
  #told = '';

  constructor(
    private readonly severalGroups: boolean,
    private readonly onProgress: ((states: string) => void) | undefined,
  ) {}

  tell(targetGroup: TargetGroupArn, targets: readonly TargetHealth[]): void {
    this.#states.set(targetGroup, statesInWords(targets));
    const line = [...this.#states]
      .map(([arn, states]) => (this.severalGroups ? `${targetGroupName(arn)}: ${states}` : states))
      .join('; ');
    if (line === this.#told) return;
    this.#told = line;
    this.onProgress?.(line);
  }
}

/** An absent target is no impossible state: right after registering, the balancer may not list it yet. */
function refuseImpossible(target: TargetHealth): void {
  const { registration, state, reason = 'no reason given' } = target;
  const refuse = (why: string, hint: string): never => {
    const name = `${targetName(registration)} in ${targetGroupName(registration.targetGroup)}`;
    throw impossibleState(name, stateInWords(target), why, hint);
  };
  if (state === 'unused' && !isDrained(target)) {
    refuse(...whyUnused(reason));
  }
  // A Network Load Balancer is also `unavailable` for a moment by an error of its own (Elb.InternalError): that passes.
  if (state === 'unavailable' && reason !== 'Elb.InternalError') {
    refuse(
      'the target group has health checks disabled, so it is unknown whether it is healthy',
      'Enable health checks for the target group.',
    );
  }
}
