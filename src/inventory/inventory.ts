import type { CloudAccess, EnvironmentFile } from '../config/environment-file.js';
import type { Project } from '../config/project.js';
import { connectionSchema } from '../config/static-source-schema.js';
import type { Layer } from '../expression/scope.js';
import type { AddedHost } from '../model/added-host.js';
import { defined } from '../model/defined.js';
import type { Host } from '../model/host.js';
import {
  ungrouped,
  type AccountId,
  type EnvironmentName,
  type GroupName,
  type HostId,
} from '../model/ids.js';
import type { Fleet } from '../ports/fleet.js';
import { readLayers } from './layers.js';
import { refuseSecretWays } from './secret-ways.js';
import { listEc2Hosts, lookedForInEc2 } from './sources/aws-ec2.js';
import { listStaticHosts, lookedForInFile, toHost } from './sources/static.js';

export type { CloudAccess } from '../config/environment-file.js';

/** The hosts of one environment, frozen for the run. */
export interface Inventory {
  readonly environment: EnvironmentName;
  /** Absent for a static inventory that says nothing of AWS. */
  readonly access?: CloudAccess | undefined;
  readonly account?: AccountId | undefined;
  /** Never empty. By name (`api-2` before `api-10`), then by id; those that a playbook added come last. */
  readonly hosts: readonly Host[];
  /** Sorted. `all` is not among them. */
  readonly groupNames: readonly GroupName[];
  /** What the source was asked for, as a phrase: `running EC2 instances in eu-west-1 …`. */
  readonly lookedFor: string;
  /** Empty for a group that does not exist. `ungrouped` are the hosts in no group, as in Ansible. */
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
  /** A host that a playbook describes, reached as all hosts of the environment are. Throws zod's error for its `ssh` or `docker`. */
  readonly hostOf: (added: AddedHost) => Host;
  /**
   * The same inventory with these hosts too, each in the place of one with the same id; `variables` are what playbooks gave hosts so far. Throws
   * what is wrong with the files of their variables.
   */
  readonly with: (hosts: readonly Host[], variables?: ReadonlyMap<HostId, Layer>) => Promise<Inventory>;
  /** What may still be added; absent where nothing is, and where what was added so far is all that counts. */
  readonly later?: LaterNames | undefined;
}

/** The names of hosts and groups that a playbook may add. */
export interface LaterNames {
  /** Those that are written out. */
  readonly names: readonly string[];
  /** Whether one of this name may be added. */
  readonly mayBe: (name: string) => boolean;
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
  return inventoryOf(hosts, new Map(), project, file);
}

async function inventoryOf(
  hosts: readonly Host[],
  added: ReadonlyMap<HostId, Layer>,
  project: Project,
  file: EnvironmentFile,
): Promise<Inventory> {
  const layers = await readLayers(project, file, hosts, added);
  const groups = Map.groupBy(
    hosts.flatMap((host) => host.groups.map((group) => ({ host, group }))),
    ({ group }) => group,
  );
  const members = new Map<string, readonly Host[]>(
    [...groups].map(([group, pairs]) => [group, pairs.map(({ host }) => host)]),
  );
  const inNone = hosts.filter((host) => host.groups.length === 0);
  if (inNone.length > 0) members.set(ungrouped, inNone);
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
    hostOf: (given) => describedHost(given, file, project),
    with: (given, variables = added) => inventoryOf(together(hosts, given), variables, project, file),
  };
}

function describedHost(
  { name, groups, address, port, ssh, docker, isLocal }: AddedHost,
  file: EnvironmentFile,
  { config }: Project,
): Host {
  const connection = connectionSchema.parse({ ssh, docker });
  const entry = { name, groups, targetIds: [], ...connection, ...defined({ address, port }) };
  const host = toHost(entry, file, config);
  return isLocal ? { ...host, ssh: { transport: 'local' } } : host;
}

/** These hosts and others, each of which takes the place of one with its id. */
function together(hosts: readonly Host[], others: readonly Host[]): readonly Host[] {
  const byId = new Map(others.map((host) => [host.id, host]));
  const listed = new Set(hosts.map(({ id }) => id));
  return [...hosts.map((host) => byId.get(host.id) ?? host), ...others.filter(({ id }) => !listed.has(id))];
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
