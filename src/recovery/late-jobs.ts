import type { Run } from '../engine/index.js';
import type { Inventory } from '../inventory/inventory.js';
import { lateAtMost, quietTime } from '../model/late-effect.js';
import type { InterruptedRun } from '../plan/interrupted-run.js';

/**
 * Adds the jobs of the interrupted run that may still run to the open requests of their hosts: each is waited for until its host says that it is
 * over, or its time has passed. The time is that of this machine's wall clock; another's may be ahead, so no wait is longer than a job may run.
 */
export function knowJobs(
  { run: id, unknown }: Pick<InterruptedRun, 'run' | 'unknown'>,
  { gate, ports: { clock, transport } }: Run,
  { hosts }: Inventory,
): void {
  const now = clock.now();
  const lookedFrom = clock.elapsed();
  for (const { host: hostId, job, what, at, ownTime = 0 } of unknown) {
    if (hostId === undefined || job === undefined) continue;
    const left = Math.min(ownTime, at + ownTime - now);
    if (lateAtMost(left) <= 0) continue;
    const host = hosts.find((one) => one.id === hostId);
    const isDone = async (): Promise<boolean | 'under_way'> => {
      if (host === undefined) return false;
      const connection = await transport.connect(host);
      const { state } = await connection.recordOf({ run: id, id: job });
      // The request that starts it may have been on its way.
      if (state === 'absent') return clock.elapsed() - lookedFrom >= quietTime;
      return state === 'running' ? 'under_way' : true;
    };
    gate.requests.add(hostId, { what, ownTime: left, job, isDone });
  }
}
