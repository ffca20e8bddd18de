import { AdfError } from '../../errors/adf-error.js';
import { describeScalingGroup, scalingLeftSuspended } from '../../errors/scaling.js';
import { defined } from '../../model/defined.js';
import type { HeldInCloud, ScalingHold } from '../../model/hold.js';
import { describeHost, type Host } from '../../model/host.js';
import {
  holdId,
  type AccountId,
  type EnvironmentName,
  type GroupName,
  type HoldId,
  type Region,
} from '../../model/ids.js';
import {
  groupOfTag,
  planResumption,
  suspensionKey,
  suspensionsOn,
  type SuspensionTag,
} from '../../plan/scaling.js';
import type { ScalingGroup, ScalingGroups } from '../../ports/traffic.js';
import type { CloudHoldKind, CloudRun } from './cloud-holds.js';
import { GuardedScaling } from './guarded-scaling.js';

/** Processes of an Auto Scaling group that runs hold suspended. Its copy is a tag on the group. */
export const scalingGroupKind: CloudHoldKind<ScalingHold> = {
  whyKept({ name, region }, out) {
    const own = out.filter((host) => host.autoScalingGroup === name && host.region === region);
    return own.length === 0
      ? undefined
      : `it would replace ${own.map(describeHost).join(', ')}, which needs a person first.`;
  },
  find: async ({ scaling }, environment, hosts) =>
    scaling === undefined ? [] : findScalingHolds(scaling, environment, hosts),
  restore: resumeHeld,
  left: (hold, why) => scalingLeftSuspended(hold, hold.processes, why),
  settled: ({ id, name, region, processes }, as) => ({
    type: 'scaling.settled',
    hold: id,
    scalingGroup: name,
    region,
    processes,
    as,
  }),
};

/** As the run that took it knows it. */
export interface HeldScaling extends HeldInCloud<ScalingHold> {
  /** What was suspended before the run suspended anything; only the run itself knows. */
  readonly before?: readonly string[];
}

/** An Auto Scaling group that hosts of a group are in. */
export interface ScalingOf {
  readonly group: GroupName;
  readonly name: string;
  readonly region: Region;
  readonly account?: AccountId;
}

/** The Auto Scaling groups of these hosts, each once. */
export function scalingOf(group: GroupName, hosts: readonly Host[]): readonly ScalingOf[] {
  const found = hosts.flatMap(({ autoScalingGroup: name, region, account }) =>
    name === undefined || region === undefined ? [] : [{ group, name, region, ...defined({ account }) }],
  );
  return [...new Map(found.map((one) => [`${one.region} ${one.name}`, one])).values()];
}

/** The same in the journal as on the tag: one group of hosts holds an Auto Scaling group once. */
export const scalingHoldId = ({ group, region, name }: ScalingOf): HoldId =>
  holdId(`${group}/${region}/${name}`);

/**
 * What runs of this environment suspended and have not resumed, as the tags of the hosts' Auto Scaling groups say: all that is left where the
 * journal is gone. A run that is under way is among them. Calls AWS only for hosts that are in such a group; where the policy does not let it
 * look, as that of a fleet with `asg: ignore` need not, it finds none.
 */
async function findScalingHolds(
  scaling: Pick<ScalingGroups, 'describe'>,
  environment: EnvironmentName,
  hosts: readonly Host[],
): Promise<readonly HeldScaling[]> {
  const wanted = hosts.flatMap((host) => host.groups.flatMap((group) => scalingOf(group, [host])));
  const regions = Map.groupBy(wanted, ({ region }) => region);
  const found = await Promise.all(
    [...regions].map(async ([region, ours]) => {
      const groups = await scaling
        .describe(region, [...new Set(ours.map(({ name }) => name))])
        .catch((error: unknown) => {
          if (error instanceof AdfError && error.code === 'aws.access_denied') return [];
          throw error;
        });
      return groups.flatMap((one) =>
        suspensionsOn(one).flatMap((tag): readonly HeldScaling[] => {
          const group = groupOfTag(tag, environment);
          if (group === undefined) return [];
          const { account } = ours.find(({ name }) => name === one.name) ?? {};
          const of = { group, name: one.name, region, ...defined({ account }) };
          const { run, processes } = tag;
          return [{ run, hold: { ...of, id: scalingHoldId(of), kind: 'scaling_group', processes } }];
        }),
      );
    }),
  );
  return found.flat();
}

/** Resumes exactly what the hold says was suspended, and takes the tag off. */
async function resumeHeld(run: CloudRun, { run: by, hold, before }: HeldScaling): Promise<readonly string[]> {
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
    `${called}: this run's tag was taken off meanwhile` +
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
    ...(running.length === 0 ? [] : [`${called}: others resumed ${running.join(', ')} during the run.`]),
    ...(others.length === 0
      ? []
      : [`${called}: others suspended ${others.join(', ')} during the run; left so.`]),
  ];
}
