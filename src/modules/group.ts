import { z } from 'zod';
import { busyboxCannot, noAccountTools } from '../errors/accounts.js';
import { moduleScriptFailed } from '../errors/module-scripts.js';
import { wholeNumberSchema } from '../model/schema/number.js';
import { succeeded } from '../ports/transport.js';
import {
  accountFunctions,
  changeAccounts,
  runs,
  type AccountChange,
  type AccountTools,
} from './account-tools.js';
import { accountNameSchema } from './account-keys.js';
import { hostScript } from './host-script.js';
import type { Module, ModuleHost, ModuleResult } from './module.js';
import { linesOf } from './on-the-host.js';

const schema = z.strictObject({
  name: accountNameSchema.describe('The group.'),
  state: z.enum(['present', 'absent']).default('present').describe('Whether there is such a group.'),
  gid: wholeNumberSchema(0).optional().describe('Its number; the next free one when left out.'),
  system: z.boolean().default(false).describe('A new group gets a number of the range for the system.'),
  non_unique: z.boolean().default(false).describe('`gid` may be the number of another group, too.'),
  force: z.boolean().default(false).describe('Removes it also when it is the primary group of a user.'),
});
type Args = z.infer<typeof schema>;

interface Details {
  readonly changes: readonly AccountChange[];
  readonly summary: string;
  readonly diff: string;
}

/** A group of the host's users. */
export const group: Module<Args, Details> = {
  name: 'group',
  effect: 'idempotent',
  freeform: 'name',
  schema,
  refusedArguments: {
    local: "Leave it out: the group is looked for by getent and changed in the host's own files.",
    gid_min: 'Set GID_MIN in /etc/login.defs of the host, or give the number with gid.',
    gid_max: 'Set GID_MAX in /etc/login.defs of the host, or give the number with gid.',
  },
  docs: {
    summary: "Makes, changes and removes groups of the host's users.",
    examples: [
      `- group: { name: app, gid: 1500 }
  become: true`,
      `- group: { name: contractors, state: absent }
  become: true`,
    ],
  },

  async check(args, host) {
    const look = await lookAtGroup(args.name, host);
    const change = changeOf(args, look, host);
    if (change === undefined) return { changes: false, result: resultOf(args, look.gid) };
    return { changes: true, summary: change.summary, diff: change.diff, takes: [], details: change };
  },

  async apply(args, { changes, summary, diff }, host) {
    await changeAccounts(changes, {}, summary, host);
    const { gid } = await lookAtGroup(args.name, host);
    return { ...resultOf(args, gid), changed: true, message: summary, diff };
  },
};

interface GroupLook {
  readonly tools: AccountTools;
  /** Undefined when there is no such group. */
  readonly gid: number | undefined;
}

async function lookAtGroup(name: string, host: ModuleHost): Promise<GroupLook> {
  const script = `${accountFunctions}tools; entry group "$name"; exit 0`;
  const result = await host.run(hostScript(script, { values: { name } }));
  if (!succeeded(result))
    throw moduleScriptFailed(host.host, `look at the group "${name}"`, result.outcome, result.stderr);
  const [tools, line] = linesOf(result.stdout.trimEnd());
  const gid = line?.split(':')[2];
  return {
    tools: tools === 'shadow' || tools === 'busybox' ? tools : 'none',
    gid: gid === undefined ? undefined : Number(gid),
  };
}

function changeOf(args: Args, { tools, gid }: GroupLook, { host }: ModuleHost): Details | undefined {
  const { name, state, gid: wanted, system, non_unique, force } = args;
  const isShadow = tools === 'shadow';
  const one = (what: string, diff: string, ...argv: readonly string[]): Details => {
    if (tools === 'none') throw noAccountTools(host);
    return { summary: `${what} the group "${name}"`, diff, changes: [runs(...argv)] };
  };
  if (state === 'absent') {
    if (gid === undefined) return undefined;
    const argv = isShadow ? ['groupdel', ...(force ? ['-f'] : [])] : ['delgroup'];
    return one('remove', `- group ${name} (${gid})`, ...argv, name);
  }
  const number = wanted === undefined ? [] : [isShadow ? '--gid' : '-g', String(wanted)];
  const shared = isShadow && non_unique && wanted !== undefined ? ['--non-unique'] : [];
  if (gid === undefined) {
    const argv = isShadow
      ? ['groupadd', ...(system ? ['--system'] : [])]
      : ['addgroup', ...(system ? ['-S'] : [])];
    return one(
      'add',
      `+ group ${name}${wanted === undefined ? '' : ` (${wanted})`}`,
      ...argv,
      ...number,
      ...shared,
      name,
    );
  }
  if (wanted === undefined || wanted === gid) return undefined;
  if (tools === 'busybox') throw busyboxCannot(host, 'change the number of a group');
  return one('change', `gid ${gid} → ${wanted}`, 'groupmod', ...number, ...shared, name);
}

const resultOf = ({ name, state, system }: Args, gid: number | undefined): ModuleResult => ({
  changed: false,
  message: gid === undefined ? `there is no group ${name}` : `${name} has the number ${gid}`,
  values: { name, state, ...(gid === undefined ? {} : { gid, system }) },
});
