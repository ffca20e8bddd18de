import type { StepAnswer, StopSignal } from '../engine/index.js';
import type { EventReader } from '../events/bus.js';
import type { Redaction } from '../events/redaction.js';
import type { Layer } from '../expression/scope.js';
import type { MaintenanceReport } from '../model/maintenance.js';
import type { FlagVariable, PlanReport } from '../model/plan.js';
import type { InterruptedStatus } from '../model/status-report.js';
import type { PersonPrompt } from '../ports/secret-keeper.js';

/** What every use case needs to know. */
export interface CommonOptions {
  /** The project's folder. */
  readonly project: string;
  readonly environment: string;
  /** In the order given; later ones win. */
  readonly extraVars: readonly Layer[];
  /** A host pattern `a:&b:!c`. */
  readonly limit?: string;
  /** Hosts worked on at the same time. */
  readonly forks?: number;
  /** The variables that stand for flags, for messages that say where a value came from. */
  readonly variables?: readonly FlagVariable[];
  /** Neither the cloud nor hosts are asked, and no AWS SDK is loaded. */
  readonly offline?: boolean;
  /** Ask for the password that sudo wants on the hosts, unless the environment gives it. */
  readonly askBecomePass?: boolean;
  /** Of the caller that shows what the use case throws: every secret that the use case meets is added to it. */
  readonly redaction?: Redaction;
}

export type { StepAnswer } from '../engine/index.js';

export interface RunHooks {
  readonly readers: readonly EventReader[];
  readonly stop: StopSignal;
  /** Shown the plan, says whether to go ahead; without it a run goes ahead. */
  confirm?(plans: readonly PlanReport[]): Promise<boolean>;
  /** Told of interrupted runs, says whether to restore what they hold; without it a run does so. */
  confirmRecovery?(runs: readonly InterruptedStatus[]): Promise<boolean>;
  /** Shown which rules would be changed, says whether to go ahead; without it they are changed. */
  confirmMaintenance?(report: MaintenanceReport): Promise<boolean>;
  /** Asks before each task whether it runs; absent where no person is asked. */
  readonly askTask?: (name: string) => Promise<StepAnswer>;
  /** Asks the person at the terminal for passphrases and variables; absent where there is none. */
  readonly prompt?: PersonPrompt;
}
