import { connectionLost } from '../../src/errors/ssh.js';
import type { Host } from '../../src/model/host.js';
import type { ConfirmedRelease } from '../../src/model/release.js';
import type { Confirmations, ConfirmedGroup } from '../../src/ports/host-holds.js';
import type { World } from './world/world.js';

/** What runs confirmed on a world's hosts. */
export class MemoryConfirmations implements Confirmations {
  readonly #kept = new Map<string, ConfirmedRelease>();

  constructor(private readonly world: World) {}

  read(host: Host, of: ConfirmedGroup): Promise<ConfirmedRelease | undefined> {
    if (!this.world.host(host.id).reachable) return Promise.reject(connectionLost(host, 'read ECONNRESET'));
    return Promise.resolve(this.#kept.get(keyOf(host, of)));
  }

  write(host: Host, of: ConfirmedGroup, confirmed: ConfirmedRelease): Promise<void> {
    if (!this.world.host(host.id).reachable) return Promise.reject(connectionLost(host, 'read ECONNRESET'));
    this.#kept.set(keyOf(host, of), confirmed);
    return Promise.resolve();
  }
}

const keyOf = ({ id }: Host, { environment, group }: ConfirmedGroup): string =>
  `${id} ${environment} ${group}`;
