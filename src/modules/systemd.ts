import { z } from 'zod';
import { UnknownValue } from '../model/unknown.js';
import type { Change, Module, ModuleHost, ModuleResult } from './module.js';
import {
  isEnabled,
  isKnown,
  isRunning,
  lookAtUnit,
  refuseUnknownUnit,
  requireStayed,
  requireSystemd,
  stopsContainers,
  systemctl,
  unitActions,
  type UnitLook,
} from './systemd-unit.js';

const schema = z
  .strictObject({
    name: z
      .string()
      .regex(/^[\w@:.\\-]+$/, { message: 'must be the name of one unit' })
      .optional()
      .describe('The unit; without a suffix it is a service.'),
    state: z
      .enum(['started', 'stopped', 'restarted', 'reloaded'])
      .optional()
      .describe('`restarted` and `reloaded` always act; both start a unit that does not run.'),
    enabled: z.boolean().optional().describe('Whether it starts with the machine.'),
    masked: z.boolean().optional().describe('Whether it cannot be started at all.'),
    daemon_reload: z
      .boolean()
      .default(false)
      .describe('systemd reads its unit files again, before anything else.'),
    daemon_reexec: z.boolean().default(false).describe('systemd starts itself anew, before anything else.'),
    scope: z
      .enum(['system', 'user', 'global'])
      .default('system')
      .describe("The units of the machine, of the task's user, or what is enabled for all users."),
    no_block: z.boolean().default(false).describe('Does not wait until the unit has started or stopped.'),
    force: z.boolean().default(false).describe('Enables it anew, over links that are in the way.'),
  })
  .refine(
    ({ name, state, enabled, masked }) => name !== undefined || (state ?? enabled ?? masked) === undefined,
    {
      message: 'is needed for state, enabled and masked',
      path: ['name'],
    },
  )
  .refine(({ masked, state }) => masked !== true || state === undefined || state === 'stopped', {
    message: 'cannot be started: a masked unit can only be stopped',
    path: ['state'],
  })
  .refine(({ scope, state }) => scope !== 'global' || state === undefined, {
    message: 'cannot be given with scope: global, which says only what is enabled',
    path: ['state'],
  });
type Args = z.infer<typeof schema>;

interface Details {
  /** Absent when systemd itself comes first, since that may change what is known of the unit. */
  readonly actions?: readonly string[];
}

/** Controls the units of systemd. */
export const systemd: Module<Args, Details> = {
  name: 'systemd',
  effect: 'idempotent',
  freeform: 'name',
  schema,
  docs: {
    summary: 'Starts, stops, enables and masks units of systemd, and has it read its files again.',
    examples: [
      `- systemd: { name: nginx, state: started, enabled: true }
  become: true`,
      `- systemd: { name: api, state: restarted, daemon_reload: true }
  become: true`,
    ],
  },

  async check(args, host) {
    const { name, scope } = args;
    const own = [
      ...(args.daemon_reexec ? ['daemon-reexec'] : []),
      ...(args.daemon_reload ? ['daemon-reload'] : []),
    ];
    const look = requireSystemd(await lookAtUnit(name ?? '-.mount', scope, host), host);
    const isThere = name === undefined || isKnown(look);
    if (!isThere && host.checkMode) return notThereYet(name);
    if (!isThere && own.length === 0) return refuseUnknownUnit(name, scope, host);
    const actions = name === undefined || !isThere ? [] : unitActions(args, look);
    // Reading files again is no change of its own: in a dry run nothing else would follow.
    if (actions.length === 0 && (own.length === 0 || host.checkMode)) return asWanted(args, look);
    const summary = [
      ...own,
      ...(name === undefined ? [] : actions.map((action) => `${action} ${name}`)),
    ].join('; ');
    return {
      changes: true,
      summary,
      diff: diffOf(actions, args, look),
      takes: [],
      details: own.length > 0 ? {} : { actions },
    };
  },

  async apply(args, { actions: planned }, host) {
    const { name, scope } = args;
    if (args.daemon_reexec) await systemctl(scope, ['daemon-reexec'], 'have systemd start itself anew', host);
    if (args.daemon_reload)
      await systemctl(scope, ['daemon-reload'], 'have systemd read its files again', host);
    if (name === undefined)
      return { changed: false, message: 'systemd has read its files again', values: {} };
    const before = requireSystemd(await lookAtUnit(name, scope, host), host);
    if (!isKnown(before)) return refuseUnknownUnit(name, scope, host);
    const actions = planned ?? unitActions(args, before);
    for (const action of actions) await act(action, name, args, host);
    const after = requireSystemd(await lookAtUnit(name, scope, host), host);
    const started = actions.some((action) => action === 'start' || action === 'restart');
    if (started && !args.no_block) await requireStayed(name, scope, after, host);
    return { ...resultOf(args, after), changed: actions.length > 0, diff: diffOf(actions, args, before) };
  },
};

async function act(
  action: string,
  name: string,
  { scope, no_block, force }: Args,
  host: ModuleHost,
): Promise<void> {
  const stopped = stopsContainers(name, action);
  if (stopped !== undefined) await host.takeDown(stopped);
  const waits = ['start', 'stop', 'restart', 'reload'].includes(action);
  const options = [
    ...(no_block && waits ? ['--no-block'] : []),
    ...(force && action === 'enable' ? ['--force'] : []),
  ];
  host.progress(`${action} ${name}`);
  await systemctl(scope, [...options, action, '--', name], `${action} "${name}"`, host);
}

const notThereYet = (name: string): Change<never> => ({
  changes: false,
  result: { changed: false, values: {} },
  unknown: new UnknownValue(`the host has no service "${name}" yet`),
});

const asWanted = (args: Args, look: UnitLook): Change<never> => ({
  changes: false,
  result: { ...resultOf(args, look), changed: false },
});

function resultOf({ name }: Args, look: UnitLook): ModuleResult {
  if (name === undefined)
    return { changed: false, message: 'systemd would read its files again', values: {} };
  const state = isRunning(look) ? 'started' : 'stopped';
  const enabled = isEnabled(look);
  return {
    changed: false,
    message: `${name} is ${state} and ${look.enablement}`,
    values: { name, state, enabled, status: look.status },
  };
}

function diffOf(actions: readonly string[], { name = '' }: Args, look: UnitLook): string {
  const becomes: Readonly<Record<string, string>> = {
    start: 'started',
    stop: 'stopped',
    restart: 'restarted',
    reload: 'reloaded',
  };
  return actions
    .map((action) =>
      becomes[action] === undefined
        ? `${name} ${look.enablement} → ${action}d`
        : `${name} ${look.status['ActiveState'] ?? ''} → ${becomes[action]}`,
    )
    .join('\n');
}
