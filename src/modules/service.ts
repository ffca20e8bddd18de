import { z } from 'zod';
import { argvSchema } from '../model/schema/argv.js';
import { durationSchema } from '../model/schema/duration.js';
import { UnknownValue } from '../model/unknown.js';
import {
  actByScript,
  lookAtScript,
  scriptActions,
  type ScriptLook,
  type ScriptSettings,
} from './init-script.js';
import type { Change, Module, ModuleHost, ModuleResult } from './module.js';
import { stopsContainers } from './systemd-unit.js';
import { systemd } from './systemd.js';

const schema = z.strictObject({
  name: z
    .string()
    .regex(/^[\w@:.\\-]+$/, { message: 'must be the name of one service' })
    .describe('The service.'),
  state: z
    .enum(['started', 'stopped', 'restarted', 'reloaded'])
    .optional()
    .describe('`restarted` and `reloaded` always act; both start a service that does not run.'),
  enabled: z.boolean().optional().describe('Whether it starts with the machine.'),
  pattern: z
    .string()
    .default('')
    .describe(
      'Without systemd: text in the command line of its process, for scripts that cannot tell whether it runs.',
    ),
  sleep: durationSchema
    .optional()
    .describe('Without systemd: how long a restart waits between stop and start.'),
  runlevel: z.string().min(1).default('default').describe('The runlevel of OpenRC.'),
  arguments: argvSchema.optional().describe('Without systemd: further arguments of its script.'),
});
type Args = z.infer<typeof schema>;

type Details =
  | { readonly by: 'systemd'; readonly apply: () => Promise<ModuleResult> }
  | { readonly by: 'script'; readonly look: ScriptLook; readonly actions: readonly string[] };

/** Controls services: by systemd, OpenRC or the scripts of `/etc/init.d`, whichever the host has. */
export const service: Module<Args, Details> = {
  name: 'service',
  effect: 'idempotent',
  freeform: 'name',
  visibleArguments: ['arguments'],
  schema,
  docs: {
    summary: 'Starts, stops and enables services: by systemd, OpenRC or /etc/init.d, whichever the host has.',
    examples: [
      `- service: { name: nginx, state: started, enabled: true }
  become: true`,
      `- service: { name: nginx, state: reloaded }
  become: true`,
    ],
  },

  async check(args, host) {
    const { name } = args;
    const look = await lookAtScript(name, args.pattern, host);
    if (look === 'systemd') return bySystemd(args, host);
    if (look === 'absent') {
      const unknown = new UnknownValue(`the host has no service "${name}" yet`);
      return { changes: false, result: { changed: false, values: {} }, unknown };
    }
    const actions = scriptActions(args, look);
    if (actions.length === 0) return { changes: false, result: resultOf(args, look) };
    const summary = actions.map((action) => `${action} ${name}`).join('; ');
    return { changes: true, summary, diff: summary, takes: [], details: { by: 'script', look, actions } };
  },

  async apply(args, details, host) {
    if (details.by === 'systemd') return details.apply();
    const { name } = args;
    for (const action of details.actions) {
      const stopped = stopsContainers(name, action);
      if (stopped !== undefined) await host.takeDown(stopped);
      host.progress(`${action} ${name}`);
      await actByScript(action, name, details.look, settingsOf(args), host);
    }
    const after = await lookAtScript(name, args.pattern, host);
    const values = after === 'systemd' || after === 'absent' ? {} : resultOf(args, after).values;
    const diff = details.actions.map((action) => `${action} ${name}`).join('; ');
    return { changed: true, message: diff, diff, values };
  },
};

async function bySystemd({ name, state, enabled }: Args, host: ModuleHost): Promise<Change<Details>> {
  const given = systemd.schema.parse({ name, state, enabled });
  const change = await systemd.check(given, host);
  if (!change.changes) return change;
  const { details, ...visible } = change;
  return { ...visible, details: { by: 'systemd', apply: () => systemd.apply(given, details, host) } };
}

const settingsOf = ({ runlevel, sleep, arguments: given = [] }: Args): ScriptSettings => ({
  runlevel,
  sleep: sleep === undefined ? undefined : Math.ceil(sleep / 1_000),
  arguments: given,
});

const resultOf = ({ name }: Args, { running, enabled }: ScriptLook): ModuleResult => {
  const state = running ? 'started' : 'stopped';
  const message = `${name} is ${state} and ${enabled ? 'enabled' : 'disabled'}`;
  return { changed: false, message, values: { name, state, enabled } };
};
