import type { EpochMilliseconds } from '../model/duration.js';
import type { Host } from '../model/host.js';
import type { AccountId, HostId, Region } from '../model/ids.js';

/** Whether machines are there at all, as the cloud that runs them tells. */
export interface Presence {
  /**
   * Those of the hosts that do not run any more: terminated, or stopped. One that only lost its tags is still there, and so is one that no
   * cloud can be asked about. Throws the cloud's errors.
   */
  goneOf(hosts: readonly Pick<Host, 'id' | 'region'>[]): Promise<ReadonlySet<HostId>>;
}

/** The machines of a cloud account. */
export interface Fleet {
  /** Whose credentials these are. */
  identity(): Promise<{ readonly account: AccountId; readonly arn: string }>;
  /** Every running instance that matches, all pages of it. Values are wildcard patterns: escape them. */
  instances(
    region: Region,
    filters: Readonly<Record<string, readonly string[]>>,
  ): Promise<readonly Instance[]>;
}

export interface Instance {
  readonly id: string;
  readonly state: string;
  readonly privateIp?: string;
  readonly publicIp?: string;
  readonly ipv6?: string;
  readonly privateDns?: string;
  readonly publicDns?: string;
  readonly zone: string;
  readonly type: string;
  readonly imageId: string;
  readonly launchedAt: EpochMilliseconds;
  readonly tags: Readonly<Record<string, string>>;
}
