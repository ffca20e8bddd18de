import { errorsOf, type AdfError } from '../../errors/adf-error.js';
import { describeScalingGroup, scalingLeftSuspended } from '../../errors/scaling.js';
import type { ScalingHold, Settlement } from '../../model/hold.js';
import { planResumption, suspensionKey, suspensionsOn, type SuspensionTag } from '../../plan/scaling.js';
import type { ScalingGroup } from '../../ports/scaling-groups.js';
import { GuardedScaling, type ScalingRun } from './guarded-scaling.js';
import type { HeldScaling } from './scaling-holds.js';

/** What restoring Auto Scaling groups came to. */
export interface ScalingRestored {
  /** What stays suspended, and stays held. */
  readonly left: readonly ScalingHold[];
  /** Why, for each of them; and what kept that from being written down. */
  readonly errors: readonly AdfError[];
  /** What somebody else did to them meanwhile. */
  readonly warnings: readonly string[];
}

/**
 * Resumes exactly what the holds say was suspended, reads it back, takes the tags off and settles the holds. What is resumed already, and what
 * others suspended, stays as it is. `whyKept` says why one has to stay suspended: its hosts would be replaced. Never throws, and may be
 * called again: the tag on the group tells what is left to do.
 */
export async function restoreScaling(
  run: ScalingRun,
  held: readonly HeldScaling[],
  whyKept: (hold: ScalingHold) => string | undefined = () => undefined,
): Promise<ScalingRestored> {
  const left: ScalingHold[] = [];
  const errors: AdfError[] = [];
  const warnings: string[] = [];
  // One after the other: two holds of one Auto Scaling group look at each other's tags.
  for (const one of held) {
    const { hold } = one;
    const settle = async (as: Settlement): Promise<void> => {
      await run.ports.journal.append({ at: run.ports.clock.now(), type: 'hold.settled', hold: hold.id, as });
      const { id, name, region, processes } = hold;
      run.bus.emit({ type: 'scaling.settled', hold: id, scalingGroup: name, region, processes, as });
    };
    const why = whyKept(hold);
    try {
      if (why === undefined) {
        await run.gate.readyToRestore();
        warnings.push(...(await restoreOne(run, one)));
        await settle('restored');
        continue;
      }
      errors.push(scalingLeftSuspended(hold, hold.processes, why));
    } catch (error) {
      errors.push(scalingLeftSuspended(hold, hold.processes, errorsOf(error)[0].message));
    }
    left.push(hold);
    await settle('named').catch((error: unknown) => errors.push(...errorsOf(error)));
  }
  return { left, errors, warnings };
}

/** Gives what a person should know although it went well. */
async function restoreOne(
  run: ScalingRun,
  { run: by, hold, before }: HeldScaling,
): Promise<readonly string[]> {
  const guarded = new GuardedScaling(run, hold);
  const key = suspensionKey(run.environment, hold.group);
  const found = await guarded.look();
  const called = `The ${describeScalingGroup(hold)}`;
  if (found === undefined) return [`${called} is gone.`];
  const own = suspensionsOn(found).find((tag) => tag.key === key);
  // The tag is written before anything is suspended, and goes last: without it nothing of this run's is left.
  if (own?.run !== by) return before === undefined ? [] : tellTagGone(called, own, hold, found);
  const { resume, shared, running } = planResumption(hold.processes, key, found);
  if (resume.length > 0) await guarded.resume(resume);
  await guarded.tag(key, undefined);
  if (shared.length > 0) {
    // The other run may have ended in between, and have left them to this one.
    const now = await guarded.look();
    const left = now === undefined ? [] : planResumption(shared, key, now).resume;
    if (left.length > 0) await guarded.resume(left);
  }
  return before === undefined ? [] : tellMeanwhile(called, hold, before, found, running);
}

function tellTagGone(
  called: string,
  other: SuspensionTag | undefined,
  { processes }: ScalingHold,
  { suspendedProcesses }: ScalingGroup,
): readonly string[] {
  if (other !== undefined) return [`${called} is held by another run by now, ${other.run}.`];
  const still = processes.filter((process) => suspendedProcesses.includes(process));
  return [
    `${called}: somebody took this run's tag off meanwhile` +
      (still.length === 0 ? '.' : `; ${still.join(', ')} stay suspended, as they were left.`),
  ];
}

function tellMeanwhile(
  called: string,
  { processes }: ScalingHold,
  before: readonly string[],
  { suspendedProcesses }: ScalingGroup,
  running: readonly string[],
): readonly string[] {
  const others = suspendedProcesses.filter((one) => !before.includes(one) && !processes.includes(one));
  return [
    ...(running.length === 0 ? [] : [`${called}: somebody resumed ${running.join(', ')} during the run.`]),
    ...(others.length === 0
      ? []
      : [`${called}: somebody suspended ${others.join(', ')} during the run; left so.`]),
  ];
}
