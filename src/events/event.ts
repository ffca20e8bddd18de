import type { AdfError } from '../errors/adf-error.js';
import type { BlipSource } from '../model/blip.js';
import type { EpochMilliseconds, Milliseconds } from '../model/duration.js';
import type { GroupName, HostId, Region, RunId } from '../model/ids.js';
import type { PlanReport } from '../model/plan.js';
import type { EnvironmentComparison } from '../model/promotion.js';
import type { RunResult } from '../model/run-result.js';
import type { Settlement } from '../model/hold.js';

/** Ansible's task statuses, and one of ours. */
export type TaskStatus = 'ok' | 'changed' | 'skipped' | 'failed' | 'unreachable' | 'restored';

/** A host as readers show it. */
export interface EventHost {
  readonly id: HostId;
  readonly name: string;
}

/** The task an event belongs to. `index` counts within the play, from 0. */
export interface EventTask {
  readonly play: string;
  readonly index: number;
  readonly name: string;
  readonly module: string;
}

/**
 * Everything the engine tells. The `type` and the fields are a promise, wording is made by the readers. Nothing in an event
 * is secret once it passed the bus. `at` is the wall clock.
 */
export type Event = { readonly at: EpochMilliseconds } & EventBody;

export type EventBody =
  // A run
  | {
      readonly type: 'run.started';
      readonly run: RunId;
      readonly verb: string;
      readonly environment: string;
      readonly groups: readonly GroupName[];
      /** Who started it: `jenkins@build-7`; and the page of the build. */
      readonly who: string;
      readonly link?: string;
      /** Of an ad-hoc playbook, as it was given. */
      readonly playbook?: string;
    }
  | { readonly type: 'phase.started'; readonly phase: Phase; readonly detail?: string }
  | {
      readonly type: 'phase.ended';
      readonly phase: Phase;
      readonly detail?: string;
      readonly duration: Milliseconds;
    }
  | { readonly type: 'host.connected'; readonly host: EventHost; readonly duration: Milliseconds }
  /** A host's key that was on no record: accepted, and recorded in `file`. */
  | {
      readonly type: 'host_key.recorded';
      readonly host: EventHost;
      readonly keyType: string;
      /** OpenSSH's, `SHA256:…`. */
      readonly fingerprint: string;
      readonly file: string;
      readonly source: 'accept-new' | 'console';
    }
  | { readonly type: 'plan.made'; readonly plan: PlanReport }
  /** How the group differs between the environment that its release comes from and this one. */
  | { readonly type: 'promotion.compared'; readonly comparison: EnvironmentComparison }
  /** The release is on record, before its first change. `parent` is the number of the release before it. */
  | {
      readonly type: 'release.recorded';
      readonly group: GroupName;
      readonly number: number;
      readonly version: string;
      readonly parent?: number;
    }
  // A run that was interrupted, and is recovered; or would be, by a command that changes something
  | {
      readonly type: 'recovery.found';
      readonly run: RunId;
      readonly verb: string;
      readonly groups: readonly GroupName[];
      readonly who: string;
      readonly link?: string;
      /** When it began. */
      readonly since: EpochMilliseconds;
      readonly held: readonly { readonly host: EventHost; readonly what: readonly string[] }[];
      /** It is restored now; otherwise it is only told. */
      readonly recovering: boolean;
    }
  | {
      readonly type: 'recovery.ended';
      readonly run: RunId;
      readonly restored: readonly EventHost[];
      readonly named: readonly EventHost[];
    }
  | {
      readonly type: 'warning';
      readonly message: string;
      readonly host?: EventHost;
      /** The task that warns. */
      readonly task?: EventTask;
    }
  /** Something did not answer for a while, and answers again. `host` is absent for AWS. */
  | {
      readonly type: 'blip';
      readonly host?: EventHost;
      readonly source: BlipSource;
      /** What the first call that failed said. */
      readonly reason: string;
      readonly duration: Milliseconds;
    }
  /** Something has not answered for a while, and is waited for. `host` is absent for AWS. Told once, and not of what is back soon. */
  | {
      readonly type: 'blip.waiting';
      readonly host?: EventHost;
      readonly source: BlipSource;
      /** What the first call that failed said. */
      readonly reason: string;
      /** When it is given up at the latest. */
      readonly until: EpochMilliseconds;
    }
  // Plays, batches, turns, tasks
  | { readonly type: 'play.started'; readonly play: string; readonly hosts: readonly EventHost[] }
  | {
      readonly type: 'batch.started';
      readonly play: string;
      readonly batch: number;
      readonly of: number;
      readonly hosts: readonly EventHost[];
    }
  | { readonly type: 'batch.waiting'; readonly play: string; readonly batch: number; readonly reason: string }
  | {
      readonly type: 'bake.started';
      readonly play: string;
      readonly batch: number;
      readonly duration: Milliseconds;
    }
  | {
      readonly type: 'bake.ended';
      readonly play: string;
      readonly batch: number;
      readonly passed: boolean;
      readonly reason?: string;
    }
  | {
      readonly type: 'batch.ended';
      readonly play: string;
      readonly batch: number;
      readonly failed: readonly EventHost[];
    }
  | { readonly type: 'turn.started'; readonly host: EventHost; readonly play: string; readonly batch: number }
  | {
      readonly type: 'turn.ended';
      readonly host: EventHost;
      readonly play: string;
      readonly status: 'ok' | 'failed' | 'unreachable' | 'interrupted' | 'restored';
      readonly duration: Milliseconds;
    }
  | { readonly type: 'task.started'; readonly host: EventHost; readonly task: EventTask }
  | {
      readonly type: 'task.progress';
      readonly host: EventHost;
      readonly task: EventTask;
      readonly message: string;
      readonly done?: number;
      readonly total?: number;
    }
  /** What a command prints, in pieces, as it comes: told of `exec` on one host alone. `task.ended` has all of it once more. */
  | {
      readonly type: 'task.output';
      readonly host: EventHost;
      readonly task: EventTask;
      readonly stream: 'stdout' | 'stderr';
      readonly text: string;
    }
  | {
      readonly type: 'task.retrying';
      readonly host: EventHost;
      readonly task: EventTask;
      readonly attempt: number;
      readonly of: number;
      readonly reason: string;
    }
  | {
      readonly type: 'task.ended';
      readonly host: EventHost;
      readonly task: EventTask;
      readonly status: TaskStatus;
      readonly duration: Milliseconds;
      /** One line: what was changed, or why it was skipped or failed. */
      readonly message?: string;
      /** Lines before and after, for --diff. */
      readonly diff?: string;
      /** What a command printed. */
      readonly output?: string;
      /** The exit code of the command that the task ran; absent of a loop, and of a command that did not come to its own end. */
      readonly rc?: number;
      readonly error?: AdfError;
      /** Why a failure does not fail its host. */
      readonly excused?: 'ignored' | 'rescued';
    }
  | { readonly type: 'play.ended'; readonly play: string }
  // Holds
  | { readonly type: 'hold.opened'; readonly host: EventHost; readonly hold: string; readonly what: string }
  | {
      readonly type: 'hold.settled';
      readonly host: EventHost;
      readonly hold: string;
      readonly what: string;
      readonly as: Settlement;
    }
  /** Processes of an Auto Scaling group, which would have replaced a drained host, are held suspended. */
  | {
      readonly type: 'scaling.suspended';
      readonly hold: string;
      readonly scalingGroup: string;
      readonly region: Region;
      readonly processes: readonly string[];
    }
  | {
      readonly type: 'scaling.settled';
      readonly hold: string;
      readonly scalingGroup: string;
      readonly region: Region;
      readonly processes: readonly string[];
      readonly as: Settlement;
    }
  // Restoring and rolling back
  | { readonly type: 'restore.started'; readonly host: EventHost; readonly steps: readonly string[] }
  | { readonly type: 'restore.step'; readonly host: EventHost; readonly step: string }
  | {
      readonly type: 'restore.ended';
      readonly host: EventHost;
      readonly restored: boolean;
      readonly error?: AdfError;
    }
  | { readonly type: 'rollback.started'; readonly hosts: readonly EventHost[]; readonly reason: string }
  | {
      readonly type: 'rollback.ended';
      readonly restored: readonly EventHost[];
      readonly left: readonly EventHost[];
    }
  | { readonly type: 'signal.received'; readonly signal: string; readonly second: boolean }
  | {
      readonly type: 'host.named';
      readonly host: EventHost;
      readonly held: readonly string[];
      readonly reason: string;
    }
  | { readonly type: 'run.ended'; readonly result: RunResult };

/** The phases of a run that come before and after the plays. */
export type Phase = 'inventory' | 'release' | 'recovery' | 'preflight' | 'lease' | 'audit' | 'prune';
