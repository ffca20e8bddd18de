import type { ObservedContainer } from '../container.js';
import type { Milliseconds } from '../duration.js';
import type { Hold, RestoreStep } from '../hold.js';
import type { ContainerId, GroupName, HoldId, HostId } from '../ids.js';
import type { TargetHealth } from '../registration.js';
import type { Amount } from '../settings.js';

/** What every hold of a host has. */
export interface HoldBase {
  readonly id: HoldId;
  readonly host: HostId;
  /** The group whose run took it; absent in a run that is not about one. */
  readonly group?: GroupName;
}

/** A hold before it has its identity. */
export type TakenOf<H extends HoldBase> = H extends unknown ? Omit<H, 'id' | 'host'> : never;

/** What a host is really like at the moment its restoring is planned. */
export interface RestoreObservation {
  /** Undefined when the host cannot be asked; then only registrations of untouched containers can be planned. */
  readonly containers: readonly ObservedContainer[] | undefined;
  /** Held containers that are gone, and that can be made again as they were. */
  readonly remakable?: ReadonlySet<ContainerId>;
  /** The state of every registration that is held, and of every other one that the host has. */
  readonly registrations: readonly TargetHealth[];
}

/** What a run knows when it opens a hold. */
interface WhenTaken {
  /** The floor of the play; absent before the first. */
  readonly minHealthy?: Amount;
  /** The names of the target groups that earlier holds of the host tell of. */
  readonly targetGroups: readonly string[];
}

/**
 * A kind of hold: all that is asked of a hold of a host, whatever it holds. Pure. Its restore steps are data (`RestoreStep`), and are carried
 * out by src/engine/holds/restore-steps.ts. The methods get holds of their own kind only.
 */
export interface HostHoldKind<H extends HoldBase, Taken = TakenOf<H>> {
  /**
   * It is about what is on the host itself: only the host tells whether it is there, and brings it back. Once such a hold is replaced, the
   * host is at the plan.
   */
  readonly touchesHost: boolean;
  /** The same for two holds of one host that hold the same thing. */
  key(taken: Taken): string;
  /** How it was found. Two holds with the same key may differ in this. */
  found(hold: H): string | undefined;
  /** For people, as an object: `its registration in api-http:5060`. */
  describe(taken: Taken): string;
  /** The names of the target groups that it tells of. */
  targetGroups(hold: H): readonly string[];
  /** The AWS account in which it was taken, where it tells. */
  account(hold: H): string | undefined;
  /** How long a request that was made for it may take by itself. */
  ownTime(hold: H): Milliseconds;
  /** The hold as it is written down. */
  open(taken: Taken, identity: HoldBase, when: WhenTaken): H;
  /** The planned state takes its place, once that has proven itself. False of what has to be given back in any case. */
  isReplaced(hold: H): boolean;
  /** The host does not have it, or not as it was found. */
  lacks(hold: H, seen: RestoreObservation): boolean;
  /** The steps by which what is on the host is made as it was. `all` are the holds of all kinds. */
  mend(holds: readonly H[], seen: RestoreObservation, all: readonly Hold[]): readonly RestoreStep[];
}

/** A text for each step of a kind, as people read it. */
export type StepWords<Steps> = { readonly [Do in keyof Steps]: (step: Steps[Do]) => string };
