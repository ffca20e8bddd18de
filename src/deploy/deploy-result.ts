import type { CloudRestored, HostSession, PlaybookResult, Run } from '../engine/index.js';
import type { AdfError } from '../errors/adf-error.js';
import { deregisteredByOthers, hostSkipped } from '../errors/fleet.js';
import { label } from '../model/container.js';
import { defined } from '../model/defined.js';
import { registrationsOf } from '../model/holds/registration.js';
import type { HostId } from '../model/ids.js';
import { targetGroupNameOf, type Registration } from '../model/registration.js';
import { formatPinnedImage } from '../model/release.js';
import type { HostResult, RunResult } from '../model/run-result.js';
import { whyNotConverged } from '../plan/convergence.js';
import type { HostObservation } from '../plan/observation.js';
import {
  hasLostContainer,
  isMixed,
  plannedRelease,
  releaseInService,
  releaseOf,
  type ReleaseInService,
} from '../plan/release-in-service.js';
import {
  endingOf,
  errorsOfTurns,
  namedOnce,
  orInvalid,
  resultError,
  resultOf,
  type Ending,
} from '../run/endings.js';
import type { AuditFinding } from './audit.js';
import type { JoinedHosts } from './joiners.js';
import type { PreparedGroup } from './plan-groups.js';

interface Ended {
  readonly run: Run;
  readonly groups: readonly PreparedGroup[];
  readonly results: readonly PlaybookResult[];
  readonly scaling: CloudRestored;
  readonly joined: JoinedHosts;
  readonly findings: AuditFinding;
}

/** The one document that tells how a deploy ended. */
export function deployResult(ended: Ended): RunResult {
  const { run, groups, results, scaling, joined, findings } = ended;
  const all = [...results, ...joined.rolls.map(({ result }) => result)];
  const named = all.flatMap((result) => result.named);
  const errors = [
    ...errorsOfTurns(all),
    ...all.flatMap((result) => result.errors),
    ...joined.errors,
    ...changedByOthers([...groups, ...joined.rolls.map(({ group }) => group)]),
    ...findings.errors,
    ...scaling.errors,
    ...groups.flatMap(({ leftOut }) =>
      leftOut.map(({ session, error }) => hostSkipped(session.host, error.message)),
    ),
  ];
  const hosts = [
    // One result per group that was begun, in their order.
    ...groups.flatMap((group, index) => hostResults(group, results.slice(index, index + 1), findings, run)),
    ...joinedHosts(joined, findings, run),
  ];
  const needsPerson = named.length + scaling.errors.length > 0;
  const found = endingOf(run, needsPerson, errors, endedWell(run, groups));
  const ending = orRolledBack(orInvalid(found, errors), hosts);
  return {
    ...resultOf(run, ending),
    groups: groups.map(({ opened }) => opened.group),
    releases: groups.map(({ opened: { group, release } }) => ({
      group,
      version: release.version,
      image: formatPinnedImage(release.image),
    })),
    hosts,
    mixed: groups.some((group, index) =>
      endedMixed(group, results.slice(index, index + 1), joined, findings),
    ),
    oneWay: run.tally.oneWay,
    named: namedOnce(
      named.map(({ session: { host }, held, reason }) => ({ host: host.id, name: host.name, held, reason })),
    ),
    errors: errors.map(resultError),
    warnings: [
      ...[...groups, ...joined.rolls.map(({ group }) => group)].flatMap(({ plan }) => plan.warnings),
      ...joined.warnings,
      ...findings.warnings,
      ...scaling.warnings,
      ...leftOnTheNewRelease(groups, results),
      ...run.tally.warnings,
    ],
  };
}

/** Groups are rolled one after the other; a later one that fails does not take the earlier ones back. */
function leftOnTheNewRelease(
  groups: readonly PreparedGroup[],
  results: readonly PlaybookResult[],
): readonly string[] {
  const failed = groups[results.findIndex(({ stopped }) => stopped)];
  if (failed === undefined) return [];
  return groups
    .slice(0, groups.indexOf(failed))
    .flatMap(({ opened: { group, release }, plan }) =>
      plan.batches.length === 0
        ? []
        : [
            `"${group}" was rolled to ${release.version} before "${failed.opened.group}" failed, and stays there.`,
          ],
    );
}

/** A run that failed, and left all its hosts as they were before it. */
const orRolledBack = ([outcome, exit]: Ending, hosts: readonly HostResult[]): Ending => [
  outcome === 'failed' && exit === 4 && areBack(hosts) ? 'rolled_back' : outcome,
  exit,
];

const areBack = (hosts: readonly HostResult[]): boolean =>
  hosts.some(({ status }) => status === 'restored' || status === 'rolled_back') &&
  hosts.every(({ status }) => ['restored', 'rolled_back', 'untouched', 'converged'].includes(status));

/** A dry run that would roll a host has found drift. */
const endedWell = ({ checkMode }: Run, groups: readonly PreparedGroup[]): Ending =>
  checkMode && groups.some(({ plan }) => plan.hosts.some(({ action }) => action === 'roll'))
    ? ['drift', 6]
    : ['converged', 0];

/** A host that is not as planned is an error, whatever the cause. */
const changedByOthers = (groups: readonly PreparedGroup[]): readonly AdfError[] =>
  groups.flatMap(({ opened }) =>
    opened.sessions.flatMap(({ host, target }) =>
      target.traffic.removedByOthers.map((one) =>
        deregisteredByOthers(host, `${targetGroupNameOf(one)}:${one.port}`),
      ),
    ),
  );

function hostResults(
  group: PreparedGroup,
  results: readonly PlaybookResult[],
  { states }: AuditFinding,
  run: Run,
): readonly HostResult[] {
  const { opened, leftOut } = group;
  const sessions = [...opened.sessions, ...leftOut.map(({ session }) => session)];
  return sessions.map((session): HostResult => {
    const { host } = session;
    const seen = states.get(host.id);
    return {
      host: host.id,
      name: host.name,
      ...run.tally.of(host.id),
      status: statusSeen(statusDone(session, group, results), beforeOf(host.id, group), seen),
      ...runningOn(seen, opened),
    };
  });
}

/** How the preflight found a host. */
const beforeOf = (host: HostId, { observed }: PreparedGroup): HostObservation | undefined =>
  observed.observation.hosts.find((one) => one.host.id === host);

/** What the last look saw of a host outdoes what was done to it. */
function statusSeen(
  done: HostResult['status'],
  before: HostObservation | undefined,
  seen: HostObservation | undefined,
): HostResult['status'] {
  if (seen === undefined) return done;
  const isPlanned = whyNotConverged(seen).length === 0;
  switch (done) {
    case 'deployed':
    case 'converged':
      return isPlanned ? done : 'failed';
    case 'restored':
    case 'rolled_back':
      return before !== undefined && hasLostContainer(before, seen) ? 'failed' : done;
    // Its turns went well, and replaced nothing: it was out of service, and is back.
    case 'ok':
      return isPlanned ? 'deployed' : done;
    default:
      return done;
  }
}

/** By what the plan and the run did, whatever the host is like now. */
function statusDone(
  session: HostSession,
  { plan }: PreparedGroup,
  results: readonly PlaybookResult[],
): HostResult['status'] {
  const { id } = session.host;
  const converged = plan.hosts.some(({ host, action }) => host === id && action === 'converged');
  return converged ? 'converged' : statusOf(session, results);
}

const joinedHosts = (
  { rolls, unfit }: JoinedHosts,
  findings: AuditFinding,
  run: Run,
): readonly HostResult[] => [
  ...rolls.flatMap(({ group, result }) =>
    hostResults(group, [result], findings, run).map((host) => ({ ...host, joined: true as const })),
  ),
  ...unfit.map(({ host: { id, name } }): HostResult => ({
    host: id,
    name,
    ...run.tally.of(id),
    status: 'untouched',
    joined: true,
  })),
];

function statusOf({ host, run }: HostSession, results: readonly PlaybookResult[]): HostResult['status'] {
  if (results.some(({ named }) => named.some(({ session }) => session.host.id === host.id))) return 'named';
  if (results.some(({ rolledBack }) => rolledBack.has(host.id))) return 'rolled_back';
  const turns = results.flatMap((result) =>
    result.turns.filter(({ session }) => session.host.id === host.id),
  );
  const bad = turns.find(({ status }) => status !== 'ok');
  if (bad?.restore?.restored === true) return 'restored';
  if (bad !== undefined && bad.status !== 'interrupted') return 'failed';
  // A later play may have been cut short, or may not have got to the host: that it was rolled before is what counts.
  if (run.holds.wasReplaced(host.id)) return 'deployed';
  if (turns.some(({ restore }) => restore?.restored === true)) return 'restored';
  const wasHeld = run.holds.originOf(host.id).length > 0;
  if (bad !== undefined) return wasHeld ? 'restored' : 'untouched';
  if (results.some(({ untouched }) => untouched.has(host.id)) && !wasHeld) return 'untouched';
  return wasHeld || (run.checkMode && turns.length > 0) ? 'ok' : 'untouched';
}

function runningOn(
  observation: HostObservation | undefined,
  { sessions }: PreparedGroup['opened'],
): Pick<HostResult, 'version' | 'image'> {
  const names = sessions[0]?.group?.settings.containers.map(({ name }) => name) ?? [];
  const main = observation?.containers.find(({ name, running }) => running && name === names[0]);
  const version = main?.labels[label.release];
  return {
    ...defined({ version }),
    ...(main === undefined ? {} : { image: main.image }),
  };
}

/** The hosts in service run more than one release; one that could not be asked at the end is as the run left it. */
function endedMixed(
  group: PreparedGroup,
  results: readonly PlaybookResult[],
  { rolls }: JoinedHosts,
  findings: AuditFinding,
): boolean {
  const joined = rolls.filter((roll) => roll.group.opened.group === group.opened.group);
  return isMixed([
    ...releasesOf(group, results, findings),
    ...joined.flatMap((roll) => releasesOf(roll.group, [roll.result], findings)),
  ]);
}

/** What those of its hosts run that are in service, as far as known. */
const releasesOf = (
  group: PreparedGroup,
  results: readonly PlaybookResult[],
  { states }: AuditFinding,
): readonly ReleaseInService[] =>
  group.opened.sessions.flatMap((session) => {
    const { id } = session.host;
    const isBehind = group.observed.observation.targetGroups.length > 0;
    const seen = states.get(id);
    if (seen !== undefined) return releaseInService(seen, isBehind);
    const before = leftByOthers(beforeOf(id, group), session);
    const isGone = results.some(({ gone }) => gone.some((one) => one.session.host.id === id));
    if (before === undefined || isGone) return [];
    const status = statusDone(session, group, results);
    const isAsFound = status !== 'named' && status !== 'deployed' && status !== 'converged';
    if (isAsFound) return releaseInService(before, isBehind);
    if (isBehind && before.to.registrations.length === 0) return [];
    return [status === 'named' ? provenInService(session, before) : plannedRelease(before)];
  });

/** How the preflight found a host, less the places that were taken from it since, by something other than this run. */
function leftByOthers(
  before: HostObservation | undefined,
  { target: { traffic } }: HostSession,
): HostObservation | undefined {
  const isLeft = (one: Registration): boolean => !traffic.isRemovedByOthers(one);
  return (
    before && {
      ...before,
      registrations: before.registrations.filter(({ registration }) => isLeft(registration)),
      to: { ...before.to, registrations: before.to.registrations.filter(isLeft) },
    }
  );
}

/** What a named host was last proven to run, unless it is still out of a target group. */
function provenInService({ target, run, host }: HostSession, before: HostObservation): ReleaseInService {
  const isOut = registrationsOf(run.holds.openOf(host.id)).length > 0;
  return isOut ? new Map() : releaseOf(target.prover.proven, before);
}
