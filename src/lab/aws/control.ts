import type { Milliseconds } from '../../model/duration.js';
import type { ListenerRule } from '../balancer/listener.js';
import type { TargetGroupSettings, TargetHealthView } from '../balancer/target-group.js';
import type { LabScalingGroup, NewScalingGroup } from './auto-scaling.js';
import type { Cloud } from './cloud.js';
import type { Hits } from './disturbances.js';
import type { AwsEndpoint } from './endpoint.js';
import type { InstanceState, NewInstance } from './instance.js';
import type { LabParameter, LabSecret } from './secrets.js';

/** What a test does to the lab's AWS account, past its API. Names that do not exist throw `lab.unknown`. */
export class AwsControl {
  readonly #cloud: Cloud;
  readonly #endpoint: AwsEndpoint;

  constructor(cloud: Cloud, endpoint: AwsEndpoint) {
    this.#cloud = cloud;
    this.#endpoint = endpoint;
  }

  addInstance(instance: NewInstance): void {
    this.#cloud.instances.add(instance);
  }

  /** As if it had never been. To see a terminated one linger in the lists, set its state. */
  removeInstance(id: string): void {
    this.#cloud.instances.forget(id);
  }

  setInstanceState(id: string, state: InstanceState): void {
    this.#cloud.instances.get(id).state = state;
  }

  /** The instance prints this to its serial console. */
  printToConsole(id: string, text: string): void {
    this.#cloud.instances.get(id).console += text;
  }

  /** Undefined takes the tag away. */
  setTag(id: string, name: string, value: string | undefined): void {
    const { tags } = this.#cloud.instances.get(id);
    if (value === undefined) tags.delete(name);
    else tags.set(name, value);
  }

  /** Without a balancer: its targets are `unused` with `Target.NotInUse`. Gives the ARN. */
  addTargetGroup(settings: TargetGroupSettings): string {
    return this.#cloud.addTargetGroup(settings).arn;
  }

  setDeregistrationDelay(targetGroup: string, delay: Milliseconds): void {
    this.#cloud.targetGroup(targetGroup).deregistrationDelay = delay;
  }

  /** What is registered or drains, as DescribeTargetHealth tells it. */
  registrations(targetGroup: string): readonly TargetHealthView[] {
    return this.#cloud.targetGroup(targetGroup).health();
  }

  /** As a person would, in the console. */
  register(targetGroup: string, id: string, port?: number): void {
    this.#cloud.targetGroup(targetGroup).register(port === undefined ? { id } : { id, port });
  }

  deregister(targetGroup: string, id: string, port?: number): void {
    this.#cloud.targetGroup(targetGroup).deregister(port === undefined ? { id } : { id, port });
  }

  /** As DescribeRules and DescribeTags tell the rules of all listeners, in the order of their numbers. */
  rules(): readonly ListenerRule[] {
    return this.#cloud.listeners.flatMap(({ rules }) => rules);
  }

  /** As a person would, in the console: a rule of the listener of a target group that forwards what fits to a target group. Gives its ARN. */
  addRule(
    listenerOf: string,
    { to = listenerOf, ...rule }: Pick<ListenerRule, 'priority' | 'conditions'> & { readonly to?: string },
  ): string {
    const listener = this.#cloud.listenerOf(this.#cloud.targetGroup(listenerOf));
    const arn = this.#cloud.ruleArn(listener);
    const groups = [{ group: this.#cloud.targetGroup(to), weight: 1 }];
    listener.add({ ...rule, arn, action: { type: 'forward', groups }, tags: new Map() });
    return arn;
  }

  /** The ARNs of all load balancers. */
  get loadBalancers(): readonly string[] {
    return this.#cloud.loadBalancers.map(({ arn }) => arn);
  }

  /** The tags of a target group. */
  tags(targetGroup: string): Readonly<Record<string, string>> {
    return Object.fromEntries(this.#cloud.targetGroup(targetGroup).tags);
  }

  /** Its instances are tagged as being in it. */
  addScalingGroup(group: NewScalingGroup): void {
    this.#cloud.addScalingGroup(group);
  }

  /** As it is now. */
  scalingGroup(name: string): LabScalingGroup {
    return this.#cloud.scalingGroup(name);
  }

  /** As a person would, in the console: from now on these are suspended, and no others. */
  setSuspendedProcesses(name: string, processes: readonly string[]): void {
    this.#cloud.setScalingGroup({ ...this.#cloud.scalingGroup(name), suspendedProcesses: processes });
  }

  /** A new version of a parameter of SSM. */
  putParameter(name: string, value: string, type: LabParameter['type'] = 'SecureString'): void {
    this.#cloud.kept.putParameter(name, { value, type });
  }

  /** A secret of Secrets Manager, by the staging labels of its versions. */
  putSecret(name: string, versions: LabSecret['versions']): void {
    this.#cloud.kept.secrets.set(name, { versions });
  }

  /** What KMS decrypts to `plaintext`, in base64. */
  encryptByKms(plaintext: Uint8Array): string {
    const ciphertext = Buffer.from(`lab:${this.#cloud.kept.ciphertexts.size}`).toString('base64');
    this.#cloud.kept.ciphertexts.set(ciphertext, plaintext);
    return ciphertext;
  }

  /** The account of the caller's own credentials from now on. */
  setAccount(account: string): void {
    this.#cloud.callerAccount = account;
  }

  /** The most entries that a page holds, whatever the caller allows. */
  setPageSize(size: number): void {
    this.#cloud.pageSize = size;
  }

  /** The next calls answer with the service's throttling error. */
  throttle(hits: Hits = {}): void {
    this.#endpoint.disturbances.throttle(hits);
  }

  limitRate(burst: number, perSecond: number): void {
    this.#endpoint.disturbances.limitRate(burst, perSecond);
  }

  /** The next calls do their work, and their replies are lost. */
  loseReplies(hits: Hits = {}): void {
    this.#endpoint.disturbances.loseReplies(hits);
  }

  /** The next calls are told that their credentials have expired. */
  expireCredentials(hits: Hits = {}): void {
    this.#endpoint.disturbances.expireCredentials(hits);
  }

  /** All sessions of assumed roles are over; who assumes a role again has a new one. */
  endSessions(): void {
    for (const accessKey of this.#cloud.assumedRoles.keys()) this.#cloud.expiredKeys.add(accessKey);
  }

  setLatency(latency: Milliseconds): void {
    this.#endpoint.disturbances.setLatency(latency);
  }

  /** Ends all throttling, loss, latency, and expiry that was asked for by calls. */
  calm(): void {
    this.#endpoint.disturbances.calm();
  }

  /** How often an action was called, throttled calls included; all actions together without a name. */
  calls(action?: string): number {
    if (action !== undefined) return this.#endpoint.calls.get(action) ?? 0;
    return [...this.#endpoint.calls.values()].reduce((sum, count) => sum + count, 0);
  }

  forgetCalls(): void {
    this.#endpoint.calls.clear();
  }
}
