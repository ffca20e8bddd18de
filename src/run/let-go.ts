import type { Run } from '../engine/index.js';
import type { HeldLeases } from './lease-groups.js';

/**
 * Ends what a run does under its leases, and releases them once no request of it can take effect any more: one whose answer was lost would
 * hit the run that comes next, which does not know of it. Never throws.
 */
export async function letGo(run: Run, leases: HeldLeases | undefined): Promise<void> {
  await run.reservations.end();
  run.blips.end();
  if (leases === undefined) return;
  await Promise.all([run.gate.requests.allOver(), run.ports.traffic.allRequestsOver()]);
  await leases.release();
}
