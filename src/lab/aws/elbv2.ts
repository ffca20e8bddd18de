import { defined } from '../../model/defined.js';
import type { Target, TargetGroup, TargetHealthView } from '../balancer/target-group.js';
import type { Cloud, LoadBalancerRecord } from './cloud.js';
import {
  invalidTarget,
  loadBalancerNotFound,
  ruleNotFound,
  targetGroupNotFound,
  tooManyTags,
} from './fault.js';
import { labVpc } from './instance.js';
import { listenerActions } from './listeners.js';
import { pageOf, pageSize, type Action, type Caller, type Query, type Xml } from './query.js';

/** What AWS allows a resource. */
const mostTags = 50;

/** AWS tells whole seconds; the lab's own times may be shorter. */
const seconds = (milliseconds: number): number => Math.ceil(milliseconds / 1_000);

const describeTargetGroups: Action = (query, caller) => {
  const names = query.list('Names');
  const arns = query.list('TargetGroupArns');
  const balancerArn = query.text('LoadBalancerArn');
  const all = caller.region === caller.cloud.region ? caller.cloud.targetGroups : [];
  const missing = [
    ...names.filter((name) => !all.some((group) => group.name === name)),
    ...arns.filter((arn) => !all.some((group) => group.arn === arn)),
  ];
  if (missing.length > 0) throw targetGroupNotFound(missing);
  const found = all.filter(
    (group) =>
      (names.length === 0 || names.includes(group.name)) &&
      (arns.length === 0 || arns.includes(group.arn)) &&
      (balancerArn === undefined || caller.cloud.balancersOf(group).some(({ arn }) => arn === balancerArn)),
  );
  const page = pageOf(found, query.text('Marker'), pageSize(query, caller.cloud));
  return {
    TargetGroups: page.entries.map((group) => describeGroup(group, caller.cloud)),
    NextMarker: page.next,
  };
};

const describeTargetGroupAttributes: Action = (query, caller) => {
  const group = groupOf(query, caller);
  return {
    Attributes: [
      attribute('deregistration_delay.timeout_seconds', seconds(group.deregistrationDelay)),
      attribute('slow_start.duration_seconds', seconds(group.slowStart)),
      attribute('load_balancing.algorithm.type', group.algorithm),
      attribute('load_balancing.cross_zone.enabled', group.crossZone),
      attribute('stickiness.enabled', false),
    ],
  };
};

const describeLoadBalancers: Action = (query, { cloud, region }) => {
  const names = query.list('Names');
  const arns = query.list('LoadBalancerArns');
  const all = region === cloud.region ? cloud.loadBalancers : [];
  const missing = [
    ...names.filter((name) => !all.some((balancer) => balancer.name === name)),
    ...arns.filter((arn) => !all.some((balancer) => balancer.arn === arn)),
  ];
  if (missing.length > 0) throw loadBalancerNotFound(missing);
  const found = all.filter(
    ({ name, arn }) =>
      (names.length === 0 || names.includes(name)) && (arns.length === 0 || arns.includes(arn)),
  );
  const page = pageOf(found, query.text('Marker'), pageSize(query, cloud));
  return { LoadBalancers: page.entries.map(describeBalancer), NextMarker: page.next };
};

const describeLoadBalancerAttributes: Action = (query, { cloud }) => {
  const arn = query.required('LoadBalancerArn');
  if (!cloud.loadBalancers.some((balancer) => balancer.arn === arn)) throw loadBalancerNotFound([arn]);
  return {
    Attributes: [
      attribute('load_balancing.cross_zone.enabled', true),
      attribute('idle_timeout.timeout_seconds', 60),
    ],
  };
};

const describeTargetHealth: Action = (query, caller) => {
  const group = groupOf(query, caller);
  const asked = targetsOf(query);
  const health = asked.length === 0 ? group.health() : group.healthOf(asked);
  return { TargetHealthDescriptions: health.map(describeHealth) };
};

const registerTargets: Action = (query, caller) => {
  const group = groupOf(query, caller);
  const targets = targetsOf(query);
  for (const { id } of targets) checkRegistrable(group, id, caller.cloud);
  for (const target of targets) group.register(target);
  return {};
};

/** Deregistering what is not there succeeds, as in AWS. */
const deregisterTargets: Action = (query, caller) => {
  const group = groupOf(query, caller);
  for (const target of targetsOf(query)) group.deregister(target);
  return {};
};

const describeTags: Action = (query, caller) => ({
  TagDescriptions: query.list('ResourceArns').map((arn) => ({
    ResourceArn: arn,
    Tags: [...tagsOf(arn, caller)].map(([key, value]) => ({ Key: key, Value: value })),
  })),
});

const addTags: Action = (query, caller) => {
  const added = query
    .structures('Tags')
    .map((tag) => [tag.required('Key'), tag.text('Value') ?? ''] as const);
  for (const tags of query.list('ResourceArns').map((arn) => tagsOf(arn, caller))) {
    const after = new Map([...tags, ...added]);
    if (after.size > mostTags) throw tooManyTags();
    for (const [key, value] of added) tags.set(key, value);
  }
  return {};
};

/** Removing what is not there succeeds, as in AWS. */
const removeTags: Action = (query, caller) => {
  for (const tags of query.list('ResourceArns').map((arn) => tagsOf(arn, caller))) {
    for (const key of query.list('TagKeys')) tags.delete(key);
  }
  return {};
};

function checkRegistrable(group: TargetGroup, id: string, cloud: Cloud): void {
  if (group.targetType === 'ip') {
    if (id.startsWith('i-')) throw invalidTarget(`The IP address '${id}' is not a valid IPv4 address`);
    return;
  }
  const instance = cloud.instances.find(id);
  if (instance === undefined) throw invalidTarget(`The following targets '${id}' do not exist`);
  if (instance.state !== 'running') {
    throw invalidTarget(`The following targets are not in a running state and cannot be registered: '${id}'`);
  }
}

const groupOf = (query: Query, caller: Caller): TargetGroup =>
  groupAt(query.required('TargetGroupArn'), caller);

/** Of all that can have tags, the lab gives them to target groups and to rules of listeners. */
function tagsOf(arn: string, caller: Caller): Map<string, string> {
  const rule = caller.cloud.listeners.flatMap(({ rules }) => rules).find((one) => one.arn === arn);
  if (rule === undefined && arn.includes(':listener-rule/')) throw ruleNotFound([arn]);
  return rule?.tags ?? groupAt(arn, caller).tags;
}

function groupAt(arn: string, { cloud, region }: Caller): TargetGroup {
  const group = cloud.targetGroups.find((candidate) => candidate.arn === arn);
  if (group === undefined || region !== cloud.region) throw targetGroupNotFound([arn]);
  return group;
}

function targetsOf(query: Query): readonly Target[] {
  return query.structures('Targets').map((target) => {
    const port = target.number('Port');
    const zone = target.text('AvailabilityZone');
    return {
      id: target.required('Id'),
      ...defined({ port, zone }),
    };
  });
}

const attribute = (key: string, value: string | number | boolean): Xml => ({ Key: key, Value: value });

const describeGroup = (group: TargetGroup, cloud: Cloud): Xml => ({
  TargetGroupArn: group.arn,
  TargetGroupName: group.name,
  Protocol: 'HTTP',
  ProtocolVersion: 'HTTP1',
  Port: group.port,
  VpcId: labVpc,
  HealthCheckProtocol: 'HTTP',
  HealthCheckPort: 'traffic-port',
  HealthCheckEnabled: true,
  HealthCheckPath: group.healthCheck.path,
  HealthCheckIntervalSeconds: seconds(group.healthCheck.interval),
  HealthCheckTimeoutSeconds: seconds(group.healthCheck.timeout),
  HealthyThresholdCount: group.healthCheck.healthyThreshold,
  UnhealthyThresholdCount: group.healthCheck.unhealthyThreshold,
  Matcher: { HttpCode: group.healthCheck.matcher },
  LoadBalancerArns: cloud.balancersOf(group).map(({ arn }) => arn),
  TargetType: group.targetType,
  IpAddressType: 'ipv4',
});

const describeBalancer = (balancer: LoadBalancerRecord): Xml => ({
  LoadBalancerArn: balancer.arn,
  LoadBalancerName: balancer.name,
  DNSName: `${balancer.name}.lab.internal`,
  Scheme: 'internal',
  VpcId: labVpc,
  State: { Code: 'active' },
  Type: 'application',
  IpAddressType: 'ipv4',
  AvailabilityZones: balancer.zones.map((zone) => ({ ZoneName: zone, SubnetId: `subnet-0${zone}` })),
});

const describeHealth = ({ id, port, zone, state, reason, description }: TargetHealthView): Xml => ({
  Target: { Id: id, Port: port, AvailabilityZone: zone },
  HealthCheckPort: port,
  TargetHealth: { State: state, Reason: reason, Description: description },
});

export const elbv2Actions: Readonly<Record<string, Action>> = {
  DescribeTargetGroups: describeTargetGroups,
  DescribeTargetGroupAttributes: describeTargetGroupAttributes,
  DescribeLoadBalancers: describeLoadBalancers,
  DescribeLoadBalancerAttributes: describeLoadBalancerAttributes,
  DescribeTargetHealth: describeTargetHealth,
  RegisterTargets: registerTargets,
  DeregisterTargets: deregisterTargets,
  DescribeTags: describeTags,
  AddTags: addTags,
  RemoveTags: removeTags,
  ...listenerActions,
};
