import type { Host } from '../model/host.js';
import type { HostId, Region } from '../model/ids.js';
import type { Fleet, Presence } from '../ports/fleet.js';

/** The most values that one filter of DescribeInstances takes. Source: EC2 API reference, DescribeInstances. */
const idsPerCall = 200;
const running = 'running';

/** Asks EC2 by instance ids, whatever tags the instances have by now. */
export class FleetPresence implements Presence {
  constructor(private readonly fleet: Fleet) {}

  async goneOf(hosts: readonly Pick<Host, 'id' | 'region'>[]): Promise<ReadonlySet<HostId>> {
    const perRegion = Map.groupBy(
      hosts.flatMap(({ id, region }) =>
        region !== undefined && id.startsWith('i-') ? [{ id, region }] : [],
      ),
      ({ region }) => region,
    );
    const gone = await Promise.all(
      [...perRegion].map(async ([region, ours]) =>
        this.#goneIn(
          region,
          ours.map(({ id }) => id),
        ),
      ),
    );
    return new Set(gone.flat());
  }

  async #goneIn(region: Region, ids: readonly HostId[]): Promise<readonly HostId[]> {
    const there = new Set<string>();
    for (let start = 0; start < ids.length; start += idsPerCall) {
      const found = await this.fleet.instances(region, {
        'instance-id': ids.slice(start, start + idsPerCall),
        'instance-state-name': [running],
      });
      for (const { id, state } of found) if (state === running) there.add(id);
    }
    return ids.filter((id) => !there.has(id));
  }
}

/** For fleets that no cloud runs: what is listed by hand is there. */
export const alwaysThere: Presence = { goneOf: () => Promise.resolve(new Set()) };
