import type { ObservedContainer } from '../model/container.js';
import type { EpochMilliseconds } from '../model/duration.js';
import type { Host } from '../model/host.js';
import type { ContainerName, EnvironmentName, GroupName } from '../model/ids.js';
import type { PlannedState } from '../model/plan.js';
import type { TargetGroup, TargetHealth } from '../model/registration.js';
import type { ConfirmedRelease, Release } from '../model/release.js';
import type { RolloutSettings, TargetGroupChoice } from '../model/settings.js';
import type { Place } from '../model/source.js';
import type { RuntimeInfo, SourceKind } from '../ports/container-runtime.js';
import type { Platform } from '../ports/registry.js';

/** What a host was seen to be, and what it is to become. */
export interface HostObservation {
  readonly host: Host;
  readonly runtime: RuntimeInfo;
  /** When this run was started, on the host's own clock; absent where that does not tell. */
  readonly startedAt?: EpochMilliseconds;
  readonly containers: readonly ObservedContainer[];
  /** What a run of the group found there as it wanted it. Only asked for under the lease, of a host that is to be changed. */
  readonly confirmed?: ConfirmedRelease;
  /** All its registrations in the group's target groups. */
  readonly registrations: readonly TargetHealth[];
  /** Containers of other names that the specification may take over, by `adopt`. */
  readonly adopt: ReadonlySet<string>;
  /** What of the host the planned containers mount, and what is there. */
  readonly mounts?: readonly ObservedMount[];
  /** The group has a health check of its own. Without one, Docker's own check of a container is all that tells of its health. */
  readonly probed: boolean;
  /** Told of a rollback, where the host has containers of the release that get secrets. */
  readonly keptSecrets?: KeptSecrets;
  /** A person keeps it out of service, and the run brings it back. */
  readonly keptOut?: true;
  readonly to: PlannedState;
}

/** What becomes of the secrets of what a host has of a release. All are names. */
export type KeptSecrets =
  /** They are others today, and the containers get today's; `areKnown` is false where a container has no hashes of its secrets, or under a key that no host has. */
  | { readonly changed: readonly string[]; readonly areKnown: boolean }
  /** They are others today, and the containers get those of before. */
  | { readonly taken: readonly string[] };

/** The source of a bind mount, as it was found. */
export interface ObservedMount {
  readonly source: string;
  readonly container: ContainerName;
  readonly kind: SourceKind;
  /** The setting that asks for it. */
  readonly at?: Place;
  /** A task that runs before the container is replaced and may put it there: then nothing is known of it yet. */
  readonly madeBy?: { readonly task: string; readonly at: Place };
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
