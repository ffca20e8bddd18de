import type { EventBus } from '../events/bus.js';
import type { Layer } from '../expression/scope.js';
import type { EpochMilliseconds, Milliseconds } from '../model/duration.js';
import type { EnvironmentName, RunId } from '../model/ids.js';
import type { RunRecord } from '../model/run-record.js';
import type { Clock, Random } from '../ports/clock.js';
import type { ContainerRuntime } from '../ports/container-runtime.js';
import type { Presence } from '../ports/fleet.js';
import type { FilesOfHosts } from '../ports/host-files.js';
import type { Fence, HostHolds } from '../ports/host-holds.js';
import type { HostHttp } from '../ports/host-http.js';
import type { Journal } from '../ports/journal.js';
import type { ProjectFiles, SpillStore } from '../ports/project-files.js';
import type { Registry } from '../ports/registry.js';
import type { ScalingGroups } from '../ports/traffic.js';
import type { Transport } from '../ports/transport.js';
import type { SharedTraffic } from '../traffic/shared-traffic.js';
import type { Blips } from './blips.js';
import type { HoldBook } from './holds/hold-book.js';
import type { FloorGuard } from './interlocks/floor-guard.js';
import type { MutationGate } from './interlocks/mutation-gate.js';
import type { Reservations } from './interlocks/reservations.js';
import type { PinnedImages } from './pinned-images.js';
import type { RunOnce } from './roll/run-once.js';
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
  readonly registry: Registry;
  readonly journal: Journal;
  readonly hostHolds: HostHolds;
  readonly presence: Presence;
  readonly fence: Fence;
  readonly files: ProjectFiles;
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
  /** Observe only. */
  readonly checkMode: boolean;
  /** At most this many turns at once. */
  readonly forks: number;
  /** The highest layer of variables: `--extra-vars`. */
  readonly extraVars: readonly Layer[];
  readonly tags: TagSelection;
}

/** `--tags` and `--skip-tags`; undefined tags select all. */
export interface TagSelection {
  readonly only: readonly string[] | undefined;
  readonly skip: readonly string[];
}
