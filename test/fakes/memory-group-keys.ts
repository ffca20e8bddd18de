import { connectionLost } from '../../src/errors/ssh.js';
import type { Host } from '../../src/model/host.js';
import { Secret } from '../../src/model/secret.js';
import type { ConfirmedGroup, GroupKeys } from '../../src/ports/host-holds.js';
import type { World } from './world/world.js';

/** The keys that a world's hosts keep. */
export class MemoryGroupKeys implements GroupKeys {
  /** By `i-1 test api`. */
  readonly kept = new Map<string, Secret>();
  /** What reading or writing on a host fails with. */
  readonly failures = new Map<string, Error>();
  #made = 0;

  constructor(private readonly world: World) {}

  /** Another one each time: `0000…01`, `0000…02`. */
  make(): Secret {
    this.#made += 1;
    return new Secret(String(this.#made).padStart(64, '0'));
  }

  async read(host: Host, of: ConfirmedGroup): Promise<Secret | undefined> {
    this.#reach(host);
    return this.kept.get(keyOf(host, of));
  }

  async write(host: Host, of: ConfirmedGroup, key: Secret): Promise<void> {
    this.#reach(host);
    this.kept.set(keyOf(host, of), key);
  }

  #reach(host: Host): void {
    const failure = this.failures.get(host.id);
    if (failure !== undefined) throw failure;
    if (!this.world.host(host.id).reachable) throw connectionLost(host, 'read ECONNRESET');
  }
}

const keyOf = ({ id }: Host, { environment, group }: ConfirmedGroup): string =>
  `${id} ${environment} ${group}`;
