import { noPage, noPriority, nothingToCover, sharedRule } from '../errors/maintenance.js';
import type { Listener, ListenerRule, PlacedRule } from '../model/listener.js';
import { isOfMaintenance, maintenanceKey, rulesOf, type MaintenanceOf } from '../model/maintenance.js';
import type { TargetGroup } from '../model/registration.js';
import type { TargetGroupArn } from '../model/ids.js';

/** The rule that answers in place of another one: right in front of it, for the same requests. */
export interface CoverRule {
  readonly listener: Listener;
  readonly covers: ListenerRule;
  readonly priority: number;
}

/** What there is of a maintenance, and what it lacks. */
export interface MaintenancePlan {
  readonly missing: readonly CoverRule[];
  readonly there: readonly PlacedRule[];
}

/** The largest number that a rule may have. Source: Elastic Load Balancing API, CreateRule. */
const largestPriority = 50_000;

/**
 * Which rules have to be made, so that every rule that forwards to one of these target groups has one in front of it that answers. The
 * forwarding rules stay: without them the target groups would be in no rule, and their health would not be checked. `allowed` are the
 * target groups of all groups that go into maintenance together. Throws `maintenance.*`.
 */
export function planMaintenance(
  of: MaintenanceOf,
  targetGroups: readonly TargetGroup[],
  listeners: readonly Listener[],
  allowed: ReadonlySet<TargetGroupArn>,
): MaintenancePlan {
  const there = rulesOf(of, listeners);
  const isCovered = ({ listener, rule }: PlacedRule): boolean =>
    there.some(
      (one) => one.listener.arn === listener.arn && one.rule.tags.get(maintenanceKey(of)) === idOf(rule),
    );
  const own = new Set(targetGroups.map(({ arn }) => arn));
  const forwarding = listeners.flatMap((listener) =>
    listener.rules
      .filter((rule) => rule.targetGroups.some((arn) => own.has(arn)))
      .map((rule) => ({ listener, rule })),
  );
  if (forwarding.length === 0)
    throw nothingToCover(
      of.group,
      targetGroups.map(({ name }) => name),
    );
  const missing = forwarding.filter((one) => !isCovered(one));
  return { there, missing: missing.map((one) => coverOf(one, allowed)) };
}

/** How a rule of ours names the one that it stands in front of: the last part of its ARN, which is unique in its listener. */
export const idOf = ({ arn }: ListenerRule): string => arn.split('/').at(-1) ?? arn;

function coverOf({ listener, rule }: PlacedRule, allowed: ReadonlySet<TargetGroupArn>): CoverRule {
  const where = describeRule(listener, rule);
  if (!['HTTP', 'HTTPS'].includes(listener.protocol)) throw noPage(where, listener.protocol);
  const others = rule.targetGroups.filter((arn) => !allowed.has(arn));
  if (others.length > 0) throw sharedRule(where, others.map(nameOf));
  return { listener, covers: rule, priority: priorityBefore(listener, rule) };
}

/**
 * The number in front of a rule that changes nothing for other rules: none may stand between, but those of other maintenances, which answer the
 * same. In front of the default rule that is behind all others, and as far behind as there is room, so that a rule that is added meanwhile
 * comes before it.
 */
function priorityBefore(listener: Listener, rule: ListenerRule): number {
  const taken = new Map(listener.rules.map((one) => [one.priority, one]));
  const where = describeRule(listener, rule);
  let before = rule.priority === undefined ? largestPriority : rule.priority - 1;
  for (let other = taken.get(before); other !== undefined; other = taken.get(before)) {
    if (!isOfMaintenance(other)) throw noPriority(where, `another rule has ${before}`);
    before -= 1;
  }
  if (before < 1) throw noPriority(where, 'it comes first');
  return before;
}

/** `rule 100 of lab:443`. */
const describeRule = ({ loadBalancer, port }: Listener, { priority }: ListenerRule): string =>
  `${priority === undefined ? 'The default rule' : `Rule ${priority}`} of ${loadBalancer}:${port}`;

const nameOf = (arn: TargetGroupArn): string => arn.split('/')[1] ?? arn;
