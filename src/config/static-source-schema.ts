import { z } from 'zod';
import type { DockerSettings, SshSettings } from '../model/host.js';
import type { Region } from '../model/ids.js';
import { builtInGroupRule, hostNameForm, hostNameRule, isBuiltInGroup } from '../model/schema/host-name.js';
import { portSchema } from '../model/schema/number.js';
import { camelKeys } from '../model/schema/parsed.js';
import type { ValuePath } from '../model/source.js';
import { dockerSchema } from './connection-schema.js';
import { hostTextSchema, literalTextSchema } from './literal-text.js';
import { sshSchema } from './ssh-schema.js';
import { accessKeys, accountSchema, commonKeys } from './source-schema.js';
import { regionSchema } from './region-schema.js';
import { variablesSchema } from '../model/schema/variables.js';

/** A host of a static inventory as its file describes it. */
export interface StaticHostEntry {
  readonly name: string;
  /** The name when absent. */
  readonly address?: string;
  readonly port?: number;
  readonly groups: readonly string[];
  readonly vars: Readonly<Record<string, unknown>>;
  readonly zone?: string;
  readonly region?: Region;
  readonly ssh: SshSettings;
  readonly docker: DockerSettings;
  readonly targetIds: readonly string[];
  /** The way to it from `hosts`. */
  readonly path: ValuePath;
}

const nameSchema = literalTextSchema.regex(hostNameForm, { error: hostNameRule });

const groupSchema = nameSchema.refine((name) => !isBuiltInGroup(name), { error: builtInGroupRule });

const namesSchema = z
  .union([
    z.array(groupSchema),
    literalTextSchema.transform((text) => text.split(',').map((name) => name.trim())),
  ])
  .pipe(z.array(groupSchema));

const hostKeys = {
  address: hostTextSchema.exactOptional().describe('where SSH goes; its name without it'),
  port: portSchema.exactOptional().describe('the port of its sshd'),
  groups: namesSchema.default([]).describe('the groups that it is in'),
  vars: variablesSchema.default({}).describe('its variables'),
  zone: literalTextSchema.exactOptional().describe('its availability zone'),
  region: regionSchema.exactOptional().describe('its region; that of the inventory without it'),
  ssh: sshSchema.default({}).describe('as for all hosts, for this one'),
  docker: dockerSchema.default({}).describe('as for all hosts, for this one'),
  target_ids: z.array(literalTextSchema).default([]).describe('the ids that target groups may know it by'),
};

/** How a host is reached that a playbook adds. */
export const connectionSchema = z.strictObject({ ssh: sshSchema, docker: dockerSchema });

const bare = { groups: [], vars: {}, ssh: {}, docker: {}, targetIds: [] };
export const hostSchema = z.strictObject(hostKeys).transform(camelKeys);

/** `web-1: { address: … }`, `web-1: 10.0.0.1`, or `web-1:` alone. */
const mappingSchema = z
  .record(
    nameSchema,
    z.union([
      hostSchema,
      hostTextSchema.transform((address) => ({ ...bare, address })),
      z.null().transform(() => bare),
    ]),
  )
  .transform((hosts): readonly StaticHostEntry[] =>
    Object.entries(hosts).map(([name, host]) => ({ ...host, name, path: [name] })),
  );

/** `- { name: web-1, … }`, or `- web-1`. */
const listSchema = z
  .array(
    z.union([
      z.strictObject({ name: nameSchema, ...hostKeys }).transform(camelKeys),
      nameSchema.transform((name) => ({ ...bare, name })),
    ]),
  )
  .transform((hosts): readonly StaticHostEntry[] => hosts.map((host, index) => ({ ...host, path: [index] })));

const hostsSchema = z.union([mappingSchema, listSchema]).superRefine((hosts, context) => {
  const seen = new Set<string>();
  for (const { name, path } of hosts) {
    if (seen.has(name)) {
      context.addIssue({
        code: 'custom',
        path: [...path],
        message: `is a second host "${name}"`,
        params: { hint: 'Give each host a name of its own.' },
      });
    }
    seen.add(name);
  }
});

/** `source: static`. */
export const staticSourceSchema = z
  .strictObject({
    source: z.literal('static').describe('hosts are listed by hand'),
    hosts: hostsSchema.describe(
      'a mapping from names to hosts, or a list of them: `web-1: { address: … }`, `web-1: 10.0.0.1`',
    ),
    region: regionSchema.exactOptional().describe('where the target groups are'),
    account: accountSchema.exactOptional().describe('the account of the target groups, in quotes'),
    ...accessKeys,
    ...commonKeys,
  })
  .superRefine(({ region, account, role, profile, endpoint }, context) => {
    if (region !== undefined) return;
    for (const [key, value] of Object.entries({ account, role, profile, endpoint })) {
      if (value !== undefined) {
        context.addIssue({
          code: 'custom',
          path: [key],
          message: 'needs `region` beside it: target groups are looked up there',
        });
      }
    }
  });
