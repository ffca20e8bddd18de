import type { ContainerSpec, ObservedContainer } from '../model/container.js';
import type { EpochMilliseconds } from '../model/duration.js';
import type { EnvironmentName, GroupName } from '../model/ids.js';
import type { Host } from '../model/host.js';
import type { Registration, TargetGroup, TargetHealth } from '../model/registration.js';
import type { Release } from '../model/release.js';
import type { RolloutSettings, TargetGroupChoice } from '../model/settings.js';
import type { RuntimeInfo } from '../ports/container-runtime.js';
import type { Platform } from '../ports/registry.js';

/** What a host was seen to be, and what it is to become. */
export interface HostObservation {
  readonly host: Host;
  readonly runtime: RuntimeInfo;
  /** When this run was started, on the host's own clock; absent where that does not tell. */
  readonly startedAt?: EpochMilliseconds;
  readonly containers: readonly ObservedContainer[];
  /** All its registrations in the group's target groups. */
  readonly registrations: readonly TargetHealth[];
  /** The containers that this host is to run, in start order. */
  readonly specs: readonly ContainerSpec[];
  /** Containers of other names that the specification may take over, by `adopt`. */
  readonly adopt: ReadonlySet<string>;
  /** Where it is to be registered. */
  readonly planned: readonly Registration[];
}

/** All that the plan of one group is made from. */
export interface GroupObservation {
  readonly environment: EnvironmentName;
  readonly group: GroupName;
  readonly release: Release;
  readonly platforms: readonly Platform[];
  readonly rollout: RolloutSettings;
  readonly targetGroupChoice: TargetGroupChoice;
  readonly targetGroups: readonly ObservedTargetGroup[];
  /** The hosts of this run. */
  readonly hosts: readonly HostObservation[];
  /** All listed hosts of the group, whatever `--limit`. */
  readonly peers: readonly Host[];
}

export interface ObservedTargetGroup {
  readonly targetGroup: TargetGroup;
  /** Every target of it, of this group of hosts or not. */
  readonly targets: readonly TargetHealth[];
}
