import { z } from 'zod';
import { defined } from '../model/defined.js';
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
    return args.state === 'drained'
      ? checkDrained(now, host)
      : checkInService(now, await host.traffic.planned(groups), host);
  },

  async apply({ state, drain_timeout, timeout }, registrations, host) {
    if (state === 'drained') await host.traffic.drain(registrations, drain_timeout);
    else await host.traffic.putInService(registrations, timeout);
    return resultOf(
      true,
      `${state === 'drained' ? 'drained from' : 'in service in'} ${names(registrations)}`,
      registrations,
    );
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

function checkInService(
  now: readonly TargetHealth[],
  planned: readonly Registration[],
  host: ModuleHost,
): Change<readonly Registration[]> {
  const stateOf = (registration: Registration): TargetHealth | undefined =>
    now.find((target) => registrationKey(target.registration) === registrationKey(registration));
  const missing = planned.filter((registration) => stateOf(registration)?.state !== 'healthy');
  if (planned.length === 0) return nowhere;
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
