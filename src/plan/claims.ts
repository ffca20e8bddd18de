import { label, type ObservedContainer } from '../model/container.js';
import type { EpochMilliseconds } from '../model/duration.js';
import { isSameHold, replacedByPlan, targetGroupsOf, type ContainerHold, type Hold } from '../model/hold.js';
import { containerHolds, isPrevious, runsThePlanned } from '../model/holds/container.js';
import { registrationHolds, registrationsOf } from '../model/holds/registration.js';
import type { EnvironmentName, GroupName, HoldId, RunId } from '../model/ids.js';
import {
  registrationKey,
  targetGroupNameOf,
  type Registration,
  type TargetHealth,
} from '../model/registration.js';
import { planRestore } from './restore.js';

/** What an interrupted run is said to hold of one host: by its journal here, by notes on the host, or by both. */
export interface Claim {
  readonly run: RunId;
  readonly environment: EnvironmentName;
  readonly group?: GroupName;
  /** When the run began. */
  readonly since: EpochMilliseconds;
  /** What the journal says is open; without a journal, what the host's notes said. Of one host and group, in the order in which it was taken. */
  readonly holds: readonly Hold[];
  /** Every place in a target group that the run has taken from the host, or given to it. */
  readonly places: readonly Registration[];
  /** Its journal is here, and says so. */
  readonly journaled: boolean;
  /**
   * By its journal the host keeps the planned containers: one of them passed its bake, and nothing was held of the host since. What another
   * machine did to it since, the journal does not know.
   */
  readonly finished: boolean;
}

/** What is seen of the host under the lease of its group, right before anything is done. */
export interface Evidence {
  /** Undefined while the host does not answer. */
  readonly host?: {
    /** The holds of this run whose notes are there. */
    readonly notes: readonly Hold[];
    readonly containers: readonly ObservedContainer[];
  };
  /** The state of every place of the claim. */
  readonly registrations: readonly TargetHealth[];
  /** Whether another run can have changed the host since: the epochs of the lease tell. */
  readonly since: 'nobody' | 'perhaps_others';
}

export type Verdict =
  /** These are held: what has a note, and what the journal beside such notes says. The other holds of the claim are settled already. */
  | { readonly judge: 'believe'; readonly holds: readonly Hold[] }
  /** Nothing is to be put back: a newer run has the host, or it is where this run meant it to be. */
  | { readonly judge: 'superseded'; readonly reason: string }
  /** The host is as it was when it was taken. */
  | { readonly judge: 'returned' }
  /** Nothing is done on the word of the claim alone: a person has to look. It stays held. */
  | { readonly judge: 'ask'; readonly reason: string };

/**
 * Judges what a journal or a host's note says of one host by what the host itself shows. The note of a hold is written before anything
 * is taken, and is gone before the journal says that the hold is settled. So a note that is there is believed, unless containers of a
 * newer run are there too; and a claim without its note is believed only when no other run had the lease since.
 */
export function judgeClaim(claim: Claim, evidence: Evidence): Verdict {
  const { host, since } = evidence;
  if (host === undefined) return judgeUnseen(claim, since);
  const newer = newerRunOn(claim, host.containers);
  if (newer !== undefined) {
    return { judge: 'superseded', reason: `run ${newer} has started a container there since` };
  }
  return host.notes.length > 0
    ? judgeNoted(claim, host, evidence.registrations)
    : judgeUnnoted(claim, host.containers, evidence);
}

/** A host that does not answer: what can be done for it without asking it is right only while no other run can have changed it. */
function judgeUnseen({ holds, run }: Claim, since: Evidence['since']): Verdict {
  if (since === 'nobody') return { judge: 'believe', holds };
  const reason = `it does not answer, and another run may have changed it since run ${run}: nothing is done for it by what the journal of that run says`;
  return { judge: 'ask', reason };
}

function judgeNoted(
  claim: Claim,
  { notes, containers }: NonNullable<Evidence['host']>,
  registrations: readonly TargetHealth[],
): Verdict {
  // Some of its notes may have been pruned before others were written. What was given back already is found so.
  const claimed = claim.journaled ? claim.holds : [];
  const unclaimed = notes.filter(({ id }) => !claimed.some((hold) => hold.id === id));
  const open = [...claimed, ...unclaimed];
  // Another machine, whose journal does not say `finished`, may have begun to restore it: its notes are what is left to go by.
  const isFinished = claim.finished && runsThePlanned(open, containers, claim.run);
  const held = isFinished ? open.filter(isOwed) : open;
  if (held.length === 0) return { judge: 'superseded', reason: 'it keeps what the run gave it' };
  // The note of a registration may outlive its run: taking it off is no reason to stop. Without the journal that says so, a healthy host is not drained for it.
  const isHealthyWhereNew = (hold: Hold): boolean =>
    registrationHolds([hold]).some(
      ({ state, registration }) => state === 'absent' && stateOf(registration, registrations) === 'healthy',
    );
  if (!claim.journaled && notes.every(isHealthyWhereNew)) {
    return { judge: 'superseded', reason: 'it is healthy where the run registered it' };
  }
  return { judge: 'believe', holds: held };
}

/** The last note was taken off before its run could write that down, or notes were lost. */
function judgeUnnoted(
  claim: Claim,
  containers: readonly ObservedContainer[],
  { registrations, since }: Evidence,
): Verdict {
  const { holds, run, finished } = claim;
  const missing = planRestore(holds, { containers, registrations }).filter(
    (step) => step.do !== 'prove_health',
  );
  if (missing.length === 0) return { judge: 'returned' };
  // Of a host that is in no target group there is no other sign of health.
  const isTold = finished || since !== 'nobody' || claim.places.length > 0;
  const held = finished ? holds.filter(isOwed) : holds;
  if (held.length === 0 || (isTold && isAtPlan(claim, containers, registrations))) {
    return { judge: 'superseded', reason: 'it keeps what the run gave it' };
  }
  if (since === 'nobody') return { judge: 'believe', holds: held };
  const reason = `the note of run ${run} is not on it any more, another run may have changed it since, and it is not as it was before that run`;
  return { judge: 'ask', reason };
}

/** Its containers are those of the run, and it is healthy in every place that the run took from it or gave to it. */
function isAtPlan(
  { holds, places, run }: Claim,
  containers: readonly ObservedContainer[],
  registrations: readonly TargetHealth[],
): boolean {
  const held = containerHolds(holds);
  const isPlanned = (hold: ContainerHold): boolean =>
    containers.some(
      ({ name, running, labels }) => name === hold.name && running && labels[label.run] === run,
    );
  return (
    held.length > 0 &&
    held.every(isPlanned) &&
    places.every((place) => stateOf(place, registrations) === 'healthy')
  );
}

/**
 * A run that started a container on the host after this one took something from it. What takes the name of a held container is another
 * run's when neither this run nor what it held has it. Of other containers of the group two clocks must agree that they are newer: the
 * machine's that named the run, and the host's.
 */
function newerRunOn(
  { run, environment, group, since, holds }: Claim,
  containers: readonly ObservedContainer[],
): string | undefined {
  const held = containerHolds(holds);
  const found = containers.find((container) => {
    const by = container.labels[label.run];
    if (by === undefined || by === run || container.labels[label.environment] !== environment) return false;
    const taken = held.find(({ name }) => name === container.name);
    if (taken !== undefined && !isPrevious(taken, container)) return true;
    const isOfGroup = group !== undefined && container.labels[label.group] === group;
    return isOfGroup && beganAfter(by, run) && container.createdAt > since;
  });
  return found?.labels[label.run];
}

/** A run that began after this one, and whose container runs there. Ids of runs sort by time, as their machines' clocks told it. */
export const newerRunOf = (
  containers: readonly ObservedContainer[],
  { environment, group }: { readonly environment: EnvironmentName; readonly group: GroupName },
  run: RunId,
): string | undefined =>
  containers
    .filter(
      ({ running, labels }) =>
        running && labels[label.environment] === environment && labels[label.group] === group,
    )
    .flatMap(({ labels }) => labels[label.run] ?? [])
    .find((by) => beganAfter(by, run));

const shapeOfId = /^\d{8}T\d{6}Z-/;

/** Ids sort by time; a label that was written by hand says nothing of it. */
export const beganAfter = (other: string, run: RunId): boolean => shapeOfId.test(other) && other > run;

/** Target groups that a host was taken out of by what its containers' holds say, of whose registrations nothing is known. */
export function unnotedTargetGroups(holds: readonly Hold[]): readonly string[] {
  const noted = new Set(registrationsOf(holds).map(targetGroupNameOf));
  // Where nothing ran the host need not have been registered.
  const told = containerHolds(holds).filter(({ previous }) => previous?.running === true);
  return targetGroupsOf(told).filter((name) => !noted.has(name));
}

/** It has to be given back even to a host that is at the plan. */
const isOwed = (hold: Hold): boolean => replacedByPlan([hold]).length === 0;

const stateOf = (
  place: Registration,
  registrations: readonly TargetHealth[],
): TargetHealth['state'] | undefined =>
  registrations.find(({ registration }) => registrationKey(registration) === registrationKey(place))?.state;

/** Notes of holds that their journal says are settled: taking them off the host failed. */
export const outlivedNotes = (
  notes: readonly { readonly hold: Hold; readonly at: EpochMilliseconds }[],
  settled: ReadonlyMap<HoldId, { readonly hold: Hold; readonly at: EpochMilliseconds }>,
): readonly Hold[] =>
  notes.flatMap(({ hold, at }) => {
    const end = settled.get(hold.id);
    // Another machine that went on with the run counts its holds by itself: only the very same hold is settled.
    return end !== undefined && at <= end.at && isSameHold(hold, end.hold) ? [hold] : [];
  });
