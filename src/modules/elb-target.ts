import { z } from 'zod';
import { nothingToDrain } from '../errors/drain.js';
import { defined } from '../model/defined.js';
import { describeDrained } from '../model/drained-hosts.js';
import type { RegistrationHold, Taking } from '../model/hold.js';
import { durationSchema } from '../model/schema/duration.js';
import { targetGroupsSchema } from '../model/schema/target-groups.js';
import {
  isDrained,
  registrationKey,
  targetGroupNameOf,
  type Registration,
  type TargetHealth,
} from '../model/registration.js';
import type { Change, Module, ModuleHost, ModuleResult } from './module.js';

const schema = z.strictObject({
  state: z
    .enum(['drained', 'in_service'])
    .describe(
      '`drained`: taken out, and no request is on its way any more; `in_service`: registered where it belongs, and healthy',
    ),
  target_groups: targetGroupsSchema.describe(
    'the target groups: a list of names, `auto` for those that the group of hosts uses, `none` for none',
  ),
  drain_timeout: z
    .union([z.literal('default'), durationSchema])
    .default('default')
    .describe(
      'how long draining may take; `default` is the deregistration delay of the target group and 30 s more',
    ),
  timeout: durationSchema
    .default(300_000)
    .describe('how long it may take until every target group says healthy'),
  keep: z
    .boolean()
    .default(false)
    .describe(
      'with `drained`: the host stays out when the run ends, and every other run leaves it out, until the command `undrain` brings it back',
    ),
  reason: z.string().optional().describe('with `keep`: why it stays out, to be shown with it'),
});
type Args = z.infer<typeof schema>;

/** Takes the host out of its target groups, or puts it back where it belongs; done only when the balancer says so. */
export const elbTarget: Module<Args, readonly Registration[]> = {
  name: 'elb_target',
  docs: {
    summary:
      'Takes the host out of its target groups, or puts it back where it belongs; it is done only when the load balancer says so.',
    examples: [
      `- name: drain
  elb_target: { state: drained, target_groups: [api-http] }`,
      `- name: put in service
  elb_target: { state: in_service, target_groups: [api-http], timeout: 2m }`,
    ],
  },
  effect: 'restorable',
  where: 'cloud',
  takesHostOut: true,
  schema,

  async check(args, host) {
    const groups = await host.traffic.groups(args.target_groups);
    const now = await host.traffic.registrations(groups);
    if (args.state === 'in_service') return checkInService(now, await host.traffic.planned(groups), host);
    if (args.keep && groups.length === 0) throw nothingToDrain(host.host);
    return args.keep ? checkKept(checkDrained(now, host), host) : checkDrained(now, host);
  },

  async apply({ state, drain_timeout, timeout, keep, reason }, registrations, host) {
    if (state === 'drained') {
      if (registrations.length > 0) await host.traffic.drain(registrations, drain_timeout);
      if (keep) await host.traffic.keepOut(reason === '' ? undefined : reason);
    } else await host.traffic.putInService(registrations, timeout);
    const done = state === 'drained' ? 'drained from' : 'in service in';
    const where = registrations.length === 0 ? '' : `${done} ${names(registrations)}`;
    const kept = keep ? 'kept out of service' : '';
    const message = [where, kept].filter((part) => part !== '').join(', ');
    return resultOf(true, message === '' ? 'not kept out of service any more' : message, registrations);
  },
};

const nowhere: Change<readonly Registration[]> = {
  changes: false,
  result: { changed: false, message: 'not registered anywhere', values: { registrations: [] } },
};

function checkDrained(now: readonly TargetHealth[], host: ModuleHost): Change<readonly Registration[]> {
  const registered = now.filter((target) => !isDrained(target));
  const registrations = registered.map(({ registration }) => registration);
  if (registered.length === 0) return nowhere;
  return {
    changes: true,
    summary: `drain from ${names(registrations)}`,
    // One that is draining already is somebody else's doing: restoring does not bring it back.
    takes: registered.map(({ registration, state }) =>
      taking(registration, state === 'draining' ? 'absent' : state, host),
    ),
    details: registrations,
  };
}

/** Out of service it may be already; that it stays out is one more change. */
function checkKept(
  drained: Change<readonly Registration[]>,
  { traffic: { keptOut } }: ModuleHost,
): Change<readonly Registration[]> {
  if (drained.changes) return { ...drained, summary: `${drained.summary}, and keep it out of service` };
  if (keptOut === undefined)
    return { changes: true, summary: 'keep it out of service', takes: [], details: [] };
  return { ...drained, result: { ...drained.result, message: describeDrained(keptOut) } };
}

function checkInService(
  now: readonly TargetHealth[],
  planned: readonly Registration[],
  host: ModuleHost,
): Change<readonly Registration[]> {
  const stateOf = (registration: Registration): TargetHealth | undefined =>
    now.find((target) => registrationKey(target.registration) === registrationKey(registration));
  const missing = planned.filter((registration) => stateOf(registration)?.state !== 'healthy');
  if (planned.length === 0) return nowhere;
  if (missing.length === 0 && host.traffic.keptOut !== undefined)
    return { changes: true, summary: 'end that it is kept out of service', takes: [], details: [] };
  if (missing.length === 0)
    return { changes: false, result: resultOf(false, `in service in ${names(planned)}`, planned) };
  // A place the host did not have before is held as absent, so that restoring takes it away again.
  const added = missing.filter((registration) => {
    const state = stateOf(registration);
    return state === undefined || isDrained(state);
  });
  return {
    changes: true,
    summary: `put in service in ${names(missing)}`,
    takes: added.map((registration) => taking(registration, 'absent', host)),
    details: missing,
  };
}

const taking = (
  registration: Registration,
  state: RegistrationHold['state'],
  { host }: ModuleHost,
): Taking => ({
  kind: 'registration',
  registration,
  state,
  ...defined({ region: host.region, account: host.account, role: host.role }),
});

const names = (registrations: readonly Registration[]): string =>
  registrations.map((registration) => `${targetGroupNameOf(registration)}:${registration.port}`).join(', ');

const resultOf = (
  changed: boolean,
  message: string,
  registrations: readonly Registration[],
): ModuleResult => ({
  changed,
  message,
  values: {
    registrations: registrations.map((registration) => ({
      target_group: targetGroupNameOf(registration),
      id: registration.id,
      port: registration.port,
    })),
  },
});
