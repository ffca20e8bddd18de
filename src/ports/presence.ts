import type { Host } from '../model/host.js';
import type { HostId } from '../model/ids.js';

/** Whether machines are there at all, as whoever runs them tells. */
export interface Presence {
  /**
   * Those of the hosts that do not run any more: terminated, or stopped. One that only lost its tags is still there, and so is one that no
   * cloud can be asked about. Throws the cloud's errors.
   */
  goneOf(hosts: readonly Pick<Host, 'id' | 'region'>[]): Promise<ReadonlySet<HostId>>;
}
