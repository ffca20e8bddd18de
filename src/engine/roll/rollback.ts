import pLimit from 'p-limit';
import { errorsOf } from '../../errors/adf-error.js';
import { cannotRestoreCode, interrupted } from '../../errors/engine.js';
import { replacedByPlan } from '../../model/hold.js';
import type { HostSession } from '../host-session.js';
import { stayWithoutWayBack } from '../holds/at-plan.js';
import { restoreHost, type RestoreOutcome } from '../holds/restore.js';
import type { Run } from '../run.js';
import { isStopping } from '../stop-signal.js';

export interface RollbackResult {
  readonly session: HostSession;
  /** Undefined for a host that was kept from being taken back, by a signal, or because its old containers are gone: it stays on the new release, in service. */
  readonly outcome: RestoreOutcome | undefined;
}

/**
 * Takes hosts that had finished back to where they came from: a new roll, to what their first holds say, under the same floor: as
 * many at once as it lets through. One that it blocks for `floor_wait` stays on the new release, in service, and is named.
 */
export async function rollBack(
  finished: readonly HostSession[],
  reason: string,
  run: Run,
): Promise<readonly RollbackResult[]> {
  if (finished.length === 0) return [];
  run.bus.emit({ type: 'rollback.started', hosts: finished.map(({ eventHost }) => eventHost), reason });
  const limit = pLimit(await atOnce(finished, run));
  const results = await Promise.all(finished.map((session) => limit(() => rollBackHost(session, run))));
  const hosts = (restored: boolean): HostSession['eventHost'][] =>
    results
      .filter(({ outcome }) => (outcome?.restored === true) === restored)
      .map(({ session }) => session.eventHost);
  run.bus.emit({ type: 'rollback.ended', restored: hosts(true), left: hosts(false) });
  return results;
}

/** With target groups the floor itself makes each drain wait; without, as many as a batch of the roll may have. */
async function atOnce([first]: readonly HostSession[], run: Run): Promise<number> {
  if (first?.group === undefined) return Math.max(1, run.forks);
  try {
    const groups = await first.target.traffic.groups(first.group.settings.targetGroups);
    const most =
      groups.length > 0 ? run.forks : Math.min(run.forks, run.floor.spareOf(first.group.name).healthy);
    return Math.max(1, most);
  } catch (error) {
    // The way back must not depend on one more answer: one host after the other is always right.
    run.bus.emit({ type: 'warning', message: errorsOf(error)[0].message });
    return 1;
  }
}

/** A signal stops it only while the host still serves with what it has. */
async function rollBackHost(session: HostSession, run: Run): Promise<RollbackResult> {
  const { stop, holds } = run;
  if (isStopping(run)) return { session, outcome: undefined };
  const finished = new Set(session.target.prover.proven.map(({ id }) => id));
  // Once the old containers are back and proven, going on is the shorter way.
  const servesTheNew = (): boolean => session.target.prover.proven.some(({ id }) => finished.has(id));
  const turnRound = new AbortController();
  const onStop = (): void => {
    if (servesTheNew()) turnRound.abort(interrupted(stop.name() ?? 'a signal'));
  };
  stop.signal.addEventListener('abort', onStop, { once: true });
  try {
    const origin = holds.originOf(session.host.id);
    const outcome = await restoreHost(session, origin, {
      signal: turnRound.signal,
      mayTakeOut: () => !isStopping(run),
    });
    if (outcome.error?.code === cannotRestoreCode && (await stayWithoutWayBack(session, origin))) {
      return { session, outcome: await bringBackRegistrations(session) };
    }
    if (outcome.restored || !isStopping(run) || !servesTheNew()) return { session, outcome };
    return { session, outcome: await stayInService(session) };
  } finally {
    stop.signal.removeEventListener('abort', onStop);
  }
}

/** Its containers were not touched yet: they are kept, and its registrations come back. Undefined when that went well. */
async function stayInService(session: HostSession): Promise<RestoreOutcome | undefined> {
  const { holds } = session.run;
  await holds.settle(replacedByPlan(holds.openOf(session.host.id)), 'replaced');
  return bringBackRegistrations(session);
}

/** Undefined when that went well, or there was none to bring back. */
async function bringBackRegistrations(session: HostSession): Promise<RestoreOutcome | undefined> {
  const open = session.run.holds.openOf(session.host.id);
  if (open.length === 0) return undefined;
  const outcome = await restoreHost(session, open);
  return outcome.restored ? undefined : outcome;
}
