import type { Host } from '../../../src/model/host.js';
import { hostId, type HostId } from '../../../src/model/ids.js';
import type { Presence } from '../../../src/ports/fleet.js';
import type { Caller } from '../../fakes/port-calls.js';
import type { World } from '../../fakes/world/world.js';

/** What EC2 answers to a question by ids: the instances that run. */
export class SimulatedPresence implements Presence {
  constructor(
    private readonly world: World,
    private readonly caller: Caller,
  ) {}

  goneOf(hosts: readonly Pick<Host, 'id' | 'region'>[]): Promise<ReadonlySet<HostId>> {
    const runs = ({ id }: Pick<Host, 'id'>): boolean => {
      const fake = this.world.hosts.get(hostId(id));
      return fake?.instance === 'running';
    };
    const call = { port: 'lock', method: 'goneOf', actor: 'presence of hosts', about: '' } as const;
    return this.caller.calls.make(
      call,
      () => new Set(hosts.filter((host) => !runs(host)).map(({ id }) => id)),
    );
  }
}
