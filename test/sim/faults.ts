import type { Milliseconds } from '../../src/model/duration.js';
import type { SeededRandom } from '../fakes/seeded-random.js';

interface Window {
  readonly host: string;
  readonly at: Milliseconds;
  readonly lasts: Milliseconds;
}

/** Everything that will go wrong. Probabilities are per call of a port. */
export interface FaultPlan {
  /** Calls fail only once the first image is pulled: what fails before that is refused, and there is little to see. */
  readonly sparesPreflight: boolean;
  /** A call to a host fails, and nothing happened there. */
  readonly lostBefore: number;
  /** A call to a host fails though it did what it was asked. */
  readonly lostAfter: number;
  /** The balancer's API refuses because of too many calls. */
  readonly throttled: number;
  /** The balancer's API did it, and its answer was lost. */
  readonly lostReply: number;
  /** Hosts that cannot be reached at all. */
  readonly unreachable: readonly string[];
  /** Hosts that cannot be reached for a while. */
  readonly lost: readonly Window[];
  /** Hosts that cannot pull the release. */
  readonly diskFull: readonly string[];
  /** The running container of a host ends by itself. */
  readonly crashes: readonly { readonly host: string; readonly at: Milliseconds }[];
  /** The targets of a host fail their checks for a while. */
  readonly flaps: readonly Window[];
  /** SIGTERM just before this call of the run, counted from 1. */
  readonly signalAtCall?: number;
}

export const noFaults: FaultPlan = {
  sparesPreflight: false,
  lostBefore: 0,
  lostAfter: 0,
  throttled: 0,
  lostReply: 0,
  unreachable: [],
  lost: [],
  diskFull: [],
  crashes: [],
  flaps: [],
};

/** Half of all runs see at most one kind of fault: those that see all kinds seldom get far. */
export function randomFaults(random: SeededRandom, hosts: readonly string[]): FaultPlan {
  const likelihood = random.pick([0, 0.1, 0.4]);
  const sometimes = (): boolean => random.chance(likelihood);
  const moment = (): Milliseconds => random.between(0, 180_000);
  const window = (host: string): Window => ({ host, at: moment(), lasts: random.between(1_000, 90_000) });
  const someHost = (): readonly string[] =>
    sometimes() ? [hosts[random.integer(0, hosts.length - 1)] ?? ''] : [];
  return {
    sparesPreflight: random.chance(0.9),
    lostBefore: sometimes() ? 0.01 : 0,
    lostAfter: sometimes() ? 0.01 : 0,
    throttled: sometimes() ? random.pick([0.05, 0.3]) : 0,
    lostReply: sometimes() ? 0.05 : 0,
    unreachable: random.chance(likelihood / 8) ? someHost() : [],
    lost: someHost().map(window),
    diskFull: random.chance(likelihood / 8) ? someHost() : [],
    crashes: someHost().map((host) => ({ host, at: moment() })),
    flaps: someHost().map(window),
    ...(sometimes() ? { signalAtCall: random.integer(1, 600) } : {}),
  };
}
