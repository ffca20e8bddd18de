import type { CloudAccess, EnvironmentFile } from '../config/environment-file.js';
import type { Project } from '../config/project.js';
import type { Layer } from '../expression/scope.js';
import { defined } from '../model/defined.js';
import type { Host } from '../model/host.js';
import type { AccountId, EnvironmentName, GroupName } from '../model/ids.js';
import type { Fleet } from '../ports/fleet.js';
import { readLayers } from './layers.js';
import { refuseSecretWays } from './secret-ways.js';
import { listEc2Hosts, lookedForInEc2 } from './sources/aws-ec2.js';
import { listStaticHosts, lookedForInFile } from './sources/static.js';

export type { CloudAccess } from '../config/environment-file.js';

/** The hosts of one environment, frozen for the run. */
export interface Inventory {
  readonly environment: EnvironmentName;
  /** Absent for a static inventory that says nothing of AWS. */
  readonly access?: CloudAccess;
  readonly account?: AccountId;
  /** Never empty. By name (`api-2` before `api-10`), then by id. */
  readonly hosts: readonly Host[];
  /** Sorted. `all` is not among them. */
  readonly groupNames: readonly GroupName[];
  /** What the source was asked for, as a phrase: `running EC2 instances in eu-west-1 …`. */
  readonly lookedFor: string;
  /** Empty for a group that does not exist. */
  readonly group: (name: string) => readonly Host[];
  /**
   * The variables of a host, lowest precedence first: packaged defaults, `adfpush.yml`, `group_vars/all`,
   * `group_vars/<group>`, the environment's `vars`, its `groups`, what the source knows of the host, `host_vars`.
   * Of a host's several groups, the later name wins; with `group` given, that group does, and what makes a group
   * (image, version, container(s), health, target_groups, rollout) comes from no other.
   */
  readonly layersFor: (host: Host, group?: string) => readonly Layer[];
  /** The same for a group as a whole: without what belongs to one host. */
  readonly groupLayers: (group: string) => readonly Layer[];
}

/**
 * Lists the hosts of an environment and reads their variables. `connectFleet` is called only when the environment
 * says how AWS is reached. Throws `inventory.*`, `config.*` and `secret.in_argument` errors, and the fleet's own.
 */
export async function loadInventory(
  project: Project,
  environment: string,
  connectFleet: (access: CloudAccess) => Fleet,
): Promise<Inventory> {
  const file = await project.environment(environment);
  refuseSecretWays(project, file);
  const hosts = (await listHosts(file, project, connectFleet)).toSorted(byNameThenId);
  const layers = await readLayers(project, file, hosts);
  const groups = Map.groupBy(
    hosts.flatMap((host) => host.groups.map((group) => ({ host, group }))),
    ({ group }) => group,
  );
  const members = new Map<string, readonly Host[]>(
    [...groups].map(([group, pairs]) => [group, pairs.map(({ host }) => host)]),
  );
  return {
    environment: file.name,
    ...defined({ access: file.access }),
    ...(file.access?.account === undefined ? {} : { account: file.access.account }),
    hosts,
    groupNames: [...groups.keys()].sort(),
    lookedFor: file.source === 'aws_ec2' ? lookedForInEc2(file) : lookedForInFile(file),
    group: (name) => members.get(name) ?? [],
    layersFor: layers.ofHost,
    groupLayers: layers.ofGroup,
  };
}

const listHosts = (
  file: EnvironmentFile,
  { config }: Project,
  connectFleet: (access: CloudAccess) => Fleet,
): Promise<readonly Host[]> =>
  file.source === 'aws_ec2'
    ? listEc2Hosts(file, config, connectFleet)
    : listStaticHosts(file, config, connectFleet);

const natural = new Intl.Collator('en', { numeric: true });

const byNameThenId = (a: Host, b: Host): number =>
  natural.compare(a.name, b.name) || natural.compare(a.id, b.id);
