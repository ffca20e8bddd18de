import { accountId, type AccountId, type Region } from '../../src/model/ids.js';
import type { Fleet, Instance } from '../../src/ports/fleet.js';
import type { Caller } from './port-calls.js';
import type { FakeHost } from './world/fake-host.js';
import type { World } from './world/world.js';

/** The hosts of a world as EC2 instances, tagged with their groups. It looks at no filter: the inventory checks again. */
export class WorldFleet implements Fleet {
  constructor(
    private readonly world: World,
    private readonly account: AccountId = accountId('123456789012'),
    private readonly caller: Caller = world,
  ) {}

  identity(): Promise<{ readonly account: AccountId; readonly arn: string }> {
    return this.#call('identity', () => ({
      account: this.account,
      arn: `arn:aws:iam::${this.account}:user/ann`,
    }));
  }

  instances(region: Region): Promise<readonly Instance[]> {
    return this.#call('instances', () =>
      [...this.world.hosts.values()].filter(({ host }) => host.region === region).map(instanceOf),
    );
  }

  #call<T>(method: string, effect: () => T): Promise<T> {
    return this.caller.calls.make({ port: 'fleet', method, actor: 'fleet', about: '' }, effect);
  }
}

const instanceOf = ({ host, instance, tagged }: FakeHost): Instance => ({
  id: host.id,
  state: instance,
  privateIp: host.address,
  zone: host.zone ?? '',
  type: 't3.small',
  imageId: 'ami-0123456789abcdef0',
  launchedAt: host.launchedAt ?? 0,
  tags: {
    Name: host.name,
    DeployGroup: tagged ? host.groups.join(',') : '',
    ...(host.autoScalingGroup === undefined ? {} : { 'aws:autoscaling:groupName': host.autoScalingGroup }),
  },
});
