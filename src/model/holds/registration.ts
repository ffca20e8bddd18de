import { defined } from '../defined.js';
import type { Hold, RestoreStep } from '../hold.js';
import type { AccountId, Region } from '../ids.js';
import {
  isDrained,
  registrationKey,
  targetGroupNameOf,
  type Registration,
  type TargetHealth,
  type TargetState,
} from '../registration.js';
import type { Amount } from '../settings.js';
import type { HoldBase, HostHoldKind, StepWords } from './kind.js';

export interface RegistrationHold extends HoldBase {
  readonly kind: 'registration';
  readonly registration: Registration;
  /**
   * The state it was taken in; one that was not healthy goes back to exactly that, and is named. `absent` means that the host
   * was not registered there: restoring takes it away again.
   */
  readonly state: TargetState | 'absent';
  readonly region?: Region;
  readonly account?: AccountId;
  /** The ARN of the role that the run had assumed. */
  readonly role?: string;
  /** The floor of the play that took it: its target group may be one that only the playbook names. */
  readonly minHealthy?: Amount;
}

export interface RegistrationSteps {
  readonly drain: { readonly registrations: readonly Registration[] };
  /** `await` is `healthy`, or `registered` for one that was not healthy when it was taken. */
  readonly register: {
    readonly registrations: readonly Registration[];
    readonly await: 'healthy' | 'registered';
  };
}

/** A place in a target group that a host was taken out of, or was given. */
export const registrationKind: HostHoldKind<RegistrationHold> = {
  touchesHost: false,
  key: ({ registration }) => registrationKey(registration),
  found: ({ state }) => state,
  describe({ registration, state }) {
    const where = `${targetGroupNameOf(registration)}:${registration.port}`;
    return state === 'absent' ? `no registration in ${where}` : `its registration in ${where}`;
  },
  targetGroups: ({ registration }) => [targetGroupNameOf(registration)],
  account: ({ account, registration }) => account ?? registration.targetGroup.split(':')[4],
  ownTime: () => 0,
  open: (taken, identity, { minHealthy }) => ({ ...taken, ...identity, ...defined({ minHealthy }) }),
  isReplaced: ({ state }) => state === 'absent',
  lacks({ registration, state }, { registrations }) {
    const target = targetAt(registration, registrations);
    if (state === 'healthy') return target?.state !== 'healthy';
    return isThere(target) === (state === 'absent');
  },
  // Registrations come back once the host is mended: `planRegistrations`.
  mend: () => [],
};

export const registrationWords: StepWords<RegistrationSteps> = {
  drain: ({ registrations }) =>
    `drain ${registrations.length === 1 ? 'its registration' : `${registrations.length} registrations`}`,
  register: (step) => (step.await === 'healthy' ? 'put it back in service' : 'register it as it was found'),
};

export const registrationHolds = (holds: readonly Hold[]): readonly RegistrationHold[] =>
  holds.filter((hold) => hold.kind === 'registration');

/** Every place that these holds are about. */
export const registrationsOf = (holds: readonly Hold[]): readonly Registration[] =>
  registrationHolds(holds).map(({ registration }) => registration);

/** The places that the host had. */
export const registrationsHad = (holds: readonly Hold[]): readonly Registration[] =>
  registrationsOf(registrationHolds(holds).filter(({ state }) => state !== 'absent'));

/**
 * The steps by which a host is registered as it was, after all else. `drainedOnTheWay` is what an earlier step of the restore drains; `idle` says
 * that the host goes back to running nothing.
 */
export function planRegistrations(
  holds: readonly RegistrationHold[],
  targets: readonly TargetHealth[],
  drainedOnTheWay: readonly Registration[],
  idle: boolean,
): readonly RestoreStep[] {
  const drained = new Set(drainedOnTheWay.map(registrationKey));
  const present = ({ registration }: RegistrationHold): boolean =>
    isThere(targetAt(registration, targets)) && !drained.has(registrationKey(registration));
  const had = holds.filter(({ state }) => state !== 'absent');
  const missing = had.filter((hold) => !present(hold));
  // One that was on its way into service, or out of it, was healthy there unless nothing ran.
  const healthy = missing.filter(
    ({ state }) => state === 'healthy' || (!idle && (state === 'initial' || state === 'draining')),
  );
  const others = missing.filter((hold) => !healthy.includes(hold));
  const superfluous = holds.filter((hold) => hold.state === 'absent' && present(hold));
  // Registered while on their way before, such as after a drain above: nothing held them, so they go back as they were.
  const held = new Set(registrationsOf(holds).map(registrationKey));
  const unheld = drainedOnTheWay.filter((registration) => !held.has(registrationKey(registration)));
  const back = [...registrationsOf(healthy), ...(idle ? [] : unheld)];
  const asFound = [...registrationsOf(others), ...(idle ? unheld : [])];
  const steps: RestoreStep[] = [];
  if (superfluous.length > 0) steps.push({ do: 'drain', registrations: registrationsOf(superfluous) });
  if (back.length > 0) steps.push({ do: 'register', registrations: back, await: 'healthy' });
  if (asFound.length > 0) steps.push({ do: 'register', registrations: asFound, await: 'registered' });
  return steps;
}

const targetAt = (place: Registration, targets: readonly TargetHealth[]): TargetHealth | undefined =>
  targets.find(({ registration }) => registrationKey(registration) === registrationKey(place));

/** One that is draining is on its way out. */
const isThere = (target: TargetHealth | undefined): boolean =>
  target !== undefined && !isDrained(target) && target.state !== 'draining';
