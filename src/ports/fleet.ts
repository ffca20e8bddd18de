import type { AccountId, Region } from '../model/ids.js';
import type { EpochMilliseconds } from '../model/duration.js';

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
