import type { TargetGroupArn } from '../../src/model/ids.js';
import {
  healthOfEach,
  registrationKey,
  type Registration,
  type TargetGroup,
  type TargetHealth,
} from '../../src/model/registration.js';
import type { Clock } from '../../src/ports/clock.js';
import type { Tag } from '../../src/model/tag.js';
import type { Traffic } from '../../src/ports/traffic.js';

export interface Call {
  readonly at: number;
  readonly what: 'register' | 'deregister' | 'health' | 'targetGroups' | 'tags' | 'tag' | 'untag';
  readonly targetGroup: string;
  readonly ids: readonly string[];
}

/** Target groups that do what a test tells them, and remember each call with its time. */
export class ScriptedTraffic implements Traffic {
  readonly calls: Call[] = [];
  /** Throws to make a call fail; called before the call has its effect. */
  script: (call: Call) => void = () => undefined;
  /** How long each call takes. */
  latency = 0;
  readonly #states = new Map<string, TargetHealth>();

  constructor(private readonly clock: Clock) {}

  /** From now on the balancer shows this. Undefined: it is not registered. */
  show(registration: Registration, health: Omit<TargetHealth, 'registration'> | undefined): void {
    if (health === undefined) this.#states.delete(registrationKey(registration));
    else this.#states.set(registrationKey(registration), { registration, ...health });
  }

  async targetGroups(): Promise<readonly TargetGroup[]> {
    await this.#make('targetGroups', '', []);
    return [];
  }

  async targetGroupsInUse(): Promise<readonly TargetGroup[]> {
    return this.targetGroups();
  }

  async health(targetGroup: TargetGroupArn): Promise<readonly TargetHealth[]> {
    await this.#make('health', targetGroup, []);
    return [...this.#states.values()].filter((one) => one.registration.targetGroup === targetGroup);
  }

  async healthOf(targetGroup: TargetGroupArn, registrations: readonly Registration[]) {
    return healthOfEach(registrations, await this.health(targetGroup));
  }

  async register(targetGroup: TargetGroupArn, registrations: readonly Registration[]): Promise<void> {
    await this.#make('register', targetGroup, registrations);
  }

  async deregister(targetGroup: TargetGroupArn, registrations: readonly Registration[]): Promise<void> {
    await this.#make('deregister', targetGroup, registrations);
  }

  async tags(targetGroup: TargetGroupArn): Promise<readonly Tag[]> {
    await this.#make('tags', targetGroup, []);
    return [];
  }

  async tag(targetGroup: TargetGroupArn): Promise<void> {
    await this.#make('tag', targetGroup, []);
  }

  async untag(targetGroup: TargetGroupArn): Promise<void> {
    await this.#make('untag', targetGroup, []);
  }

  of(...what: Call['what'][]): readonly Call[] {
    return this.calls.filter((call) => what.includes(call.what));
  }

  async #make(
    what: Call['what'],
    targetGroup: string,
    registrations: readonly Registration[],
  ): Promise<void> {
    const call = { at: this.clock.elapsed(), what, targetGroup, ids: registrations.map(({ id }) => id) };
    this.calls.push(call);
    if (this.latency > 0) await this.clock.sleep(this.latency);
    this.script(call);
  }
}
