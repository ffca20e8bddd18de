import type { Layer } from '../expression/scope.js';
import type { Host } from '../model/host.js';
import type { AccountId, EnvironmentName, GroupName, Region } from '../model/ids.js';

/** How the AWS account of an environment is reached. */
export interface CloudAccess {
  readonly regions: readonly Region[];
  /** Whose account it must be. */
  readonly account?: AccountId;
  /** The ARN of a role to assume. */
  readonly role?: string;
  /** A profile of the AWS configuration files. */
  readonly profile?: string;
  /** Where AWS is, when it is not at AWS: the lab. */
  readonly endpoint?: string;
}

/** The hosts of one environment, frozen for the run. */
export interface Inventory {
  readonly environment: EnvironmentName;
  /** Absent for a static inventory that says nothing of AWS. */
  readonly access?: CloudAccess;
  readonly account?: AccountId;
  /** By name, then by id. */
  readonly hosts: readonly Host[];
  /** Sorted. `all` is not among them. */
  readonly groupNames: readonly GroupName[];
  /** Empty for a group that does not exist. */
  readonly group: (name: string) => readonly Host[];
  /**
   * The variables of a host, lowest precedence first: packaged defaults, `adfpush.yml`, `group_vars/all`,
   * `group_vars/<group>`, the environment's `vars`, its `groups`, what the source knows of the host, `host_vars`.
   * Of a host's several groups, the later name wins; with `group` given, that group does, and what makes a group
   * (image, version, container(s), health, target_groups, rollout) comes from no other.
   */
  readonly layersFor: (host: Host, group?: string) => readonly Layer[];
  /** The same for a group as a whole: without what belongs to one host. */
  readonly groupLayers: (group: string) => readonly Layer[];
}
