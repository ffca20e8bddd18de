import type { HealthProbe } from './health.js';
import type {
  AccountId,
  ContainerId,
  ContainerName,
  Digest,
  GroupName,
  HoldId,
  HostId,
  Region,
} from './ids.js';
import type { Milliseconds } from './duration.js';
import type { RestartPolicy } from './container.js';
import type { Registration, TargetState } from './registration.js';
import type { Amount } from './settings.js';

/**
 * What a host had before a task took it away, written to the journal before it is taken. It carries all that
 * restoring needs, since an interrupted run is restored without its playbook.
 */
export type Hold = RegistrationHold | ContainerHold;

interface HoldBase {
  readonly id: HoldId;
  readonly host: HostId;
  /** The group whose run took it; absent in a run that is not about one. */
  readonly group?: GroupName;
}

export interface RegistrationHold extends HoldBase {
  readonly kind: 'registration';
  readonly registration: Registration;
  /**
   * The state it was taken in; one that was not healthy goes back to exactly that, and is named. `absent` means that the host
   * was not registered there: restoring takes it away again.
   */
  readonly state: TargetState | 'absent';
  readonly region?: Region;
  readonly account?: AccountId;
  /** The ARN of the role that the run had assumed. */
  readonly role?: string;
  /** The floor of the play that took it: its target group may be one that only the playbook names. */
  readonly minHealthy?: Amount;
}

export interface ContainerHold extends HoldBase {
  readonly kind: 'container';
  readonly name: ContainerName;
  /** The container that had the name; absent when there was none, and then restoring leaves none. */
  readonly previous?: HeldContainer;
  /** How the restored host proves its health; absent when the group has no probe. */
  readonly probe?: HealthProbe;
  /** Between SIGTERM and SIGKILL, of the container that stands in its place when it is taken down again. */
  readonly stopTimeout?: Milliseconds;
  /** The names of the target groups that the run had taken the host out of: it is drained from them before this one goes down again. */
  readonly targetGroups?: readonly string[];
}

/**
 * Processes of an Auto Scaling group that were suspended for the run, since they would have replaced a drained host: only those that were
 * running before, so that restoring resumes exactly them.
 */
export interface ScalingHold {
  readonly id: HoldId;
  readonly kind: 'scaling_group';
  readonly name: string;
  readonly group: GroupName;
  readonly processes: readonly string[];
  readonly region: Region;
  readonly account?: AccountId;
  readonly role?: string;
}

export interface HeldContainer {
  readonly id: ContainerId;
  readonly running: boolean;
  readonly restartPolicy: RestartPolicy;
  readonly digest?: Digest;
  /** The version label, for people. */
  readonly version?: string;
  /** What it was made from, and by which run, so that it can be made again when somebody removed it: from today's settings, if these have this hash. */
  readonly image?: string;
  readonly specHash?: string;
  readonly run?: string;
}

/**
 * How a hold ended: `returned` (given back by the playbook, and read back), `replaced` (by the planned state, when the batch passed its bake),
 * `restored`, `named` to a person at the end, `gone` (its host was terminated or stopped, so there is nothing to put back), or `superseded`
 * (a newer run changed the host, or the host keeps what this run gave it, so the hold is out of date).
 */
export type Settlement = 'returned' | 'replaced' | 'restored' | 'named' | 'gone' | 'superseded';
