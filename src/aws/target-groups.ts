import {
  DescribeLoadBalancerAttributesCommand,
  DescribeTargetGroupAttributesCommand,
  type ElasticLoadBalancingV2Client,
  type TargetGroup as ElbTargetGroup,
  paginateDescribeTargetGroups,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import pLimit from 'p-limit';
import { targetGroupArn, type Region } from '../model/ids.js';
import type { TargetGroup } from '../model/registration.js';
import { loadBalancerType } from './arn.js';
import type { AwsClients } from './clients.js';

/** An account's load balancers. */
export interface Elb {
  readonly clients: Pick<AwsClients, 'call'>;
  readonly client: (region: string) => ElasticLoadBalancingV2Client;
}

/** The most target groups that AWS gives on one page. */
const pageSize = 400;
/** Attributes are one call per target group, out of about ten a second for the whole account. */
const callsAtOnce = 4;

/** The chosen ones among a region's target groups, each with its attributes. */
export async function describeTargetGroups(
  elb: Elb,
  region: Region,
  choose: (existing: readonly ElbTargetGroup[]) => readonly ElbTargetGroup[],
): Promise<readonly TargetGroup[]> {
  const existing = await elb.clients.call('elasticloadbalancing:DescribeTargetGroups', region, () =>
    listAll(elb, region),
  );
  const limit = pLimit(callsAtOnce);
  return Promise.all(choose(existing).map((group) => limit(() => describe(elb, region, group))));
}

async function listAll(elb: Elb, region: Region): Promise<readonly ElbTargetGroup[]> {
  const client = elb.client(region);
  const found: ElbTargetGroup[] = [];
  for await (const page of paginateDescribeTargetGroups({ client, pageSize }, {})) {
    found.push(...(page.TargetGroups ?? []));
  }
  return found;
}

async function describe(elb: Elb, region: Region, group: ElbTargetGroup): Promise<TargetGroup> {
  const { TargetGroupArn: arn = '', LoadBalancerArns: loadBalancers = [] } = group;
  const attributes = await targetGroupAttributes(elb, region, arn);
  return {
    arn: targetGroupArn(arn),
    name: group.TargetGroupName ?? arn,
    region,
    protocol: group.Protocol ?? '',
    port: group.Port ?? 0,
    targetType: group.TargetType ?? 'instance',
    loadBalancers,
    deregistrationDelay: seconds(attributes.get('deregistration_delay.timeout_seconds')),
    slowStart: seconds(attributes.get('slow_start.duration_seconds')),
    crossZone: await isCrossZone(elb, region, group, attributes.get(crossZoneAttribute)),
  };
}

const crossZoneAttribute = 'load_balancing.cross_zone.enabled';

/**
 * A target group decides by itself, or leaves it to its load balancers: an Application Load Balancer always crosses zones,
 * the others do when told so. With several of them the strictest counts.
 */
async function isCrossZone(
  elb: Elb,
  region: Region,
  { LoadBalancerArns = [], Protocol }: ElbTargetGroup,
  attribute: string | undefined,
): Promise<boolean> {
  if (attribute === 'true' || attribute === 'false') return attribute === 'true';
  if (LoadBalancerArns.length === 0) return Protocol?.startsWith('HTTP') === true;
  const answers = await Promise.all(
    LoadBalancerArns.map(async (arn) =>
      loadBalancerType(arn) === 'application'
        ? true
        : (await loadBalancerAttributes(elb, region, arn)).get(crossZoneAttribute) === 'true',
    ),
  );
  return answers.every(Boolean);
}

type Attributes = ReadonlyMap<string, string>;

function targetGroupAttributes(elb: Elb, region: Region, arn: string): Promise<Attributes> {
  return elb.clients.call('elasticloadbalancing:DescribeTargetGroupAttributes', region, async () => {
    const client = elb.client(region);
    const { Attributes } = await client.send(
      new DescribeTargetGroupAttributesCommand({ TargetGroupArn: arn }),
    );
    return toMap(Attributes);
  });
}

function loadBalancerAttributes(elb: Elb, region: Region, arn: string): Promise<Attributes> {
  return elb.clients.call('elasticloadbalancing:DescribeLoadBalancerAttributes', region, async () => {
    const client = elb.client(region);
    const { Attributes } = await client.send(
      new DescribeLoadBalancerAttributesCommand({ LoadBalancerArn: arn }),
    );
    return toMap(Attributes);
  });
}

const toMap = (
  attributes: readonly { readonly Key?: string | undefined; readonly Value?: string | undefined }[] = [],
): Attributes => new Map(attributes.map(({ Key = '', Value = '' }) => [Key, Value]));

/** As milliseconds; an attribute that this kind of target group doesn't have is none. */
const seconds = (text: string | undefined): number => Number(text ?? '0') * 1_000;
