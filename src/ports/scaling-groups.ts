import type { Region } from '../model/ids.js';

/** Auto Scaling groups, as the cloud tells and changes them. */
export interface ScalingGroups {
  /** Those that are there; unknown names are left out. */
  describe(region: Region, names: readonly string[]): Promise<readonly ScalingGroup[]>;
  /** Suspending what is suspended is no error. */
  suspend(region: Region, name: string, processes: readonly string[]): Promise<void>;
  /** Resuming what runs is no error. */
  resume(region: Region, name: string, processes: readonly string[]): Promise<void>;
  /** Sets the tag `key` on the group (not on its instances), or takes it off when `value` is undefined. */
  tag(region: Region, name: string, key: string, value: string | undefined): Promise<void>;
}

export interface ScalingGroup {
  readonly name: string;
  readonly region: Region;
  /** `ELB` means that it replaces instances that a load balancer calls unhealthy. */
  readonly healthCheckTypes: readonly string[];
  readonly suspendedProcesses: readonly string[];
  readonly tags: Readonly<Record<string, string>>;
}
