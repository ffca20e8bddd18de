import { defined } from '../model/defined.js';
import type { Host, SshSettings } from '../model/host.js';
import type { Inventory } from './inventory.js';

/** How Ansible reaches a host as adfpush does: its own variables where it has them, and options of ssh for the rest. */
function connectionVariables({ address, ssh }: Host): Readonly<Record<string, unknown>> {
  const options = sshOptions(ssh);
  return {
    ansible_host: address,
    ...defined({
      ansible_port: ssh.port,
      ansible_user: ssh.user,
      ansible_ssh_private_key_file: ssh.identityFile,
    }),
    ...(options.length === 0 ? {} : { ansible_ssh_common_args: options.map(quoted).join(' ') }),
  };
}

function sshOptions(ssh: SshSettings): readonly string[] {
  const seconds = (milliseconds: number | undefined): number | undefined =>
    milliseconds === undefined ? undefined : Math.ceil(milliseconds / 1_000);
  const options: Readonly<Record<string, string | number | undefined>> = {
    IdentitiesOnly: ssh.identitiesOnly === undefined ? undefined : ssh.identitiesOnly ? 'yes' : 'no',
    IdentityAgent: ssh.identityAgent,
    ProxyJump: ssh.proxyJump,
    ProxyCommand: ssh.proxyCommand,
    UserKnownHostsFile: ssh.knownHostsFile,
    HostKeyAlias: ssh.hostKeyAlias,
    StrictHostKeyChecking: ssh.strictHostKeyChecking,
    ConnectTimeout: seconds(ssh.connectTimeout),
    ServerAliveInterval: seconds(ssh.serverAliveInterval),
    ServerAliveCountMax: ssh.serverAliveCountMax,
  };
  const given = Object.entries(options).filter(([, value]) => value !== undefined);
  return [
    ...(ssh.configFile === undefined ? [] : ['-F', ssh.configFile]),
    ...given.flatMap(([name, value]) => ['-o', `${name}=${value}`]),
  ];
}

/** As Python's shlex takes it apart again, which Ansible uses. */
const quoted = (word: string): string =>
  /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'"'"'`)}'`;

/** A host as `inventory list --json` shows it. */
export interface HostDocument {
  readonly id: string;
  readonly name: string;
  readonly address: string;
  readonly groups: readonly string[];
  readonly zone?: string;
  readonly region?: string;
  readonly launchedAt?: string;
  readonly facts: Readonly<Record<string, unknown>>;
}

export interface InventoryDocument {
  readonly environment: string;
  readonly account?: string;
  readonly lookedFor: string;
  /** The ids of each group's hosts. */
  readonly groups: Readonly<Record<string, readonly string[]>>;
  readonly hosts: readonly HostDocument[];
}

/** The inventory as plain JSON, hosts in the inventory's order. */
export const inventoryDocument = (inventory: Inventory): InventoryDocument => ({
  environment: inventory.environment,
  ...defined({ account: inventory.account }),
  lookedFor: inventory.lookedFor,
  groups: membersOf(inventory, ({ id }) => id),
  hosts: inventory.hosts.map(hostDocument),
});

const hostDocument = ({
  id,
  name,
  address,
  groups,
  zone,
  region,
  launchedAt,
  facts,
}: Host): HostDocument => ({
  id,
  name,
  address,
  groups,
  ...defined({ zone, region }),
  ...(launchedAt === undefined ? {} : { launchedAt: new Date(launchedAt).toISOString() }),
  facts,
});

/** What Ansible asks an inventory script for with `--list`. */
export interface AnsibleDocument {
  readonly _meta: { readonly hostvars: Readonly<Record<string, Readonly<Record<string, unknown>>>> };
  readonly all: { readonly children: readonly string[] };
  readonly [group: string]: unknown;
}

/**
 * The inventory in Ansible's dynamic inventory protocol. Hosts go by their names, those that share one by their ids.
 * Source: Ansible, "Developing dynamic inventory", inventory script conventions.
 */
export function ansibleDocument(
  inventory: Inventory,
  variablesOf: (host: Host) => Readonly<Record<string, unknown>>,
): AnsibleDocument {
  const sharing = Map.groupBy(inventory.hosts, ({ name }) => name);
  const nameOf = ({ id, name }: Host): string => (sharing.get(name)?.length === 1 ? name : id);
  const groups = membersOf(inventory, nameOf);
  const ungrouped = inventory.hosts.filter((host) => host.groups.length === 0).map(nameOf);
  return {
    ...Object.fromEntries(
      [...Object.entries(groups), ['ungrouped', ungrouped] as const].map(([group, hosts]) => [
        group,
        { hosts },
      ]),
    ),
    all: { children: [...inventory.groupNames, 'ungrouped'] },
    _meta: {
      hostvars: Object.fromEntries(
        inventory.hosts.map((host) => [nameOf(host), { ...variablesOf(host), ...connectionVariables(host) }]),
      ),
    },
  };
}

const membersOf = (
  { groupNames, group }: Inventory,
  nameOf: (host: Host) => string,
): Readonly<Record<string, readonly string[]>> =>
  Object.fromEntries(groupNames.map((name) => [name, group(name).map(nameOf)]));
