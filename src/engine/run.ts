import type { EventBus } from '../events/bus.js';
import type { Layer } from '../expression/scope.js';
import type { EpochMilliseconds, Milliseconds } from '../model/duration.js';
import type { AddedHost } from '../model/added-host.js';
import type { Host } from '../model/host.js';
import type { EnvironmentName, HostId, RunId } from '../model/ids.js';
import type { RunRecord } from '../model/run-record.js';
import type { Place } from '../model/source.js';
import type { TagSelection } from '../playbook/tags.js';
import type { Clock, Random } from '../ports/clock.js';
import type { ControlSide } from '../ports/control-side.js';
import type { ContainerRuntime } from '../ports/container-runtime.js';
import type { Presence } from '../ports/fleet.js';
import type { DrainedRecords } from '../ports/drained.js';
import type { FilesOfHosts } from '../ports/host-files.js';
import type { Fence, GroupKeys, HostHolds } from '../ports/host-holds.js';
import type { HostHttp } from '../ports/host-http.js';
import type { Journal } from '../ports/journal.js';
import type { ProjectFiles, SpillStore } from '../ports/project-files.js';
import type { Registry } from '../ports/registry.js';
import type { ListenerRules, ScalingGroups } from '../ports/traffic.js';
import type { Transport } from '../ports/transport.js';
import type { SharedTraffic } from '../traffic/shared-traffic.js';
import type { Blips } from './blips.js';
import type { HostTarget } from './host-target.js';
import type { HostVariables } from './host-variables.js';
import type { Jobs } from './jobs.js';
import type { HoldBook } from './holds/hold-book.js';
import type { FloorGuard } from './interlocks/floor-guard.js';
import type { MutationGate } from './interlocks/mutation-gate.js';
import type { Reservations } from './interlocks/reservations.js';
import type { PinnedImages } from './pinned-images.js';
import type { RunOnce } from './roll/run-once.js';
import type { StepThrough } from './roll/step-through.js';
import type { StopSignal } from './stop-signal.js';
import type { Tally } from './tally.js';
import type { TargetGroups } from './target-groups.js';

/** The world as one run meets it. */
export interface EnginePorts {
  /** Absent where nothing is kept of output that is too much for memory. */
  readonly spills?: SpillStore;
  readonly clock: Clock;
  readonly random: Random;
  readonly transport: Transport;
  readonly runtime: ContainerRuntime;
  readonly http: HostHttp;
  readonly traffic: SharedTraffic;
  /** Absent where the environment says nothing of AWS. */
  readonly scaling?: ScalingGroups;
  /** Absent where the environment says nothing of AWS. */
  readonly listenerRules?: ListenerRules;
  readonly registry: Registry;
  readonly journal: Journal;
  readonly hostHolds: HostHolds;
  readonly presence: Presence;
  readonly fence: Fence;
  /** Absent where secrets are not hashed. */
  readonly groupKeys?: GroupKeys;
  /** Absent where no host is ever kept out of service. */
  readonly drained?: DrainedRecords;
  readonly files: ProjectFiles;
  /** Absent where nothing can be done on the control machine. */
  readonly control?: ControlSide;
  readonly hostFiles: FilesOfHosts;
}

/** What all hosts, plays and tasks of one run share. */
export interface Run {
  readonly id: RunId;
  readonly verb: string;
  /** Who runs it, and the build's page. */
  readonly owner: RunRecord['owner'];
  /** When it was started, on this machine's clock. */
  readonly startedAt: EpochMilliseconds;
  /** When it was started, as a reading of `clock.elapsed`, whatever it waited for since. */
  readonly begun: Milliseconds;
  readonly environment: EnvironmentName;
  readonly ports: EnginePorts;
  readonly bus: EventBus;
  readonly stop: StopSignal;
  readonly holds: HoldBook;
  readonly gate: MutationGate;
  /** The commands that its tasks started with `poll: 0`. */
  readonly jobs: Jobs;
  /** What did not answer for a while, and how long it is waited for. */
  readonly blips: Blips;
  readonly floor: FloorGuard;
  /** What its groups have out of target groups, where runs of other groups see it. */
  readonly reservations: Reservations;
  readonly images: PinnedImages;
  readonly targetGroups: TargetGroups;
  readonly tally: Tally;
  /** What its `run_once` tasks came to: hosts that join later do not run them again. */
  readonly runOnce: RunOnce;
  /** What each host's tasks are rendered with, which those of other hosts may read. */
  readonly hostVariables: Map<HostId, HostVariables>;
  /** Observe only. */
  readonly checkMode: boolean;
  /** Hosts that are kept out of service may come back in it: `undrain`. */
  readonly undrains?: boolean;
  /** At most this many turns at once. */
  readonly forks: number;
  /** The highest layer of variables: `--extra-vars`. */
  readonly extraVars: readonly Layer[];
  readonly tags: TagSelection;
  /** Any host of the inventory, by its name or id, for `delegate_to`; absent where nothing can be delegated but to this machine. */
  readonly targetOf?: (name: string) => HostTarget | undefined;
  /** How tasks add hosts; absent where the hosts are those of the groups that are deployed. */
  readonly growth?: Growth;
  /** Asks a person before each task; absent where none is asked. */
  readonly steps?: StepThrough;
  /** While a step runs it is told now and then that it does, and what it prints where `output` says so; nothing of both when absent. */
  readonly watch?: { readonly output: boolean };
}

/** The hosts that join a run while it goes on. */
export interface Growth {
  /** Adds a host, or more of one that there is; `at` is the task. Throws `add_host.*`, and zod's error for its `ssh` or `docker`. */
  add(added: AddedHost, at: Place): Promise<Host>;
  /**
   * To be asked before a task changes a host in the place of its own: where that host was added, it is leased and written down first, so that the
   * run may change it and a recovery finds it. Throws `lease.*` and `add_host.held`.
   */
  hold(host: Host): Promise<void>;
  /** Whether a host or a group of this name may still be added. */
  mayAdd(name: string): boolean;
}
