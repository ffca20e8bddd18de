import { AdfError } from '../../errors/adf-error.js';
import { defined } from '../../model/defined.js';
import type { ScalingHold } from '../../model/hold.js';
import type { Host } from '../../model/host.js';
import {
  holdId,
  type AccountId,
  type EnvironmentName,
  type GroupName,
  type HoldId,
  type Region,
  type RunId,
} from '../../model/ids.js';
import { groupOfTag, suspensionsOn } from '../../plan/scaling.js';
import type { ScalingGroups } from '../../ports/scaling-groups.js';

/** A hold on an Auto Scaling group, and the run that took it. */
export interface HeldScaling {
  readonly run: RunId;
  readonly hold: ScalingHold;
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
export async function findScalingHolds(
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
