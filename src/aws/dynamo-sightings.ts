import type { Milliseconds } from '../model/duration.js';
import type { Clock } from '../ports/clock.js';
import type { LockRecord } from './dynamo-record.js';

/** How long what was just read has been known here, by this machine's own clock. */
export interface Sighting {
  /** Since this version was first seen. */
  readonly unchangedFor: Milliseconds;
  /** Since this taking of the lease was first seen. */
  readonly knownFor: Milliseconds;
  /** Its holder was seen to renew it. */
  readonly alive: boolean;
}

interface Seen {
  readonly epoch: number;
  readonly epochAt: Milliseconds;
  readonly version: string;
  readonly versionAt: Milliseconds;
  readonly alive: boolean;
}

/** What was seen of each lock and since when: this alone tells that a holder is gone; wall clocks do not count. */
export class Sightings {
  readonly #seen = new Map<string, Seen>();

  constructor(private readonly clock: Clock) {}

  /** To be told right after a record was read: its version may be as young as the answer. */
  note({ lock, epoch, version }: LockRecord): Sighting {
    const now = this.clock.elapsed();
    const before = this.#seen.get(lock);
    const epochAt = before?.epoch === epoch ? before.epochAt : now;
    const versionAt = before?.version === version ? before.versionAt : now;
    const alive = before?.epoch === epoch && (before.alive || before.version !== version);
    this.#seen.set(lock, { epoch, epochAt, version, versionAt, alive });
    return { unchangedFor: now - versionAt, knownFor: now - epochAt, alive };
  }
}
