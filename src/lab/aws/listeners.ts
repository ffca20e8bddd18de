import type { Listener, ListenerRule, RuleAction, RuleCondition } from '../balancer/listener.js';
import { defined } from '../../model/defined.js';
import type { LoadBalancerRecord } from './cloud.js';
import {
  invalidParameter,
  listenerNotFound,
  loadBalancerNotFound,
  operationNotPermitted,
  priorityInUse,
  ruleNotFound,
  targetGroupNotFound,
  validationError,
} from './fault.js';
import { pageOf, pageSize, type Action, type Caller, type Query, type Xml } from './query.js';

/** Where AWS keeps the values of a condition, by its field; the first two may also be given as plain `Values`. */
const configs = {
  'path-pattern': 'PathPatternConfig',
  'host-header': 'HostHeaderConfig',
  'http-header': 'HttpHeaderConfig',
  'http-request-method': 'HttpRequestMethodConfig',
  'query-string': 'QueryStringConfig',
} as const;

const isField = (field: string): field is keyof typeof configs => field in configs;
const hasPlainValues = (field: string): boolean => ['path-pattern', 'host-header'].includes(field);

/** The numbers that a rule may have. Source: Elastic Load Balancing API, CreateRule. */
const largestPriority = 50_000;
/** The longest body of a fixed response, in characters. Source: the same, FixedResponseActionConfig. */
const longestBody = 1_024;

const describeListeners: Action = (query, caller) => {
  const balancer = query.text('LoadBalancerArn');
  const arns = query.list('ListenerArns');
  const all = listenersOf(caller);
  if (balancer !== undefined && !all.some((one) => one.balancer.arn === balancer))
    throw loadBalancerNotFound([balancer]);
  const missing = arns.filter((arn) => !all.some(({ listener }) => listener.arn === arn));
  if (missing.length > 0) throw listenerNotFound(missing);
  const found = all.filter(
    (one) =>
      (balancer === undefined || one.balancer.arn === balancer) &&
      (arns.length === 0 || arns.includes(one.listener.arn)),
  );
  const page = pageOf(found, query.text('Marker'), pageSize(query, caller.cloud));
  return {
    Listeners: page.entries.map(({ listener, balancer: { arn } }) => ({
      ListenerArn: listener.arn,
      LoadBalancerArn: arn,
      Port: listener.port,
      Protocol: 'HTTP',
      DefaultActions: describeRule(listener.rules.at(-1))['Actions'],
    })),
    NextMarker: page.next,
  };
};

const describeRules: Action = (query, caller) => {
  const arns = query.list('RuleArns');
  const rules =
    arns.length > 0 ? arns.map((arn) => ruleAt(arn, caller).rule) : listenerAt(query, caller).rules;
  const page = pageOf(rules, query.text('Marker'), pageSize(query, caller.cloud));
  return { Rules: page.entries.map(describeRule), NextMarker: page.next };
};

const createRule: Action = (query, caller) => {
  const listener = listenerAt(query, caller);
  const priority = query.number('Priority') ?? 0;
  if (!Number.isInteger(priority) || priority < 1 || priority > largestPriority)
    throw validationError(`Rule priority must be between 1 and ${largestPriority}`);
  if (listener.rules.some((one) => one.priority === priority)) throw priorityInUse(priority);
  const conditions = query.structures('Conditions').map(conditionOf);
  if (conditions.length === 0) throw validationError('A rule must have at least one condition');
  const rule: ListenerRule = {
    arn: caller.cloud.ruleArn(listener),
    priority,
    conditions,
    action: actionOf(query, caller),
    tags: new Map(query.structures('Tags').map((tag) => [tag.required('Key'), tag.text('Value') ?? ''])),
  };
  listener.add(rule);
  return { Rules: [describeRule(rule)] };
};

const deleteRule: Action = (query, caller) => {
  const { rule, listener } = ruleAt(query.required('RuleArn'), caller);
  if (rule.priority === 'default')
    throw operationNotPermitted(`Default rule '${rule.arn}' cannot be deleted`);
  listener.remove(rule);
  return {};
};

/** Throws `ValidationError`, as AWS does of values that are given in two ways. */
function conditionOf(query: Query): RuleCondition {
  const field = query.required('Field');
  if (!isField(field)) throw validationError(`Condition field '${field}' is not known to the lab`);
  const config = configs[field];
  const plain = query.list('Values');
  const inConfig =
    field === 'query-string'
      ? query.structures(`${config}.Values`).map((pair) => {
          const key = pair.text('Key');
          const value = pair.text('Value') ?? '';
          return key === undefined ? value : `${key}=${value}`;
        })
      : query.list(`${config}.Values`);
  if (plain.length > 0 && inConfig.length > 0)
    throw validationError('Condition values must be given in one way only');
  const values = [...plain, ...inConfig];
  if (values.length === 0) throw validationError(`A condition value must be specified for ${field}`);
  return { field, values, ...defined({ header: query.text(`${config}.HttpHeaderName`) }) };
}

function actionOf(query: Query, { cloud }: Caller): RuleAction {
  const [action] = query.structures('Actions');
  if (action === undefined) throw validationError('A rule must have an action');
  if (action.required('Type') === 'fixed-response') {
    const body = action.text('FixedResponseConfig.MessageBody');
    if ((body?.length ?? 0) > longestBody)
      throw invalidParameter(`The message body may have at most ${longestBody} characters`);
    return {
      type: 'fixed-response',
      status: Number(action.required('FixedResponseConfig.StatusCode')),
      ...defined({ contentType: action.text('FixedResponseConfig.ContentType'), body }),
    };
  }
  const weighted = action.structures('ForwardConfig.TargetGroups');
  const one = action.text('TargetGroupArn');
  const named =
    weighted.length > 0
      ? weighted.map((group) => [group.required('TargetGroupArn'), group.number('Weight') ?? 1] as const)
      : one === undefined
        ? []
        : [[one, 1] as const];
  const missing = named.filter(([arn]) => !cloud.targetGroups.some((group) => group.arn === arn));
  if (missing.length > 0) throw targetGroupNotFound(missing.map(([arn]) => arn));
  return {
    type: 'forward',
    groups: named.map(([arn, weight]) => ({ group: cloud.targetGroup(arn), weight })),
  };
}

function describeRule(rule: ListenerRule | undefined): Readonly<Record<string, Xml>> {
  if (rule === undefined) return {};
  const { arn, priority, conditions, action } = rule;
  return {
    RuleArn: arn,
    Priority: String(priority),
    Conditions: conditions.map(describeCondition),
    Actions: [describeAction(action)],
    IsDefault: priority === 'default',
  };
}

function describeCondition({ field, values, header }: RuleCondition): Xml {
  const listed =
    field === 'query-string'
      ? values.map((text) => {
          const [key, value] = text.includes('=') ? text.split('=') : [undefined, text];
          return { Key: key, Value: value };
        })
      : values;
  const config = isField(field) ? configs[field] : '';
  return {
    Field: field,
    Values: hasPlainValues(field) ? values : [],
    [config]: { HttpHeaderName: header, Values: listed },
  };
}

function describeAction(action: RuleAction): Xml {
  if (action.type === 'fixed-response') {
    const { status, contentType, body } = action;
    const FixedResponseConfig = { StatusCode: String(status), ContentType: contentType, MessageBody: body };
    return { Type: 'fixed-response', Order: 1, FixedResponseConfig };
  }
  const [only, ...others] = action.groups;
  return {
    Type: 'forward',
    Order: 1,
    TargetGroupArn: others.length === 0 ? only?.group.arn : undefined,
    ForwardConfig: {
      TargetGroups: action.groups.map(({ group, weight }) => ({ TargetGroupArn: group.arn, Weight: weight })),
      TargetGroupStickinessConfig: { Enabled: false },
    },
  };
}

interface Placed {
  readonly listener: Listener;
  readonly balancer: LoadBalancerRecord;
}

const listenersOf = ({ cloud, region }: Caller): readonly Placed[] =>
  region === cloud.region
    ? cloud.loadBalancers.flatMap((balancer) =>
        balancer.listeners.map((listener) => ({ listener, balancer })),
      )
    : [];

function listenerAt(query: Query, caller: Caller): Listener {
  const arn = query.required('ListenerArn');
  const found = listenersOf(caller).find(({ listener }) => listener.arn === arn);
  if (found === undefined) throw listenerNotFound([arn]);
  return found.listener;
}

function ruleAt(arn: string, caller: Caller): { readonly rule: ListenerRule; readonly listener: Listener } {
  for (const { listener } of listenersOf(caller)) {
    const rule = listener.rules.find((one) => one.arn === arn);
    if (rule !== undefined) return { rule, listener };
  }
  throw ruleNotFound([arn]);
}

/** What the lab knows of listeners and their rules. */
export const listenerActions: Readonly<Record<string, Action>> = {
  DescribeListeners: describeListeners,
  DescribeRules: describeRules,
  CreateRule: createRule,
  DeleteRule: deleteRule,
};
