import type { EpochMilliseconds } from './duration.js';
import type { Hold, Settlement } from './hold.js';
import type { EnvironmentName, GroupName, HoldId, HostId, RunId } from './ids.js';

/** One line of the journal. Each is synced before the side effect that it describes. No secrets in any. */
export type JournalRecord = { readonly at: EpochMilliseconds } & (
  | {
      readonly type: 'run.started';
      readonly run: RunId;
      readonly verb: string;
      readonly environment: EnvironmentName;
      readonly groups: readonly GroupName[];
      readonly hosts: readonly HostId[];
      /** `repository@digest` of each group's release. */
      readonly images: readonly string[];
      readonly owner: string;
    }
  | { readonly type: 'hold.opened'; readonly hold: Hold }
  /** A mutation is about to be made; without a `mutation.done` after it, its outcome is unknown. */
  | { readonly type: 'mutation.intended'; readonly id: string; readonly host: HostId; readonly what: string }
  | { readonly type: 'mutation.done'; readonly id: string; readonly host: HostId }
  | { readonly type: 'hold.settled'; readonly hold: HoldId; readonly host: HostId; readonly as: Settlement }
  | { readonly type: 'one_way.ran'; readonly host: HostId; readonly task: string }
  | { readonly type: 'batch.started'; readonly batch: number; readonly hosts: readonly HostId[] }
  | { readonly type: 'batch.ended'; readonly batch: number }
  | { readonly type: 'run.ended'; readonly exit: number }
);
