import { connectionLost } from '../../src/errors/ssh.js';
import type { Host } from '../../src/model/host.js';
import type { Ledger, LedgerOf, LedgerRecord, Ledgers, Written } from '../../src/ports/ledger.js';
import type { World } from './world/world.js';

/** Records on a world's hosts, each host's by itself; a host that cannot be reached neither reads nor writes. */
export class MemoryLedgers<R extends LedgerRecord> implements Ledgers<R> {
  readonly shared: readonly Ledger<R>[] = [];
  readonly #kept = new Map<string, R[]>();

  constructor(private readonly world: World) {}

  on(host: Host): Ledger<R> {
    const reached = (): void => {
      if (!this.world.host(host.id).reachable) throw connectionLost(host, 'read ECONNRESET');
    };
    return {
      name: host.name,
      read: async (of, limit): Promise<Written<R>> => {
        await Promise.resolve();
        reached();
        return { records: (this.#kept.get(keyOf(host, of)) ?? []).slice(-limit), unreadable: 0, newer: 0 };
      },
      write: async (record) => {
        await Promise.resolve();
        reached();
        const key = keyOf(host, record);
        this.#kept.set(key, [...(this.#kept.get(key) ?? []), record]);
        return 'written';
      },
    };
  }
}

const keyOf = ({ id }: Host, { environment, group }: LedgerOf): string => `${id} ${environment} ${group}`;
