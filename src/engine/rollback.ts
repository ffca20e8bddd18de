import { describeHold } from './hold-book.js';
import type { HostSession } from './host-session.js';
import { restoreHost, type RestoreOutcome } from './restore.js';
import type { Run } from './run.js';

export interface RollbackResult {
  readonly session: HostSession;
  readonly outcome: RestoreOutcome;
}

/**
 * Takes hosts that had finished back to where they came from: a new roll, to what their first holds say, under the same floor.
 * As many at once as the floor lets through; one that it blocks for `floor_wait` stays on the new release, in service, and is named.
 */
export async function rollBack(
  finished: readonly HostSession[],
  reason: string,
  run: Run,
): Promise<readonly RollbackResult[]> {
  if (finished.length === 0) return [];
  run.bus.emit({ type: 'rollback.started', hosts: finished.map(({ eventHost }) => eventHost), reason });
  const results = await Promise.all(
    finished.map(async (session): Promise<RollbackResult> => {
      const origin = run.holds.originOf(session.host.id);
      await run.holds.reopen(origin.filter((hold) => hold.kind === 'container' || hold.state === 'unused'));
      return { session, outcome: await restoreHost(session, origin) };
    }),
  );
  const hosts = (restored: boolean): HostSession['eventHost'][] =>
    results.filter(({ outcome }) => outcome.restored === restored).map(({ session }) => session.eventHost);
  run.bus.emit({ type: 'rollback.ended', restored: hosts(true), left: hosts(false) });
  return results;
}

/** Where a host came from, in words. */
export const describeOrigin = ({ run, host }: HostSession): readonly string[] =>
  run.holds.originOf(host.id).map(describeHold);
