import type { EnvironmentName, GroupName } from './ids.js';

/** How a group differs between the environment that a release comes from and the one that it goes to. */
export interface EnvironmentComparison {
  readonly group: GroupName;
  readonly from: EnvironmentName;
  readonly to: EnvironmentName;
  /** The version that each of them runs; of the target where its hosts agree. */
  readonly version: { readonly from: string; readonly to?: string };
  readonly differences: readonly SettingDifference[];
}

/** A key of the rendered settings (`api.env.LOG_LEVEL`) that is not the same in both. */
export interface SettingDifference {
  readonly key: string;
  /** The value there and here, as JSON; absent where there is none. Secrets are `***`. */
  readonly from?: string;
  readonly to?: string;
  /** Of a secret: its name is the key. */
  readonly secret?: 'different' | 'only_from' | 'only_to';
}
