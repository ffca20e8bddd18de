import type { Region, TargetGroupArn } from '../../src/model/ids.js';
import type { Registration, TargetGroup, TargetHealth } from '../../src/model/registration.js';
import type { Tag } from '../../src/model/tag.js';
import type { Traffic } from '../../src/ports/traffic.js';
import { AdfError } from '../../src/errors/adf-error.js';
import type { FakeTargetGroup } from './world/fake-target-group.js';
import type { Caller } from './port-calls.js';
import type { World } from './world/world.js';

/** The target groups of a world, through the program's eyes. */
export class FakeTraffic implements Traffic {
  constructor(
    private readonly world: World,
    private readonly caller: Caller = world,
  ) {}

  targetGroups(region: Region, names: readonly string[]): Promise<readonly TargetGroup[]> {
    return this.#call('targetGroups', names.join(' '), () => {
      const all = this.#inRegion(region);
      return names.map((name) => all.find((group) => group.name === name) ?? missing(name, all));
    });
  }

  targetGroupsInUse(region: Region): Promise<readonly TargetGroup[]> {
    return this.#call('targetGroupsInUse', region, () =>
      this.#inRegion(region).filter(({ loadBalancers }) => loadBalancers.length > 0),
    );
  }

  health(targetGroup: TargetGroupArn): Promise<readonly TargetHealth[]> {
    const group = this.#group(targetGroup);
    return this.#call('health', group.settings.name, () => {
      this.#noteRead(group);
      return group.health(this.world.staleness());
    });
  }

  healthOf(
    targetGroup: TargetGroupArn,
    registrations: readonly Registration[],
  ): Promise<readonly TargetHealth[]> {
    const group = this.#group(targetGroup);
    return this.#call('healthOf', describe(group, registrations), () => {
      const ago = this.world.staleness();
      return registrations.map((registration) => group.healthOf(registration, ago));
    });
  }

  register(targetGroup: TargetGroupArn, registrations: readonly Registration[]): Promise<void> {
    const group = this.#group(targetGroup);
    return this.#call('register', describe(group, registrations), () => {
      for (const { id } of registrations) if (!this.#runs(id)) throw notRunning(id);
      for (const registration of registrations) group.register(this.caller.actor, registration);
    });
  }

  deregister(targetGroup: TargetGroupArn, registrations: readonly Registration[]): Promise<void> {
    const group = this.#group(targetGroup);
    return this.#call('deregister', describe(group, registrations), () => {
      for (const registration of registrations) group.deregister(this.caller.actor, registration);
    });
  }

  tags(targetGroup: TargetGroupArn): Promise<readonly Tag[]> {
    const { settings, tags } = this.#group(targetGroup);
    return this.#call('tags', settings.name, () => [...tags].map(([key, value]) => ({ key, value })));
  }

  tag(targetGroup: TargetGroupArn, written: readonly Tag[]): Promise<void> {
    const { settings, tags } = this.#group(targetGroup);
    return this.#call('tag', settings.name, () => {
      for (const { key, value } of written) tags.set(key, value);
    });
  }

  untag(targetGroup: TargetGroupArn, keys: readonly string[]): Promise<void> {
    const { settings, tags } = this.#group(targetGroup);
    return this.#call('untag', settings.name, () => {
      for (const key of keys) tags.delete(key);
    });
  }

  #inRegion(region: Region): readonly TargetGroup[] {
    return [...this.world.targetGroups.values()]
      .map(({ settings }) => settings)
      .filter((group) => group.region === region);
  }

  #group(arn: TargetGroupArn): FakeTargetGroup {
    const group = this.world.targetGroups.get(arn);
    if (group === undefined) throw new Error(`There is no target group ${arn} in this world`);
    return group;
  }

  #runs(targetId: string): boolean {
    return this.world.hostOfTarget(targetId)?.instance === 'running';
  }

  #noteRead(group: FakeTargetGroup): void {
    const { settings, healthy } = group;
    this.world.timeline.record(this.caller.actor, {
      type: 'traffic.read',
      targetGroup: settings.arn,
      healthy,
    });
  }

  #call<T>(method: string, about: string, effect: () => T): Promise<T> {
    return this.caller.calls.make({ port: 'traffic', method, actor: 'traffic', about }, effect);
  }
}

const describe = ({ settings }: FakeTargetGroup, registrations: readonly Registration[]): string =>
  `${settings.name} ${registrations.map(({ id, port }) => `${id}:${port}`).join(' ')}`;

function missing(name: string, all: readonly TargetGroup[]): never {
  throw new AdfError({
    code: 'traffic.target_group_missing',
    class: 'refused',
    message: `There is no target group "${name}"; there are: ${all.map((group) => group.name).join(', ')}`,
  });
}

const notRunning = (id: string): AdfError =>
  new AdfError({
    code: 'aws.invalid_target',
    class: 'refused',
    message: `The following targets are not in a running state and cannot be registered: '${id}'`,
  });
