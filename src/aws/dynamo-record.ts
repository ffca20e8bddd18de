import { defined } from '../model/defined.js';
import type { Milliseconds } from '../model/duration.js';
import type { Clock } from '../ports/clock.js';
import type { LeaseOwner } from '../ports/lease-store.js';
import type { Item } from './dynamo-items.js';

/** What the table knows of one lease. It stays when the lease is released, for its epoch. */
export interface LockRecord {
  /** The table's key: `prod.api`. */
  readonly lock: string;
  readonly epoch: number;
  /** Another one with each write, so that a holder who lives shows it, and no write can be taken for another. */
  readonly version: string;
  /** How long the version must have stayed the same before another run may take the lease. */
  readonly duration: Milliseconds;
  /** Who holds it, or ended it. */
  readonly owner: LeaseOwner;
  readonly released: boolean;
  /** When it was taken, by the wall clock of its holder. For people: no decision goes by it. */
  readonly since: string;
  /** When it was written, likewise. */
  readonly renewed: string;
}

/** A record's moments, as people read them in DynamoDB's console. */
export const isoTime = (clock: Clock): string => new Date(clock.now()).toISOString();

export function toItem({
  lock,
  epoch,
  version,
  duration,
  owner,
  released,
  since,
  renewed,
}: LockRecord): Item {
  return {
    lock: { S: lock },
    epoch: { N: String(epoch) },
    version: { S: version },
    duration_ms: { N: String(duration) },
    run: { S: owner.run },
    who: { S: owner.who },
    ...(owner.link === undefined ? {} : { link: { S: owner.link } }),
    released: { BOOL: released },
    since: { S: since },
    renewed: { S: renewed },
  };
}

/** `refuse` is told the first attribute that is not as `toItem` writes it, and must throw. */
export function fromItem(item: Item, refuse: (attribute: string) => never): LockRecord {
  const text = (name: string): string => item[name]?.S ?? refuse(name);
  const number = (name: string): number => {
    const value = Number(item[name]?.N);
    return Number.isFinite(value) && value >= 0 ? value : refuse(name);
  };
  const link = item['link']?.S;
  return {
    lock: text('lock'),
    epoch: number('epoch'),
    version: text('version'),
    duration: number('duration_ms'),
    owner: { run: text('run'), who: text('who'), ...defined({ link }) },
    released: item['released']?.BOOL ?? refuse('released'),
    since: text('since'),
    renewed: text('renewed'),
  };
}
