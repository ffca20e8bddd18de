import { connectionLost } from '../../src/errors/ssh.js';
import type { Host } from '../../src/model/host.js';
import type { HeldOnHost, HoldsOfHost, HostHolds } from '../../src/ports/host-holds.js';
import type { PortCall } from './port-calls.js';
import type { World } from './world/world.js';

/** The holds that a world's hosts keep: they outlive the program that wrote them. */
export class MemoryHostHolds implements HostHolds {
  constructor(private readonly world: World) {}

  on(host: Host): HoldsOfHost {
    const { holds } = this.world.host(host.id);
    return {
      keep: (held) =>
        this.#call(host, 'keepHold', held.hold.id, () => {
          holds.set(`${held.run} ${held.hold.id}`, structuredClone(held));
        }),
      forget: (run, hold) => this.#call(host, 'forgetHold', hold, () => void holds.delete(`${run} ${hold}`)),
      list: () => this.#call<readonly HeldOnHost[]>(host, 'listHolds', '', () => [...holds.values()]),
    };
  }

  #call<T>(host: Host, method: string, about: string, effect: () => T): Promise<T> {
    const call: PortCall = { port: 'runtime', method, actor: host.id, host: host.id, about };
    return this.world.calls.make(call, () => {
      if (!this.world.host(host.id).reachable) throw connectionLost(host, 'read ECONNRESET');
      return effect();
    });
  }
}

/** For tests of what is not about the hosts' own copies. */
export const forgetfulHosts: HostHolds = {
  on: () => ({
    keep: () => Promise.resolve(),
    forget: () => Promise.resolve(),
    list: () => Promise.resolve([]),
  }),
};
