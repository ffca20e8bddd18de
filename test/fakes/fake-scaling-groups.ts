import type { Region } from '../../src/model/ids.js';
import type { ScalingGroup, ScalingGroups } from '../../src/ports/traffic.js';
import type { Caller } from './port-calls.js';
import type { FakeScalingGroup, World } from './world/world.js';

/** The Auto Scaling groups of a world, through the program's eyes. */
export class FakeScalingGroups implements ScalingGroups {
  constructor(
    private readonly world: World,
    private readonly caller: Caller = world,
  ) {}

  describe(region: Region, names: readonly string[]): Promise<readonly ScalingGroup[]> {
    return this.#call('describe', names.join(' '), () =>
      names.flatMap((name) => {
        const group = this.#find(region, name);
        return group === undefined ? [] : [structuredClone(group)];
      }),
    );
  }

  suspend(region: Region, name: string, processes: readonly string[]): Promise<void> {
    return this.#call('suspend', `${name} ${processes.join(' ')}`, () => {
      const group = this.#require(region, name);
      group.suspendedProcesses = [...new Set([...group.suspendedProcesses, ...processes])].sort();
    });
  }

  resume(region: Region, name: string, processes: readonly string[]): Promise<void> {
    return this.#call('resume', `${name} ${processes.join(' ')}`, () => {
      const group = this.#require(region, name);
      group.suspendedProcesses = group.suspendedProcesses.filter((one) => !processes.includes(one));
    });
  }

  tag(region: Region, name: string, key: string, value: string | undefined): Promise<void> {
    return this.#call(value === undefined ? 'untag' : 'tag', `${name} ${key}`, () => {
      const group = this.#require(region, name);
      const others = Object.entries(group.tags).filter(([other]) => other !== key);
      group.tags = Object.fromEntries(value === undefined ? others : [...others, [key, value]]);
    });
  }

  #find(region: Region, name: string): FakeScalingGroup | undefined {
    return this.world.scalingGroups.find((group) => group.name === name && group.region === region);
  }

  #require(region: Region, name: string): FakeScalingGroup {
    const group = this.#find(region, name);
    if (group === undefined) throw new Error(`There is no Auto Scaling group ${name} in ${region}`);
    return group;
  }

  #call<T>(method: string, about: string, effect: () => T): Promise<T> {
    return this.caller.calls.make({ port: 'scaling', method, actor: 'scaling', about }, effect);
  }
}
