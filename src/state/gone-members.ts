import type { Milliseconds } from '../model/duration.js';
import type { Host } from '../model/host.js';
import { hostId, type HostId, type Region } from '../model/ids.js';
import type { Clock } from '../ports/clock.js';
import type { Presence } from '../ports/fleet.js';

export type PresenceOf = Pick<Presence, 'goneOf'>;

/** Remembers since when hosts of a lease are known to exist no more. */
export class GoneMembers {
  readonly #since = new Map<string, Milliseconds>();

  constructor(
    private readonly presence: PresenceOf | undefined,
    private readonly clock: Clock,
  ) {}

  /** Those of the ids that do not exist any more, in any region of the listed hosts. None where the cloud cannot be asked. */
  async among(ids: readonly string[], listed: readonly Host[]): Promise<readonly string[]> {
    const regions = [...new Set(listed.flatMap(({ region }) => region ?? []))];
    if (this.presence === undefined || ids.length === 0 || regions.length === 0) return [];
    const askedAt = this.clock.elapsed();
    const goneFrom = await Promise.all(regions.map((region) => this.#goneFrom(region, ids)));
    const gone = ids.filter((id) => goneFrom.every((ofRegion) => ofRegion.has(hostId(id))));
    for (const id of gone) if (!this.#since.has(id)) this.#since.set(id, askedAt);
    return gone;
  }

  /** How long it takes until the last of these hosts has been gone for so long. */
  untilAllAre(age: Milliseconds, gone: readonly string[]): Milliseconds {
    const now = this.clock.elapsed();
    return Math.max(0, ...gone.map((id) => (this.#since.get(id) ?? now) + age - now));
  }

  /** A cloud that does not answer tells nothing. */
  async #goneFrom(region: Region, ids: readonly string[]): Promise<ReadonlySet<HostId>> {
    try {
      return (await this.presence?.goneOf(ids.map((id) => ({ id: hostId(id), region })))) ?? new Set();
    } catch {
      return new Set();
    }
  }
}
