import { type Run, stillLacking } from '../engine/index.js';
import { errorsOf, type AdfError } from '../errors/adf-error.js';
import { placeReserved } from '../errors/recover.js';
import { describeHold, touchesHost, type Hold } from '../model/hold.js';
import { registrationHolds } from '../model/holds/registration.js';
import type { Host } from '../model/host.js';
import type { HostId } from '../model/ids.js';
import { isDrained, targetGroupNameOf, type Registration } from '../model/registration.js';
import { timeUntilQuiet, type InterruptedRun } from '../plan/interrupted-run.js';
import { ofOthers, placeOf, reservedBy, reservationsIn } from '../plan/reservation.js';
import { knowJobs } from './late-jobs.js';
import { judgeHost, type Claimed } from './check-claims.js';
import { noJournal, openRun } from '../run/open-run.js';
import type { RecoveredHost, Recovering } from './recover-run.js';
import { recoverySession } from './recovery-session.js';

/**
 * What can be done for the hosts of a dead run while its lease is not to be had, since a majority of the group does not answer: where only a
 * registration was taken it is registered again, which changes nothing on the host. The lease is what otherwise tells that no other run has
 * the host; so this is done only where
 * - the run's own process is known to have ended, on this machine;
 * - the host itself answers, still has the note of that run, and no container of a newer run;
 * - no other run has reserved the place on the target group.
 * The balancer's own check guards it from there on. Nothing is settled: it stays held until a recovery has the lease. Gives every held host,
 * each with what a person has to know, or nothing when nothing could be done. Looking needs no lease: who has all that is claimed is not named.
 */
export async function putBackUnlocked(
  found: InterruptedRun,
  unavailable: AdfError,
  recovering: Recovering,
): Promise<readonly RecoveredHost[]> {
  const { world, options, hooks, bus } = recovering;
  const isDead = found.process !== undefined && world.processes.hasEnded(found.process) === true;
  if (!found.journaled || !isDead) return [];
  const run: Run = openRun(world, options, hooks, found.run, noJournal, { verb: found.verb, bus });
  run.holds.adopt(recovering.inventory.hosts, found.held, found.origin);
  knowJobs(found, run, recovering.inventory);
  const held = [...Map.groupBy(found.held, ({ host }) => host)];
  const back = new Map<HostId, readonly Registration[]>();
  for (const [id, holds] of held) back.set(id, await putBack(id, holds, found, run, recovering));
  // The run that comes next does not know of a call whose answer was lost.
  await run.ports.traffic.allRequestsOver();
  if ([...back.values()].flat().length === 0) return [];
  const results: RecoveredHost[] = [];
  for (const [id, holds] of held) {
    const registered = back.get(id) ?? [];
    const lacking = registered.length > 0 ? holds : await lackingOn(id, holds, found, run, recovering);
    results.push(told(id, lacking, registered, unavailable, recovering));
  }
  return results;
}

/** The registrations that are registered now, by this or already. */
async function putBack(
  id: HostId,
  holds: readonly Hold[],
  found: InterruptedRun,
  run: Run,
  { inventory }: Recovering,
): Promise<readonly Registration[]> {
  const host = inventory.hosts.find((one) => one.id === id);
  const record = found.groups.find(({ name }) => name === holds[0]?.group);
  if (host === undefined || touchesHost(found.origin.filter((one) => one.host === id))) return [];
  const taken = registrationHolds(holds).filter(({ state }) => state === 'healthy' || state === 'initial');
  if (taken.length === 0 || taken.length < holds.length) return [];
  try {
    const claimed: Claimed = { host, record, holds, found, since: 'perhaps_others' };
    await run.gate.requests.over(id);
    if (!(await isClaimSure(claimed, run))) return [];
    const wanted = taken.map(({ registration }) => registration);
    for (const [targetGroup, ours] of Map.groupBy(wanted, (one) => one.targetGroup)) {
      await requireUnreserved(host, ours, found, run);
      const missing = (await run.ports.traffic.healthOf(targetGroup, ours)).filter(isDrained);
      if (missing.length === 0) continue;
      const registrations = missing.map(({ registration }) => registration);
      const what = `register ${registrations.map(placeOf).join(', ')} in ${targetGroup}`;
      const change = { where: 'cloud', host, what, restoring: true } as const;
      await run.gate.perform(change, new AbortController().signal, () =>
        run.ports.traffic.register(targetGroup, registrations),
      );
    }
    return wanted;
  } catch (error) {
    run.bus.emit({
      type: 'warning',
      host: { id, name: host.name },
      message: `it is not registered again: ${errorsOf(error)[0].message}`,
    });
    return [];
  }
}

/** What was held last need not have been taken: the run died before. That is known once nothing of what it began can still happen. */
async function lackingOn(
  id: HostId,
  holds: readonly Hold[],
  found: InterruptedRun,
  run: Run,
  { inventory, world: { clock } }: Recovering,
): Promise<readonly Hold[]> {
  const host = inventory.hosts.find((one) => one.id === id);
  if (host === undefined) return holds;
  await clock.sleep(timeUntilQuiet(id, found, clock.now()));
  await run.gate.requests.over(id);
  const record = found.groups.find(({ name }) => name === holds[0]?.group);
  return stillLacking(recoverySession(host, record, holds, run, inventory), holds);
}

/** All of it is noted on the host, and what the host shows speaks for it. */
async function isClaimSure(claimed: Claimed, run: Run): Promise<boolean> {
  const { verdict, notes } = await judgeHost(claimed, run);
  const noted = new Set(notes.map(({ id }) => id));
  return verdict.judge === 'believe' && claimed.holds.every(({ id }) => noted.has(id));
}

/** Throws what keeps the tags from being read, and when another run counts with one of these places. */
async function requireUnreserved(
  host: Host,
  ours: readonly Registration[],
  found: InterruptedRun,
  { ports: { traffic, clock } }: Run,
): Promise<void> {
  const [first] = ours;
  if (first === undefined) return;
  const reservations = reservationsIn(await traffic.tags(first.targetGroup));
  const others = ofOthers(reservations, found.run, clock.now());
  const places = reservedBy(others);
  if (ours.some((one) => places.has(placeOf(one)))) {
    throw placeReserved(
      host,
      others.map(({ run }) => run),
      targetGroupNameOf(first),
    );
  }
}

function told(
  id: HostId,
  holds: readonly Hold[],
  back: readonly Registration[],
  unavailable: AdfError,
  { inventory, bus }: Recovering,
): RecoveredHost {
  const name = inventory.hosts.find((host) => host.id === id)?.name ?? id;
  if (holds.length === 0) return { host: id, name, restored: false, untouched: true, held: [] };
  const held = holds.map(describeHold);
  const reason =
    back.length > 0
      ? `it is registered again in ${back.map(targetGroupNameOf).join(', ')}, and nothing else was done for it: its group could not be locked. Recover again when more of its hosts answer`
      : `nothing was done for it: its group could not be locked`;
  bus.emit({ type: 'host.named', host: { id, name }, held, reason });
  return { host: id, name, restored: false, held, reason, error: unavailable };
}
