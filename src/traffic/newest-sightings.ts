import type { Milliseconds } from '../model/duration.js';
import {
  healthOfEach,
  isDrained,
  registrationKey,
  type Registration,
  type TargetHealth,
} from '../model/registration.js';

/**
 * How old an answer about the health of targets may be. AWS documents no bound: its answers are consistent eventually, as a rule within a
 * second or two.
 */
export const staleAtMost: Milliseconds = 10_000;

/** One answer of the balancer. */
export interface Look {
  readonly targets: readonly TargetHealth[];
  /** Registrations, by their keys, of which the answer may tell what was so before the run's own last change. */
  readonly doubtful: ReadonlySet<string>;
}

/** Whether an answer may be an old one of some of these registrations; of any when undefined. */
export const isDoubtfulOf = (
  doubtful: ReadonlySet<string>,
  about: readonly Registration[] | undefined,
): boolean =>
  about === undefined ? doubtful.size > 0 : about.some((one) => doubtful.has(registrationKey(one)));

/** On which side of a registration a target is, and how far: both sides have a beginning and an end. */
interface Stage {
  readonly side: 'registered' | 'deregistered';
  readonly isReached: boolean;
}

interface Sighting extends Stage {
  readonly registration: Registration;
  readonly since: Milliseconds;
}

/**
 * The newest that a run knows of each registration that it changed itself: what it did, and how far it has seen the balancer follow. An answer
 * that falls behind that may be an old one, until it cannot be so old any more. What others change is told by any later answer.
 */
export class NewestSightings {
  readonly #known = new Map<string, Sighting>();

  /** A change of the run was carried out; `at` is when its answer came. */
  changed(action: 'register' | 'deregister', registrations: readonly Registration[], at: Milliseconds): void {
    const side = action === 'register' ? 'registered' : 'deregistered';
    for (const registration of registrations) {
      const key = registrationKey(registration);
      // Asked for again, it changes nothing.
      if (this.#known.get(key)?.side !== side)
        this.#known.set(key, { registration, side, isReached: false, since: at });
    }
  }

  /** Judges an answer to a question that was sent at `asked` and answered at `answered`, and learns from it. */
  look(targets: readonly TargetHealth[], asked: Milliseconds, answered: Milliseconds): Look {
    const doubtful = new Set<string>();
    for (const [key, known] of this.#known) {
      const [target] = healthOfEach([known.registration], targets);
      if (target === undefined) continue;
      const stage = stageOf(target);
      const isBehind = stage.side !== known.side || (known.isReached && !stage.isReached);
      if (isBehind && asked < known.since + staleAtMost) doubtful.add(key);
      // Others changed it, or it became unhealthy: that is news, and nothing of this run.
      else if (isBehind) this.#known.delete(key);
      else if (stage.isReached && !known.isReached)
        this.#known.set(key, { ...known, ...stage, since: answered });
    }
    return { targets, doubtful };
  }
}

function stageOf(target: TargetHealth): Stage {
  if (isDrained(target)) return { side: 'deregistered', isReached: true };
  if (target.state === 'draining' || target.state === 'unhealthy.draining')
    return { side: 'deregistered', isReached: false };
  return { side: 'registered', isReached: target.state === 'healthy' };
}
