import { connectionLost } from '../../src/errors/ssh.js';
import type { Host } from '../../src/model/host.js';
import type { HeldOnHost } from '../../src/model/holds/held-on-host.js';
import type { HostHolds, HostNotes, NotesOfHost } from '../../src/ports/host-holds.js';
import { engineDown } from './fake-container-runtime.js';
import type { Caller, PortCall } from './port-calls.js';
import type { Happening } from './world/timeline.js';
import type { World } from './world/world.js';

/** The holds that a world's hosts keep: they outlive the program that wrote them. */
export class MemoryHostHolds implements HostHolds {
  constructor(
    private readonly world: World,
    private readonly caller: Caller = world,
  ) {}

  on(host: Host): NotesOfHost {
    const { holds, jobs } = this.world.host(host.id);
    const record = (happening: Happening) => this.world.timeline.record(this.caller.actor, happening);
    return {
      keep: (held) =>
        this.#call(host, 'keepHold', held.hold.id, () => {
          const { run, hold } = held;
          holds.set(`${run} ${hold.id}`, structuredClone(held));
          record({ type: 'hold.kept', host: host.id, run, hold: structuredClone(hold) });
        }),
      forget: (run, hold) =>
        this.#call(host, 'forgetHold', hold, () => {
          if (holds.delete(`${run} ${hold}`)) record({ type: 'hold.forgotten', host: host.id, run, hold });
        }),
      list: () => this.#call<readonly HeldOnHost[]>(host, 'listHolds', '', () => [...holds.values()]),
      look: () =>
        this.#call<HostNotes>(host, 'listHolds', '', () => ({
          held: [...holds.values()],
          jobs: jobs.flatMap((job) => job() ?? []),
        })),
    };
  }

  #call<T>(host: Host, method: string, about: string, effect: () => T): Promise<T> {
    const call: PortCall = { port: 'runtime', method, actor: host.id, host: host.id, about };
    return this.caller.calls.make(call, () => {
      const { reachable, engineRuns, hasDocker } = this.world.host(host.id);
      if (!reachable) throw connectionLost(host, 'read ECONNRESET');
      if (hasDocker && !engineRuns) throw engineDown(host);
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
    look: () => Promise.resolve({ held: [], jobs: [] }),
  }),
};
