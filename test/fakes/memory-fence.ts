import { leaseFenced } from '../../src/errors/lease.js';
import { connectionLost } from '../../src/errors/ssh.js';
import type { Host } from '../../src/model/host.js';
import type { Fence, FencePass } from '../../src/ports/host-holds.js';
import type { Caller } from './port-calls.js';
import type { World } from './world/world.js';

/** The fences that a world's hosts keep: they outlive the program that came with an epoch. */
export class MemoryFence implements Fence {
  constructor(
    private readonly world: World,
    private readonly caller: Caller = world,
  ) {}

  admit(host: Host, pass: FencePass): Promise<void> {
    const { lease, epoch, run } = pass;
    const call = {
      port: 'transport',
      method: 'admit',
      actor: host.id,
      host: host.id,
      about: `${lease} ${epoch}`,
    } as const;
    return this.caller.calls.make(call, () => {
      const { fences, reachable } = this.world.host(host.id);
      if (!reachable) throw connectionLost(host, 'read ECONNRESET');
      const known = fences.get(lease);
      if (known !== undefined && (known.epoch > epoch || (known.epoch === epoch && known.run !== run))) {
        throw leaseFenced(host, pass, known);
      }
      fences.set(lease, { epoch, run });
    });
  }
}

/** For tests of what is not about fences. */
export const openFence: Fence = { admit: () => Promise.resolve() };
