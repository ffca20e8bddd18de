import pLimit from 'p-limit';
import {
  forGroup,
  hasBaked,
  type HostSession,
  isHalfSettled,
  illAsFound,
  isIllAsFound,
  nameTheHeldAfterGrace,
  restoreHost,
  type RestoreOutcome,
  type Run,
  settleReturned,
  stayAtPlan,
  stayInService,
  stayWithoutWayBack,
  stillLacking,
} from '../engine/index.js';
import { errorsOf } from '../errors/adf-error.js';
import { noneWithoutDocker } from '../errors/docker.js';
import { cannotRestore, cannotRestoreCode, floorBlockedCode } from '../errors/engine.js';
import type { EventHost } from '../events/event.js';
import { hostGoneCode } from '../errors/fleet.js';
import { enumerate } from '../errors/nearest.js';
import { claimUnchecked, claimUncheckedCode, hostNotListed } from '../errors/recover.js';
import { defined } from '../model/defined.js';
import { formatDuration } from '../model/duration.js';
import { describeHold, targetGroupsOf, type Hold } from '../model/hold.js';
import { registrationHolds, registrationsHad } from '../model/holds/registration.js';
import type { Host } from '../model/host.js';
import type { GroupName, HostId } from '../model/ids.js';
import { targetGroupNameOf } from '../model/registration.js';
import { unnotedTargetGroups, type Evidence } from '../plan/claims.js';
import { timeUntilQuiet, type InterruptedRun } from '../plan/interrupted-run.js';
import { fetchKnownSecrets } from '../run/fetch-secrets.js';
import { checkClaim, type Claimed } from './check-claims.js';
import type { RecoveredHost, Recovering } from './recover-run.js';
import { recoverySession, withKnownProbe } from './recovery-session.js';

/** Restores every host that a run holds; what cannot be restored is named. Group after group, the last one first. */
export async function restoreHeld(
  found: InterruptedRun,
  run: Run,
  since: Evidence['since'],
  recovering: Recovering,
): Promise<readonly RecoveredHost[]> {
  const names = found.groups.map(({ name }) => name);
  const byGroup = [...Map.groupBy(found.held, ({ group }) => group)].toSorted(
    ([a], [b]) => (b === undefined ? -1 : names.indexOf(b)) - (a === undefined ? -1 : names.indexOf(a)),
  );
  const results: RecoveredHost[] = [];
  for (const [group, held] of byGroup) {
    results.push(...(await restoreGroup(group, held, found, run, since, recovering)));
  }
  return results;
}

async function restoreGroup(
  group: GroupName | undefined,
  held: readonly Hold[],
  found: InterruptedRun,
  wholeRun: Run,
  since: Evidence['since'],
  recovering: Recovering,
): Promise<readonly RecoveredHost[]> {
  const { inventory } = recovering;
  const record = found.groups.find(({ name }) => name === group);
  const run = group === undefined ? wholeRun : forGroup(wholeRun, group);
  if (record !== undefined) {
    run.holds.knowGroup(record);
    run.floor.set(record.rollout.minHealthy, record.rollout.floorWait);
  }
  const floor = registrationHolds(held).findLast(({ minHealthy }) => minHealthy !== undefined)?.minHealthy;
  if (floor !== undefined) run.floor.set(floor, run.floor.floorWait);
  const origin = found.origin.filter((hold) => hold.group === group);
  run.holds.adopt(inventory.hosts, held, origin);
  run.floor.knowZones(inventory.hosts);
  run.floor.knowOut(registrationsHad(held));
  const listed = new Map(inventory.hosts.map((host) => [host.id, host]));
  const forgetGrace = nameTheHeldAfterGrace(run);
  try {
    const limit = pLimit(Math.max(1, run.forks));
    return await Promise.all(
      outFirst([...Map.groupBy(held, ({ host }) => host)]).map(([id, holds]) =>
        limit(async () => {
          const host = listed.get(id);
          if (host === undefined) return notListed(id, holds, run, recovering);
          return restoreOne({ host, record, holds, found, since }, run, recovering);
        }),
      ),
    );
  } finally {
    forgetGrace();
  }
}

/** A host that is out of service comes back without asking the floor, and makes room for those that have to go out first. */
const outFirst = (hosts: readonly (readonly [HostId, readonly Hold[]])[]) =>
  hosts.toSorted(([, a], [, b]) => registrationsHad(b).length - registrationsHad(a).length);

/** Why a host stays as a run left it whose journal is elsewhere. */
const baked = 'it has been in service for longer than the bake of that run, whose journal is not here';

/** There was nothing to restore. */
const untouched = Symbol('untouched');

async function restoreOne(
  claimed: Claimed,
  run: Run,
  { world, inventory }: Recovering,
): Promise<RecoveredHost> {
  const { clock } = world;
  const { host, record, found } = claimed;
  const eventHost = { id: host.id, name: host.name };
  const quiet = timeUntilQuiet(host.id, found, clock.now());
  if (quiet > 0) {
    const message = `something that the run had begun may still be under way there: waiting ${formatDuration(quiet)}.`;
    run.bus.emit({ type: 'warning', host: eventHost, message });
    await clock.sleep(quiet);
  }
  const outcome = await restore();
  const open = run.holds.openOf(host.id);
  const about = { host: host.id, name: host.name, ...(record === undefined ? {} : { group: record.name }) };
  if (outcome === untouched) return { ...about, restored: false, untouched: true, held: [] };
  const session = recoverySession(host, record, open, run, inventory);
  if (outcome.restored && open.length === 0 && !(await isIllAsFound(session, outcome, false))) {
    return {
      ...about,
      restored: true,
      ...(run.holds.wasReplaced(host.id) ? { atPlan: true } : {}),
      held: [],
    };
  }
  if (outcome.error?.code === hostGoneCode) return settleGone(eventHost, open, run);
  const isUnchecked = outcome.error?.code === claimUncheckedCode && !(await answers(host, run));
  const lacking = open.length === 0 || isUnchecked ? open : await stillLacking(session, open);
  const isBack = open.length > 0 && lacking.length === 0;
  if (isBack) {
    const isIll = await isIllAsFound(session, outcome, true);
    await settleReturned(session, open);
    if (!isIll) return { ...about, restored: true, held: [] };
  }
  const reason = (isBack ? undefined : outcome.error?.message) ?? illAsFound;
  return {
    ...about,
    restored: outcome.restored || isBack,
    ...(await nameHeld(eventHost, lacking, reason, run)),
    ...defined({ error: outcome.error }),
  };

  async function restore(): Promise<RestoreOutcome | typeof untouched> {
    try {
      const holds = await believed(claimed, run);
      if (holds.length === 0) return untouched;
      await fetchKnownSecrets(world, inventory, host, record?.name);
      const known = withKnownProbe(host, record?.name, holds, run, inventory);
      const session = recoverySession(host, record, known, run, inventory);
      await session.target.traffic.groups({ kind: 'named', names: targetGroupsOf(known) });
      const outcome = await bringBack(session, known, found);
      if (outcome.restored) await requireUnnotedPlaces(session);
      return outcome;
    } catch (error) {
      return { restored: false, error: errorsOf(error)[0], unhealthyAsFound: false };
    }
  }
}

/** The host goes back to what is held of it, or stays at the plan where that is the better end. */
async function bringBack(
  session: HostSession,
  held: readonly Hold[],
  { journaled }: InterruptedRun,
): Promise<RestoreOutcome> {
  const { run, host } = session;
  if (await isHalfSettled(session, held)) return keepAtPlan(session, held);
  if (!journaled && (await hasBaked(session, held)) && (await stayAtPlan(session, held, baked)))
    return restoreHost(session, run.holds.openOf(host.id));
  const outcome = await restoreHost(session, held);
  const isNeeded = outcome.error?.code === floorBlockedCode;
  if (outcome.error?.code === cannotRestoreCode && (await stayWithoutWayBack(session, held))) {
    return restoreHost(session, run.holds.openOf(host.id));
  }
  return isNeeded && (await stayInService(session)) ? restoreHost(session, []) : outcome;
}

/**
 * The notes of a host's containers say which target groups it was taken out of. Where the note of such a registration is gone, nothing says
 * how the host was registered. Throws `restore.impossible` when it is not registered there any more, and what the balancer's API throws.
 */
async function requireUnnotedPlaces({ run, host, target: { traffic } }: HostSession): Promise<void> {
  const names = unnotedTargetGroups(run.holds.originOf(host.id));
  if (names.length === 0) return;
  const now = await traffic.registrations(await traffic.groups({ kind: 'named', names }));
  const missing = names.filter(
    (name) => !now.some(({ registration }) => targetGroupNameOf(registration) === name),
  );
  if (missing.length === 0) return;
  const where = enumerate(missing);
  throw cannotRestore(
    host,
    `the run had taken it out of ${where}, and the notes that say how it was registered there are gone. Its containers are in place, ` +
      'but it is not registered there: register it by hand',
  );
}

/** What is claimed of a host is told as it is claimed while the host does not answer, and as the host shows it once it does. */
const answers = (host: Host, run: Run): Promise<boolean> =>
  run.blips
    .watch({ host }, () => run.ports.runtime.on(host).list().catch(noneWithoutDocker))
    .then(
      () => true,
      () => false,
    );

/**
 * The run was killed while it settled the containers of a host, and its journal, which would say that the host is at the plan, is not here.
 * The containers stay at the plan when they are proven healthy. Throws `restore.impossible` when they are not: what those without a note were
 * before is not known.
 */
async function keepAtPlan(session: HostSession, held: readonly Hold[]): Promise<RestoreOutcome> {
  const { run, host } = session;
  if (await stayAtPlan(session, held, 'the run had settled a part of it, and all of it is healthy')) {
    return restoreHost(session, run.holds.openOf(host.id));
  }
  throw cannotRestore(
    host,
    'the run had settled some of its containers, which are not all healthy, and what they were before is not known here',
  );
}

/** What is to be restored of what is claimed: the rest is settled. Throws why it cannot be told. */
async function believed(claimed: Claimed, run: Run): Promise<readonly Hold[]> {
  const { host, holds, found } = claimed;
  const verdict = await checkClaim(claimed, run);
  switch (verdict.judge) {
    case 'believe': {
      await adoptNotes(verdict.holds, claimed, run);
      const ids = new Set(verdict.holds.map(({ id }) => id));
      await run.holds.settle(
        holds.filter(({ id }) => !ids.has(id)),
        found.finished.has(host.id) ? 'superseded' : 'returned',
      );
      return verdict.holds;
    }
    case 'superseded': {
      const message = `what run ${found.run} held of it is not put back: ${verdict.reason}`;
      run.bus.emit({ type: 'warning', host: { id: host.id, name: host.name }, message });
      await run.holds.settle(holds, 'superseded');
      return [];
    }
    case 'returned':
      await run.holds.settle(holds, 'returned');
      return [];
    case 'ask':
      throw claimUnchecked(host, verdict.reason);
  }
}

/** A host that answers late may keep notes that nothing told of before. */
async function adoptNotes(notes: readonly Hold[], { host, holds }: Claimed, run: Run): Promise<void> {
  const known = new Set(holds.map(({ id }) => id));
  const unwritten = notes.filter(({ id }) => !known.has(id));
  run.holds.adopt([host], unwritten);
  const { journal, clock } = run.ports;
  for (const hold of unwritten) await journal.append({ at: clock.now(), type: 'hold.opened', hold });
}

/** What is not listed any more and does not run either took with it what it had; of any other a person has to say what it is. */
async function notListed(
  id: HostId,
  holds: readonly Hold[],
  run: Run,
  { world: { presence }, inventory }: Recovering,
): Promise<RecoveredHost> {
  const host = { id, name: id };
  const regions = inventory.access?.regions ?? [];
  const goneFrom = await Promise.allSettled(regions.map((region) => presence.goneOf([{ id, region }])));
  const isGone = goneFrom.every((one) => one.status === 'fulfilled' && one.value.has(id));
  if (regions.length > 0 && isGone) return settleGone(host, holds, run);
  const error = hostNotListed(id);
  return {
    host: id,
    name: id,
    restored: false,
    ...(await nameHeld(host, holds, error.message, run)),
    error,
  };
}

/** That need not be put back. Its own copy stays with it: a host that is started again is restored by the next deploy. */
async function settleGone(host: EventHost, holds: readonly Hold[], run: Run): Promise<RecoveredHost> {
  const held = holds.map(describeHold).join(', ');
  const message = `it is gone (terminated or stopped), and what it held need not be put back: ${held}`;
  run.bus.emit({ type: 'warning', host, message });
  await run.holds.settle(holds, 'gone');
  return { host: host.id, name: host.name, restored: true, held: [] };
}

/** Tells a person, and writes down that they were told: it stays held. */
async function nameHeld(
  host: EventHost,
  lacking: readonly Hold[],
  reason: string,
  run: Run,
): Promise<Pick<RecoveredHost, 'held' | 'reason'>> {
  const held = lacking.map(describeHold);
  run.bus.emit({ type: 'host.named', host, held, reason });
  try {
    await run.holds.settle(run.holds.openOf(host.id), 'named');
  } catch (error) {
    // When even the journal is gone, the name still reaches the person.
    run.bus.emit({ type: 'warning', host, message: errorsOf(error)[0].message });
  }
  return { held, reason };
}
