import { isIP } from 'node:net';
import type { CloudAccess, EnvironmentFile, StaticEnvironment } from '../../config/environment-file.js';
import type { ProjectConfig } from '../../config/project-config.js';
import type { StaticHostEntry } from '../../config/static-source-schema.js';
import { emptyEnvironment } from '../../errors/inventory.js';
import { defined } from '../../model/defined.js';
import type { Host } from '../../model/host.js';
import { groupName, hostId } from '../../model/ids.js';
import type { Fleet } from '../../ports/fleet.js';
import { connectionOf, verifyAccount } from './connection.js';

/** The hosts that the file lists. Where it names an account, that is verified first: target groups are looked up there. */
export async function listStaticHosts(
  environment: StaticEnvironment,
  config: ProjectConfig,
  connectFleet: (access: CloudAccess) => Fleet,
): Promise<readonly Host[]> {
  const { access, file, hosts, name } = environment;
  if (access?.account !== undefined) await verifyAccount(connectFleet(access), access.account, file);
  if (hosts.length === 0) {
    throw emptyEnvironment(name, lookedForInFile(environment), 'List at least one host under `hosts`.');
  }
  return hosts.map((host) => toHost(host, environment, config));
}

export const lookedForInFile = ({ file }: StaticEnvironment): string => `the hosts listed in ${file}`;

/** A host that is described by hand: in the file of an environment, or by a playbook. */
export function toHost(
  entry: Omit<StaticHostEntry, 'path' | 'vars'>,
  environment: EnvironmentFile,
  config: ProjectConfig,
): Host {
  const { access } = environment;
  const id = hostId(entry.name);
  const address = entry.address ?? entry.name;
  const region = entry.region ?? access?.regions[0];
  const { ssh, docker } = connectionOf(id, [config, environment, entry]);
  const facts = { zone: entry.zone, region, account: access?.account };
  return {
    id,
    name: entry.name,
    environment: environment.name,
    groups: [...new Set(entry.groups)].sort().map(groupName),
    address,
    targetIds: [...new Set([...entry.targetIds, ...(isIP(address) === 0 ? [] : [address])])],
    ...defined({ zone: entry.zone, region }),
    ...(access?.account === undefined ? {} : { account: access.account }),
    ...(access?.role === undefined ? {} : { role: access.role }),
    ssh: entry.port === undefined ? ssh : { ...ssh, port: entry.port },
    docker,
    facts: Object.fromEntries(Object.entries(facts).filter(([, value]) => value !== undefined)),
  };
}
