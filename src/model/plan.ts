import type { ContainerSpec } from './container.js';
import type { Milliseconds } from './duration.js';
import type { Digest, EnvironmentName, GroupName, HostId, Region, TargetGroupArn } from './ids.js';
import type { Registration, TargetState } from './registration.js';
import type { Release } from './release.js';
import type { RolloutSettings } from './settings.js';

/** A variable of the environment that stands for a flag: `ADFPUSH_LOCK_WAIT` for `--lock-wait`. */
export interface FlagVariable {
  readonly variable: string;
  /** `--lock-wait`. */
  readonly flag: string;
  /** Absent where it may hold a secret: `--extra-vars`. */
  readonly value?: string;
  /** False when the flag was given too: the flag wins. */
  readonly used: boolean;
}

/** What deploy does to one group, host by host, batch by batch. Made by plan/, run by engine/, read back by the audit. */
export interface Plan {
  readonly environment: EnvironmentName;
  readonly group: GroupName;
  readonly release: Release;
  readonly hosts: readonly HostPlan[];
  /** The hosts to roll, in their order; hosts that are converged are in none. */
  readonly batches: readonly (readonly HostId[])[];
  readonly targetGroups: readonly TargetGroupPlan[];
  /** Absent when there are none. */
  readonly scaling?: readonly ScalingGroupPlan[];
  readonly rollout: RolloutSettings;
  /** What the playbook does, in its order; absent where no playbook was read. */
  readonly plays?: readonly PlayPlan[];
  /** What the waiting alone takes: deregistration delays and bakes. */
  readonly minimumDuration: Milliseconds;
  /** Aloud: accepted downtime, a drained host, fresh instances. */
  readonly warnings: readonly string[];
  /** Hosts that could not be reached, and that the run goes without: `--skip-unreachable`. */
  readonly leftOut?: readonly LeftOutHost[];
  /** Hosts that people keep out of service, and that the run goes without; `reason` says since when, and who. */
  readonly keptOut?: readonly LeftOutHost[];
  /** Absent when no variable stands for a flag. */
  readonly variables?: readonly FlagVariable[];
}

/** One play of the playbook. Names are rendered for the first host. */
export interface PlayPlan {
  readonly name: string;
  /** Its pattern. */
  readonly hosts: string;
  /** Those that the tags select, without handlers. */
  readonly tasks: readonly TaskPlan[];
}

export interface TaskPlan {
  readonly name: string;
  readonly module: string;
  /** Where it is written: `playbooks/deploy.yml:12:7`. */
  readonly at: string;
  /** `one_way: true`: once it ran, no failure rolls back. Absent otherwise. */
  readonly oneWay?: true;
  /** `run_once: true`: on one host for all. Absent otherwise. */
  readonly runOnce?: true;
}

export interface LeftOutHost {
  readonly host: HostId;
  readonly name: string;
  readonly reason: string;
}

export interface HostPlan {
  readonly host: HostId;
  readonly name: string;
  readonly address: string;
  readonly zone?: string;
  /** The Docker Engine that is spoken to on the host. */
  readonly engine: EnginePlan;
  readonly action: HostAction;
  readonly from: HostState;
  readonly to: PlannedState;
  /** Why it is rolled, in words: `digest`, `environment variables`, `not running`, `not registered`. */
  readonly reasons: readonly string[];
}

/** Which Docker Engine a host is rolled through. */
interface EnginePlan {
  /** Its release: `27.5.1`. */
  readonly version: string;
  /** The version of its API that is spoken: `1.47`. */
  readonly apiVersion: string;
  /** Its socket: `unix:///var/run/docker.sock`. */
  readonly address: string;
}

/** `converged` hosts are skipped. */
type HostAction = 'roll' | 'converged';

/** What a host is to become: a task of the roll makes this and nothing else, and the audit asks for it. */
export interface PlannedState {
  readonly release: Release;
  /** In start order. */
  readonly containers: readonly ContainerSpec[];
  /** Where it is to be in service. */
  readonly registrations: readonly Registration[];
}

/** The plan as people and other programs are told it: what a container is given may be secret, so that only its name and image are. */
export interface PlanReport extends Omit<Plan, 'hosts'> {
  readonly hosts: readonly HostPlanReport[];
}

export interface HostPlanReport extends Omit<HostPlan, 'to'> {
  readonly to: HostState;
}

/** What a host runs, and where it is registered. */
export interface HostState {
  readonly containers: readonly ContainerSummary[];
  readonly registrations: readonly RegistrationSummary[];
}

export interface ContainerSummary {
  readonly name: string;
  readonly version?: string;
  readonly digest?: Digest;
  readonly running: boolean;
}

export interface RegistrationSummary {
  readonly registration: Registration;
  readonly state: TargetState;
}

/** An Auto Scaling group that would replace hosts which the roll takes out of rotation. */
export interface ScalingGroupPlan {
  readonly name: string;
  readonly region: Region;
  /** Its processes that are suspended for the run; none when all were suspended before. */
  readonly suspends: readonly string[];
}

export interface TargetGroupPlan {
  readonly arn: TargetGroupArn;
  readonly name: string;
  readonly deregistrationDelay: Milliseconds;
  readonly registered: number;
  readonly healthy: number;
  /** The healthy count below which no drain takes it. */
  readonly floor: number;
}
