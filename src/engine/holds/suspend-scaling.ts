import { AdfError, AdfErrors, errorsOf } from '../../errors/adf-error.js';
import { scalingDenied } from '../../errors/scaling.js';
import { processesToSuspend, replacesDrained, suspensionKey, suspensionValue } from '../../plan/scaling.js';
import type { Run } from '../run.js';
import { restoreCloudHolds } from './cloud-holds.js';
import { GuardedScaling } from './guarded-scaling.js';
import { scalingHoldId, type HeldScaling, type ScalingOf } from './scaling-group.js';

/**
 * Keeps Auto Scaling groups from replacing hosts that are out of rotation, before the first one is: each hold is in the journal, then on the
 * group as a tag, and then its processes are suspended. When one cannot be, all are as they were before, and it throws
 * `scaling.access_denied`, `scaling.not_changed`, `aws.*`, `interlock.lease_over`, `journal.write`, the reason of the run's signal; and
 * when even that fails `scaling.left_suspended` before these.
 */
export async function suspendScaling(
  groups: readonly ScalingOf[],
  run: Run,
): Promise<readonly HeldScaling[]> {
  const held: HeldScaling[] = [];
  for (const group of groups) {
    try {
      await suspendOne(group, run, (one) => held.push(one));
    } catch (error) {
      const reason =
        error instanceof AdfError && error.code === 'aws.access_denied' ? scalingDenied(group, error) : error;
      const [left, ...others] = (await restoreCloudHolds(run, held)).errors;
      throw left === undefined ? reason : new AdfErrors([left, ...others, ...errorsOf(reason)]);
    }
  }
  return held;
}

async function suspendOne(of: ScalingOf, run: Run, onHeld: (held: HeldScaling) => void): Promise<void> {
  const { journal, clock } = run.ports;
  const guarded = new GuardedScaling(run, of, run.stop.signal);
  const found = await guarded.look();
  if (found === undefined || !replacesDrained(found)) return;
  const key = suspensionKey(run.environment, of.group);
  const processes = processesToSuspend(found, key);
  if (processes.length === 0) return;
  const hold = { ...of, id: scalingHoldId(of), kind: 'scaling_group', processes } as const;
  run.gate.requireLeases(`hold the Auto Scaling group ${of.name}`);
  await journal.append({ at: clock.now(), type: 'hold.opened', hold });
  onHeld({ run: run.id, hold, before: found.suspendedProcesses });
  const { name, region } = of;
  run.bus.emit({ type: 'scaling.suspended', hold: hold.id, scalingGroup: name, region, processes });
  await guarded.tag(key, suspensionValue(run.id, processes));
  await guarded.suspend(processes);
}
