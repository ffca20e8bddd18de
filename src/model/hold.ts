import { containerKind, containerWords, type ContainerHold, type ContainerSteps } from './holds/container.js';
import type { HostHoldKind, RestoreObservation, StepWords, TakenOf } from './holds/kind.js';
import {
  registrationKind,
  registrationWords,
  type RegistrationHold,
  type RegistrationSteps,
} from './holds/registration.js';
import type { ScalingHold } from './holds/scaling-group.js';
import type { HostId, RunId } from './ids.js';

export type { ContainerHold, HeldContainer } from './holds/container.js';
export type { RestoreObservation } from './holds/kind.js';
export type { RegistrationHold } from './holds/registration.js';
export type { ScalingHold } from './holds/scaling-group.js';

/**
 * What a host had before a task took it away, written to the journal before it is taken. It carries all that
 * restoring needs, since an interrupted run is restored without its playbook.
 */
export type Hold = RegistrationHold | ContainerHold;

/** What a run took of no host, written to the journal before it is taken, too. */
export type CloudHold = ScalingHold;

/** A hold of no host, and the run that took it. */
export interface HeldInCloud<H extends CloudHold> {
  readonly run: RunId;
  readonly hold: H;
}

/** A hold before it has its identity. */
export type Taking = TakenOf<Hold>;

/** Every kind of hold of a host. What is on hosts is mended in this order. */
const kinds: Readonly<Record<Hold['kind'], HostHoldKind<Hold>>> = {
  container: containerKind,
  registration: registrationKind,
};

/** The steps of all kinds, by their names. */
interface Steps extends ContainerSteps, RegistrationSteps {
  /** What cannot be brought back: the rest of the plan is what still can be done. */
  readonly give_up: { readonly reason: string };
}

const words: StepWords<Steps> = {
  ...containerWords,
  ...registrationWords,
  give_up: ({ reason }) => reason,
};

/** One step of a restore. */
export type RestoreStep<Do extends keyof Steps = keyof Steps> = {
  [One in Do]: { readonly do: One } & Steps[One];
}[Do];

/** A step as people read it. */
export const describeStep = <Do extends keyof Steps>(step: RestoreStep<Do>): string => words[step.do](step);

/**
 * How a hold ended: `returned` (given back by the playbook, and read back), `replaced` (by the planned state, when the batch passed its bake),
 * `restored`, `named` to a person at the end, `gone` (its host was terminated or stopped, so there is nothing to put back), `superseded`
 * (a newer run changed the host, or the host keeps what this run gave it, so the hold is out of date), or `kept` (a person keeps the host out of
 * service, which is on record, until `undrain`).
 */
export type Settlement = 'returned' | 'replaced' | 'restored' | 'named' | 'gone' | 'superseded' | 'kept';

/** The kind of a hold, which may be asked of that hold. What is often asked has a function below. */
export const kindOf = ({ kind }: Taking): HostHoldKind<Hold> => kinds[kind];

/** The names of the kinds that a host keeps copies of. */
export const hostHoldKinds = Object.keys(kinds);

/** False of what is held of no host. */
export const isOfHost = (hold: Hold | CloudHold): hold is Hold => hold.kind in kinds;

/** What two holds have in common that hold the same thing. */
export const holdKey = (hold: Hold): string => keyOf(hold.host, hold);

/** What a hold of this would have in common with all others of the same. */
export const keyOf = (host: HostId, taking: Taking): string => `${host}|${kinds[taking.kind].key(taking)}`;

/** Holds of the same thing, which was found in the same state. */
export const isSameHold = (a: Hold, b: Hold): boolean =>
  a.kind === b.kind && holdKey(a) === holdKey(b) && kinds[a.kind].found(a) === kinds[b.kind].found(b);

/** What is held, as people read it. */
export const describeHold = (hold: Taking): string => kinds[hold.kind].describe(hold);

/** The names of the target groups that these holds tell of. */
export const targetGroupsOf = (holds: readonly Hold[]): readonly string[] => [
  ...new Set(holds.flatMap((hold) => kinds[hold.kind].targetGroups(hold))),
];

/** Some of it is on the host itself: only the host tells whether it is there, and brings it back. */
export const touchesHost = (holds: readonly Taking[]): boolean =>
  holds.some((hold) => kinds[hold.kind].touchesHost);

/** Those whose place the planned state takes, once it has proven itself. The others have to be given back in any case. */
export const replacedByPlan = (holds: readonly Hold[]): readonly Hold[] =>
  holds.filter((hold) => kinds[hold.kind].isReplaced(hold));

/**
 * What of these the host really lacks: a registration that is not there, or not healthy where it was; a container that is not as it was held.
 * What is written down before it is taken need not have been taken.
 */
export const lackingOf = (holds: readonly Hold[], seen: RestoreObservation): readonly Hold[] =>
  holds.filter((hold) => kinds[hold.kind].lacks(hold, seen));

/** The steps by which what is on the host itself is made as it was. */
export const planMending = (holds: readonly Hold[], seen: RestoreObservation): readonly RestoreStep[] =>
  Object.entries(kinds).flatMap(([name, kind]) =>
    kind.mend(
      holds.filter((hold) => hold.kind === name),
      seen,
      holds,
    ),
  );
