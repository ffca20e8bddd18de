import { validationError } from './fault.js';
import { pageOf, type Action, type Caller, type Query, type Xml } from './query.js';

/** What a test says of an Auto Scaling group. */
export interface NewScalingGroup {
  readonly name: string;
  /** As the API has it: `EC2`, `ELB`, `EC2,ELB`. */
  readonly healthCheckType: string;
  readonly instances: readonly string[];
  readonly suspendedProcesses?: readonly string[];
}

/** An Auto Scaling group of the lab. It launches and replaces nothing: it can be suspended, and tells so. */
export interface LabScalingGroup extends NewScalingGroup {
  readonly arn: string;
  readonly suspendedProcesses: readonly string[];
  readonly tags: ReadonlyMap<string, ScalingTag>;
}

interface ScalingTag {
  readonly value: string;
  readonly propagateAtLaunch: boolean;
}

/** Those that AWS knows. Source: SuspendProcesses. */
const scalingProcesses: readonly string[] = [
  'Launch',
  'Terminate',
  'AddToLoadBalancer',
  'AlarmNotification',
  'AZRebalance',
  'HealthCheck',
  'InstanceRefresh',
  'ReplaceUnhealthy',
  'ScheduledActions',
];

/** Without `MaxRecords`. */
const defaultPageSize = 50;
const mostNames = 50;

/** Names that do not exist are left out, as in AWS. */
const describeAutoScalingGroups: Action = (query, caller) => {
  const names = query.list('AutoScalingGroupNames');
  if (names.length > mostNames) throw validationError(`The maximum number of group names is ${mostNames}`);
  const found = groupsOf(caller).filter(({ name }) => names.length === 0 || names.includes(name));
  const size = Math.min(query.number('MaxRecords') ?? defaultPageSize, caller.cloud.pageSize);
  const page = pageOf(found, query.text('NextToken'), size);
  return { AutoScalingGroups: page.entries.map(describe), NextToken: page.next };
};

const suspendProcesses: Action = (query, caller) => {
  const group = groupOf(query.required('AutoScalingGroupName'), caller);
  const processes = [...new Set([...group.suspendedProcesses, ...processesOf(query)])];
  caller.cloud.setScalingGroup({ ...group, suspendedProcesses: processes });
  return undefined;
};

const resumeProcesses: Action = (query, caller) => {
  const group = groupOf(query.required('AutoScalingGroupName'), caller);
  const resumed = processesOf(query);
  const suspendedProcesses = group.suspendedProcesses.filter((process) => !resumed.includes(process));
  caller.cloud.setScalingGroup({ ...group, suspendedProcesses });
  return undefined;
};

const createOrUpdateTags: Action = (query, caller) => {
  for (const tag of query.structures('Tags')) {
    const group = groupOfTag(tag, caller);
    const propagateAtLaunch = tag.text('PropagateAtLaunch') === 'true';
    const tags = new Map(group.tags);
    tags.set(tag.required('Key'), { value: tag.text('Value') ?? '', propagateAtLaunch });
    caller.cloud.setScalingGroup({ ...group, tags });
  }
  return undefined;
};

const deleteTags: Action = (query, caller) => {
  for (const tag of query.structures('Tags')) {
    const group = groupOfTag(tag, caller);
    const tags = new Map(group.tags);
    tags.delete(tag.required('Key'));
    caller.cloud.setScalingGroup({ ...group, tags });
  }
  return undefined;
};

/** None means all. */
function processesOf(query: Query): readonly string[] {
  const named = query.list('ScalingProcesses');
  const wrong = named.find((process) => !scalingProcesses.includes(process));
  if (wrong !== undefined) throw validationError(`${wrong} is not a valid scaling process`);
  return named.length === 0 ? scalingProcesses : named;
}

function groupOfTag(tag: Query, caller: Caller): LabScalingGroup {
  const [key, value = ''] = [tag.required('Key'), tag.text('Value')];
  // Source: AWS's "Tag naming limits and requirements".
  if (key.length > 128 || value.length > 256) throw validationError('The tag is too long');
  if (!/^[\p{L}\p{N} +\-=._:/@]*$/u.test(key + value))
    throw validationError('The tag has characters that are not allowed');
  return groupOf(tag.required('ResourceId'), caller);
}

const groupsOf = ({ cloud, region }: Caller): readonly LabScalingGroup[] =>
  region === cloud.region ? cloud.scalingGroups : [];

function groupOf(name: string, caller: Caller): LabScalingGroup {
  const found = groupsOf(caller).find((group) => group.name === name);
  if (found === undefined)
    throw validationError(`AutoScalingGroup name not found - AutoScalingGroup: ${name} not found`);
  return found;
}

const describe = (group: LabScalingGroup): Xml => ({
  AutoScalingGroupName: group.name,
  AutoScalingGroupARN: group.arn,
  HealthCheckType: group.healthCheckType,
  MinSize: 0,
  MaxSize: group.instances.length,
  DesiredCapacity: group.instances.length,
  DefaultCooldown: 300,
  Instances: group.instances.map((id) => ({
    InstanceId: id,
    LifecycleState: 'InService',
    HealthStatus: 'Healthy',
    ProtectedFromScaleIn: false,
  })),
  SuspendedProcesses: group.suspendedProcesses.map((process) => ({
    ProcessName: process,
    SuspensionReason: 'User suspended',
  })),
  Tags: [...group.tags].map(([key, { value, propagateAtLaunch }]) => ({
    ResourceId: group.name,
    ResourceType: 'auto-scaling-group',
    Key: key,
    Value: value,
    PropagateAtLaunch: propagateAtLaunch,
  })),
});

export const autoScalingActions: Readonly<Record<string, Action>> = {
  DescribeAutoScalingGroups: describeAutoScalingGroups,
  SuspendProcesses: suspendProcesses,
  ResumeProcesses: resumeProcesses,
  CreateOrUpdateTags: createOrUpdateTags,
  DeleteTags: deleteTags,
};
