import { createHash } from 'node:crypto';
import { labUnknown } from '../../errors/lab.js';
import { Listener } from '../balancer/listener.js';
import { TargetGroup, type TargetGroupSettings } from '../balancer/target-group.js';
import type { LabScalingGroup, NewScalingGroup } from './auto-scaling.js';
import { Instances } from './instance.js';
import { PushedKeys } from './pushed-keys.js';
import { KeptSecrets } from './secrets.js';

export interface CloudSettings {
  readonly account: string;
  readonly region: string;
  readonly zones: readonly string[];
  /** Shared with the hosts where there are any. */
  readonly pushedKeys?: PushedKeys;
}

/** An application load balancer, as the API describes it; what it does is in `../balancer`. */
export interface LoadBalancerRecord {
  readonly name: string;
  readonly arn: string;
  readonly zones: readonly string[];
  readonly targetGroups: readonly TargetGroup[];
  /** One for each target group, which its default rule forwards to. */
  readonly listeners: readonly Listener[];
}

interface AssumedRole {
  readonly account: string;
  readonly arn: string;
  readonly id: string;
}

/** What exists in the lab's AWS account. */
export class Cloud {
  readonly region: string;
  readonly zones: readonly string[];
  readonly instances = new Instances();
  readonly loadBalancers: LoadBalancerRecord[] = [];
  /** Those of EC2 Instance Connect; the lab's hosts look here. */
  readonly pushedKeys: PushedKeys;
  /** What SSM, Secrets Manager and KMS keep. */
  readonly kept = new KeptSecrets();
  readonly assumedRoles = new Map<string, AssumedRole>();
  /** Access keys of sessions that are over. */
  readonly expiredKeys = new Set<string>();
  /** The account that owns all this. */
  readonly account: string;
  /** The account that the caller's own credentials belong to; another one when a test wants the wrong account. */
  callerAccount: string;
  /** The most that one page holds, whatever the caller allows. */
  pageSize = Infinity;
  readonly #targetGroups: TargetGroup[] = [];
  readonly #scalingGroups = new Map<string, LabScalingGroup>();
  #rulesMade = 0;

  constructor({ account, region, zones, pushedKeys = new PushedKeys() }: CloudSettings) {
    this.pushedKeys = pushedKeys;
    this.account = account;
    this.callerAccount = account;
    this.region = region;
    this.zones = zones;
  }

  get targetGroups(): readonly TargetGroup[] {
    return this.#targetGroups;
  }

  addTargetGroup(settings: TargetGroupSettings): TargetGroup {
    const group = new TargetGroup(this.#arn(`targetgroup/${settings.name}`), settings, {
      instanceState: (id) => this.instances.find(id)?.state,
    });
    this.#targetGroups.push(group);
    return group;
  }

  addLoadBalancer(name: string, targetGroups: readonly TargetGroup[]): LoadBalancerRecord {
    const arn = this.#arn(`loadbalancer/app/${name}`);
    const listeners = targetGroups.map(
      (group, index) => new Listener(this.#arn(`listener/app/${name}/${index + 1}`), 80 + index, group),
    );
    const record = { name, arn, zones: this.zones, targetGroups, listeners };
    this.loadBalancers.push(record);
    return record;
  }

  balancersOf(group: TargetGroup): readonly LoadBalancerRecord[] {
    return this.loadBalancers.filter(({ targetGroups }) => targetGroups.includes(group));
  }

  get listeners(): readonly Listener[] {
    return this.loadBalancers.flatMap(({ listeners }) => listeners);
  }

  /** The one whose default rule forwards to the target group. Throws `lab.unknown`. */
  listenerOf(group: TargetGroup): Listener {
    const found = this.listeners.find(({ rules }) => {
      const action = rules.at(-1)?.action;
      return action?.type === 'forward' && action.groups.some((one) => one.group === group);
    });
    if (found === undefined) throw labUnknown('listener', group.name, []);
    return found;
  }

  /** A new name for a rule of a listener. */
  ruleArn(listener: Listener): string {
    this.#rulesMade += 1;
    return this.#arn(`listener-rule/${listener.arn.split(':listener/')[1] ?? ''}/${this.#rulesMade}`);
  }

  /** By name or ARN. Throws `lab.unknown`. */
  targetGroup(name: string): TargetGroup {
    const found = this.#targetGroups.find((group) => group.name === name || group.arn === name);
    const known = this.#targetGroups.map((group) => group.name);
    if (found === undefined) throw labUnknown('target group', name, known);
    return found;
  }

  get scalingGroups(): readonly LabScalingGroup[] {
    return [...this.#scalingGroups.values()];
  }

  /** A new one, or what one has become. */
  setScalingGroup(group: LabScalingGroup): void {
    this.#scalingGroups.set(group.name, group);
  }

  addScalingGroup(group: NewScalingGroup): void {
    const id = createHash('sha256').update(group.name).digest('hex').slice(0, 16);
    const arn = `arn:aws:autoscaling:${this.region}:${this.account}:autoScalingGroup:${id}:autoScalingGroupName/${group.name}`;
    this.setScalingGroup({ suspendedProcesses: [], ...group, arn, tags: new Map() });
    for (const instance of group.instances)
      this.instances.get(instance).tags.set('aws:autoscaling:groupName', group.name);
  }

  /** Throws `lab.unknown`. */
  scalingGroup(name: string): LabScalingGroup {
    const found = this.#scalingGroups.get(name);
    if (found === undefined) throw labUnknown('Auto Scaling group', name, [...this.#scalingGroups.keys()]);
    return found;
  }

  #arn(resource: string): string {
    const id = createHash('sha256').update(resource).digest('hex').slice(0, 16);
    return `arn:aws:elasticloadbalancing:${this.region}:${this.account}:${resource}/${id}`;
  }
}
