import type { EventBus } from '../events/bus.js';
import type { Milliseconds } from '../model/duration.js';
import type { EnvironmentName, RunId } from '../model/ids.js';
import type { RunRecord } from '../model/run-record.js';
import type { Layer } from '../expression/scope.js';
import type { Blips } from './blips.js';
import type { EnginePorts } from './ports.js';
import type { FloorGuard } from './interlocks/floor-guard.js';
import type { HoldBook } from './holds/hold-book.js';
import type { MutationGate } from './interlocks/mutation-gate.js';
import type { PinnedImages } from './pinned-images.js';
import type { Reservations } from './interlocks/reservations.js';
import type { RunOnce } from './roll/run-once.js';
import type { StopSignal } from './stop-signal.js';
import type { Tally } from './tally.js';
import type { TargetGroups } from './target-groups.js';

/** What all hosts, plays and tasks of one run share. */
export interface Run {
  readonly id: RunId;
  readonly verb: string;
  /** Who runs it, and the build's page. */
  readonly owner: RunRecord['owner'];
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
