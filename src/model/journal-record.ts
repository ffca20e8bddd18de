import type { BlipRecord } from './blip.js';
import type { EpochMilliseconds, Milliseconds } from './duration.js';
import type { CloudHold, Hold, Settlement } from './hold.js';
import type { EnvironmentName, HoldId, HostId } from './ids.js';
import type { Host } from './host.js';
import type { GroupRecord, LeaseEpoch, ProcessRecord, RunRecord } from './run-record.js';

/** One line of the journal. Each is synced before the side effect that it describes. No secrets in any. */
export type JournalRecord = { readonly at: EpochMilliseconds } & (
  | ({ readonly type: 'run.started' } & RunRecord)
  | { readonly type: 'hold.opened'; readonly hold: Hold | CloudHold }
  /**
   * A mutation is about to be made; without a `mutation.done` after it, its outcome is unknown. `host` is absent for one that is no
   * host's: of an Auto Scaling group. `ownTime` is what the request itself allows, such as the timeout of a stop. `job` is the id of the
   * step, for a job that a task started with `poll: 0`: its host knows what became of it.
   */
  | {
      readonly type: 'mutation.intended';
      readonly id: string;
      readonly host?: HostId;
      readonly what: string;
      readonly ownTime?: Milliseconds;
      readonly job?: string;
    }
  | { readonly type: 'mutation.done'; readonly id: string; readonly host?: HostId }
  /** `host` is absent for what is held of no host: an Auto Scaling group. */
  | { readonly type: 'hold.settled'; readonly hold: HoldId; readonly host?: HostId; readonly as: Settlement }
  | { readonly type: 'one_way.ran'; readonly host: HostId; readonly task: string }
  | { readonly type: 'batch.started'; readonly batch: number; readonly hosts: readonly HostId[] }
  | { readonly type: 'batch.ended'; readonly batch: number }
  /**
   * Hosts joined an ad-hoc playbook. `added` are those that no inventory lists, with how they are reached; `groups` and `hosts` are all that the run
   * has by now, and `epochs` those of the leases that it took for them.
   */
  | {
      readonly type: 'run.grown';
      readonly added: readonly Host[];
      readonly groups: readonly GroupRecord[];
      readonly hosts: readonly HostId[];
      readonly epochs: readonly LeaseEpoch[];
    }
  /** Another process took the run up, to restore what it still held. */
  | {
      readonly type: 'run.recovering';
      readonly by: string;
      readonly process: ProcessRecord;
      readonly epochs?: readonly LeaseEpoch[];
    }
  /** With what blipped meanwhile, if anything did: `doctor` shows it. */
  | {
      readonly type: 'run.ended';
      readonly exit: number;
      readonly environment?: EnvironmentName;
      readonly blips?: readonly BlipRecord[];
    }
);
