import {
  AddTagsCommand,
  DeregisterTargetsCommand,
  DescribeTagsCommand,
  DescribeTargetHealthCommand,
  ElasticLoadBalancingV2Client,
  RegisterTargetsCommand,
  RemoveTagsCommand,
  type TargetDescription,
  type TargetHealthDescription,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import { targetGroupMissing } from '../errors/traffic.js';
import { defined } from '../model/defined.js';
import type { Region, TargetGroupArn } from '../model/ids.js';
import {
  healthOfEach,
  type Registration,
  type TargetGroup,
  type TargetHealth,
  type TargetState,
} from '../model/registration.js';
import type { Tag } from '../model/tag.js';
import type { Traffic } from '../ports/traffic.js';
import { regionOf } from './arn.js';
import type { AwsClients } from './clients.js';
import { describeTargetGroups, type Elb } from './target-groups.js';

/** What one call may carry. AWS documents no limit; the Kubernetes load balancer controller settled on this one. */
const targetsPerCall = 200;

/** Target groups of Application and Network Load Balancers. */
export class ElbTraffic implements Traffic {
  readonly #elb: Elb;

  constructor(private readonly clients: AwsClients) {
    const client = clients.perRegion((settings) => new ElasticLoadBalancingV2Client(settings));
    this.#elb = { clients, client };
  }

  async targetGroups(region: Region, names: readonly string[]): Promise<readonly TargetGroup[]> {
    return describeTargetGroups(this.#elb, region, (existing) => {
      const [first, ...others] = names.filter(
        (name) => !existing.some((one) => one.TargetGroupName === name),
      );
      if (first !== undefined) {
        const known = existing.map((one) => one.TargetGroupName ?? '').sort();
        throw targetGroupMissing([first, ...others], known, region);
      }
      return existing.filter(({ TargetGroupName = '' }) => names.includes(TargetGroupName));
    });
  }

  async targetGroupsInUse(region: Region): Promise<readonly TargetGroup[]> {
    return describeTargetGroups(this.#elb, region, (existing) =>
      existing.filter(({ LoadBalancerArns = [] }) => LoadBalancerArns.length > 0),
    );
  }

  async health(targetGroup: TargetGroupArn): Promise<readonly TargetHealth[]> {
    const region = regionOf(targetGroup);
    const { TargetHealthDescriptions = [] } = await this.clients.call(
      'elasticloadbalancing:DescribeTargetHealth',
      region,
      async () => {
        const client = this.#elb.client(region);
        return client.send(new DescribeTargetHealthCommand({ TargetGroupArn: targetGroup }));
      },
    );
    return TargetHealthDescriptions.map((description) => toHealth(targetGroup, description));
  }

  /** By the full list: asking for a target that never existed is an error of the API. */
  async healthOf(
    targetGroup: TargetGroupArn,
    registrations: readonly Registration[],
  ): Promise<readonly TargetHealth[]> {
    return healthOfEach(registrations, await this.health(targetGroup));
  }

  async register(targetGroup: TargetGroupArn, registrations: readonly Registration[]): Promise<void> {
    const region = regionOf(targetGroup);
    for (const Targets of inCalls(registrations)) {
      await this.clients.call('elasticloadbalancing:RegisterTargets', region, async () =>
        this.#elb.client(region).send(new RegisterTargetsCommand({ TargetGroupArn: targetGroup, Targets })),
      );
    }
  }

  async deregister(targetGroup: TargetGroupArn, registrations: readonly Registration[]): Promise<void> {
    const region = regionOf(targetGroup);
    for (const Targets of inCalls(registrations)) {
      await this.clients.call('elasticloadbalancing:DeregisterTargets', region, async () =>
        this.#elb.client(region).send(new DeregisterTargetsCommand({ TargetGroupArn: targetGroup, Targets })),
      );
    }
  }

  async tags(targetGroup: TargetGroupArn): Promise<readonly Tag[]> {
    const region = regionOf(targetGroup);
    const { TagDescriptions = [] } = await this.clients.call(
      'elasticloadbalancing:DescribeTags',
      region,
      async () => {
        const client = this.#elb.client(region);
        return client.send(new DescribeTagsCommand({ ResourceArns: [targetGroup] }));
      },
    );
    return TagDescriptions.flatMap(({ Tags = [] }) => Tags).map(({ Key: key = '', Value: value = '' }) => ({
      key,
      value,
    }));
  }

  async tag(targetGroup: TargetGroupArn, tags: readonly Tag[]): Promise<void> {
    const region = regionOf(targetGroup);
    await this.clients.call('elasticloadbalancing:AddTags', region, async () => {
      const client = this.#elb.client(region);
      const Tags = tags.map(({ key, value }) => ({ Key: key, Value: value }));
      return client.send(new AddTagsCommand({ ResourceArns: [targetGroup], Tags }));
    });
  }

  async untag(targetGroup: TargetGroupArn, keys: readonly string[]): Promise<void> {
    const region = regionOf(targetGroup);
    await this.clients.call('elasticloadbalancing:RemoveTags', region, async () => {
      const client = this.#elb.client(region);
      return client.send(new RemoveTagsCommand({ ResourceArns: [targetGroup], TagKeys: [...keys] }));
    });
  }
}

function inCalls(registrations: readonly Registration[]): TargetDescription[][] {
  const calls: TargetDescription[][] = [];
  for (let start = 0; start < registrations.length; start += targetsPerCall) {
    calls.push(registrations.slice(start, start + targetsPerCall).map(toTarget));
  }
  return calls;
}

/** Always with the port: without it, a target registered on another port than the group's is silently not found. */
const toTarget = ({ id, port, zone }: Registration): TargetDescription => ({
  Id: id,
  Port: port,
  ...defined({ AvailabilityZone: zone }),
});

function toHealth(targetGroup: TargetGroupArn, description: TargetHealthDescription): TargetHealth {
  const { Target = { Id: '' }, TargetHealth: health = {} } = description;
  const { Id: id = '', Port: port = 0, AvailabilityZone: zone } = Target;
  return {
    registration: {
      targetGroup,
      id,
      port,
      // The API refuses a zone for an instance, so one that it shows cannot be given back.
      ...(zone === undefined || id.startsWith('i-') ? {} : { zone }),
    },
    state: toState(health.State),
    ...defined({ reason: health.Reason, description: health.Description }),
  };
}

const states: ReadonlySet<string> = new Set<TargetState>([
  'initial',
  'healthy',
  'unhealthy',
  'unused',
  'draining',
  'unavailable',
  'unhealthy.draining',
]);

/** A state that AWS adds one day counts as not in service, like `unavailable`. */
const toState = (state: string | undefined): TargetState =>
  state !== undefined && isState(state) ? state : 'unavailable';

const isState = (state: string): state is TargetState => states.has(state);
