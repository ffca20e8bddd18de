import { z } from 'zod';
import type { AddedHost } from '../model/added-host.js';
import { defined } from '../model/defined.js';
import { describeHost } from '../model/host.js';
import {
  builtInGroupRule,
  isBuiltInGroup,
  hostNameForm,
  hostNameRule,
  hostTextForm,
  hostTextRule,
} from '../model/schema/host-name.js';
import { portSchema } from '../model/schema/number.js';
import { isMapping, parsed } from '../model/schema/parsed.js';
import { scalarText } from '../model/schema/text.js';
import { faultOfVariableName } from '../model/variable-name.js';
import type { ReadingModule } from './module.js';

/** What says the same. A name of Ansible's stays a variable of the host, as there. */
export const addHostWords = {
  name: ['name', 'hostname', 'host'],
  groups: ['groups', 'group', 'groupname'],
  address: ['address', 'ansible_host', 'ansible_ssh_host'],
  port: ['port', 'ansible_port', 'ansible_ssh_port'],
  user: ['ansible_user', 'ansible_ssh_user'],
  key: ['ansible_ssh_private_key_file', 'ansible_private_key_file'],
  connection: ['ansible_connection'],
} as const;

/** Arguments that are no variables of the host. */
export const addHostFields: readonly string[] = [
  ...[...addHostWords.name, ...addHostWords.groups],
  ...['address', 'port', 'ssh', 'docker'],
];

const bastion = 'ssh: { proxy_jump: … } names a bastion, and other options stand in ~/.ssh/config';
const keys = 'hosts are logged in to with keys: write ssh: { identity_file: … }';

/** Variables that steer Ansible's connection, and would steer none here. */
const elsewhere: Readonly<Record<string, string>> = {
  ansible_ssh_common_args: bastion,
  ansible_ssh_extra_args: bastion,
  ansible_password: keys,
  ansible_ssh_pass: keys,
};

/** Templates may give numbers. */
const nameSchema = parsed((value, refuse) => {
  const [, name = '', port] = /^(.*?)(?::(\d{1,5}))?$/s.exec(scalarText(value)?.trim() ?? '') ?? [];
  if (!hostNameForm.test(name)) refuse(hostNameRule);
  return { name, ...(port === undefined ? {} : { port: Number(port) }) };
});

const groupsSchema = parsed((value, refuse): readonly string[] => {
  const items: readonly unknown[] = Array.isArray(value) ? value : (scalarText(value) ?? '').split(',');
  return items.flatMap((item, index) => {
    const name = scalarText(item)?.trim() ?? '';
    if (name === '' && !Array.isArray(value)) return [];
    if (!hostNameForm.test(name)) refuse(hostNameRule, undefined, Array.isArray(value) ? [index] : []);
    if (name !== 'all' && isBuiltInGroup(name))
      refuse(builtInGroupRule, undefined, Array.isArray(value) ? [index] : []);
    // All hosts are in it.
    return name === 'all' ? [] : [name];
  });
});

const addressSchema = parsed((value, refuse): string => {
  const text = scalarText(value)?.trim() ?? '';
  if (!hostTextForm.test(text)) refuse(hostTextRule);
  return text;
});

const mappingSchema = parsed((value, refuse): Readonly<Record<string, unknown>> => {
  if (isMapping(value)) return value;
  refuse('must be a mapping');
  return {};
});

const connectionSchema = z.enum(['ssh', 'smart', 'paramiko', 'local'], {
  error: 'must be ssh or local: hosts run Linux and are reached over SSH',
});

const anything = (type: string) => z.unknown().meta({ type }).optional();

const schema = z
  .looseObject({
    name: anything('text').describe(
      'The name of the host, with the port of its sshd where that is another one: `web9:2222`. Also `hostname` or `host`.',
    ),
    groups: anything('text or list').describe(
      'The groups that it is in from now on: a list, or names with commas between. A group that is not there is made. Also `group` or `groupname`.',
    ),
    address: anything('text').describe('Where SSH goes; its name when absent. Also `ansible_host`.'),
    port: anything('whole number').describe('The port of its sshd. Also `ansible_port`.'),
    ssh: anything('mapping').describe(
      'As `ssh` of a host in a static inventory: `user`, `identity_file`, `proxy_jump` and others. Also `ansible_user` and `ansible_ssh_private_key_file`.',
    ),
    docker: anything('mapping').describe('As `docker` of a host in a static inventory.'),
  })
  .transform((args, context): AddedHost => {
    const refuse = (key: string, message: string, inside: readonly PropertyKey[] = []): void => {
      context.issues.push({ code: 'custom', message, path: [key, ...inside], input: args[key] });
    };
    /** What these keys say, of which one may be given. */
    const read = <T>(type: z.ZodType<T>, words: readonly string[]): T | undefined => {
      const [key, other] = words.filter((one) => args[one] !== undefined && args[one] !== null);
      if (key === undefined) return undefined;
      if (other !== undefined) refuse(other, `says the same as ${key}: write one of the two`);
      const { data, error } = type.safeParse(args[key]);
      for (const { message, path } of error?.issues ?? []) refuse(key, message, path);
      return data;
    };
    const words = addHostWords;
    const named = read(nameSchema, words.name);
    if (words.name.every((key) => args[key] === undefined)) refuse('name', 'is missing');
    const address = read(addressSchema, words.address);
    const user = read(addressSchema, words.user);
    const identity_file = read(addressSchema, words.key);
    const port = read(portSchema, words.port) ?? named?.port;
    const variables = Object.entries(args).filter(([key]) => !addHostFields.includes(key));
    for (const [key] of variables) {
      const fault = faultOfVariableName(key);
      if (fault !== undefined) refuse(key, fault);
      if (elsewhere[key] !== undefined) refuse(key, `has no meaning here: ${elsewhere[key]}`);
    }
    return {
      name: named?.name ?? '',
      groups: [...new Set(read(groupsSchema, words.groups))],
      ...defined({ address, port }),
      ssh: { ...defined({ user, identity_file }), ...read(mappingSchema, ['ssh']) },
      docker: read(mappingSchema, ['docker']) ?? {},
      isLocal: read(connectionSchema, words.connection) === 'local',
      variables: Object.fromEntries(variables),
    };
  });

/** Adds a host to the run, which later plays may name. It is kept in memory alone. */
export const addHost: ReadingModule<AddedHost> = {
  name: 'add_host',
  docs: {
    summary:
      'Adds a host to the groups of this run, for the plays that follow. Any other argument is a variable of that host. It runs once for each batch, and nothing is written to the inventory.',
    examples: [
      `- add_host: { name: web9, address: 10.0.0.9, groups: [new], ssh: { user: admin }, role: canary }`,
      `- add_host: { name: "{{ item.name }}", ansible_host: "{{ item.ip }}", groups: "new,{{ item.role }}" }
  loop: "{{ machines }}"`,
    ],
  },
  addsHosts: true,
  visibleArguments: [...new Set([...addHostFields, ...Object.values(addHostWords).flat()])],
  schema,

  async read(added, host) {
    const { name, id, address, groups } = await host.addHost(added);
    const where = address === name ? '' : ` at ${address}`;
    const inGroups = groups.length === 0 ? '' : ` in ${groups.join(', ')}`;
    return {
      changed: false,
      message: `${describeHost({ id, name })}${where}${inGroups}`,
      values: { add_host: { host_name: name, groups: added.groups, host_vars: added.variables } },
    };
  },
};
