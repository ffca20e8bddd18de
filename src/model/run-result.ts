import type { EpochMilliseconds, Milliseconds } from './duration.js';
import type { EnvironmentName, GroupName, HostId, RunId } from './ids.js';

/** The exit codes of section 4. */
export type ExitCode = 0 | 1 | 2 | 3 | 4 | 5 | 6 | 130 | 143;

/** 128 and the number of the signal, as shells have it. */
export const exitOfSignal = (name: 'SIGINT' | 'SIGTERM'): ExitCode => (name === 'SIGINT' ? 130 : 143);

/** `rolled_back` failed (exit 4), and every host of the run is as it was before. */
export type RunOutcome =
  'converged' | 'failed' | 'rolled_back' | 'refused' | 'needs_person' | 'interrupted' | 'drift';

/** The one result document of a run: what `--json` prints and the recap shows. */
export interface RunResult {
  readonly run: RunId;
  readonly verb: string;
  readonly environment: EnvironmentName;
  readonly groups: readonly GroupName[];
  /** The playbook of `run`, as it was given; of `drain` the hosts, of `restart` the group. */
  readonly playbook?: string;
  readonly outcome: RunOutcome;
  readonly exit: ExitCode;
  readonly startedAt: EpochMilliseconds;
  readonly duration: Milliseconds;
  /** `repository@digest` per group, with the version it was asked for. */
  readonly releases: readonly {
    readonly group: GroupName;
    readonly version: string;
    readonly image: string;
  }[];
  readonly hosts: readonly HostResult[];
  /** True when the hosts ended on more than one release. */
  readonly mixed: boolean;
  /** One-way tasks that ran; they cannot be taken back. */
  readonly oneWay: readonly string[];
  /** The hosts that need a person, with what each held. */
  readonly named: readonly NamedHost[];
  readonly errors: readonly ResultError[];
  readonly warnings: readonly string[];
  /** How often something did not answer for a while and came back; absent where nothing is rolled. */
  readonly blips?: number;
  /** The interrupted runs that it recovered, newest first. */
  readonly recovered?: readonly RunId[];
}

export interface HostResult {
  readonly host: HostId;
  readonly name: string;
  /** Task counts, in Ansible's words. */
  readonly ok: number;
  readonly changed: number;
  readonly skipped: number;
  readonly failed: number;
  readonly unreachable: number;
  readonly restored: number;
  /** Failures that a block's `rescue` made good. */
  readonly rescued: number;
  /** Failures that `ignore_errors` or `ignore_unreachable` let pass; counted as `ok` or `skipped` too. */
  readonly ignored: number;
  readonly status:
    'converged' | 'deployed' | 'restored' | 'rolled_back' | 'untouched' | 'failed' | 'named' | 'ok';
  /** It joined its group while that was rolled. */
  readonly joined?: true;
  /** The version and image it ran at the end, as far as known. */
  readonly version?: string;
  readonly image?: string;
  /** What came of the command of `exec`; absent when it was not begun, or its run was interrupted. */
  readonly command?: CommandReport;
}

/** How a command ended on a host, and what it printed. */
export interface CommandReport {
  /** `exited`; or `signalled`, `timed_out`, `cancelled`, `interrupted`, `unknown`. */
  readonly outcome: string;
  /** Its exit code; absent unless it exited, so that an unknown outcome is never taken for 0. */
  readonly rc?: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly duration: Milliseconds;
  /** Something in the middle of the output is left out. */
  readonly truncated: boolean;
  /** The files of this machine that have all of it, when it was too much for memory. */
  readonly stdoutFile?: string;
  readonly stderrFile?: string;
}

export interface NamedHost {
  readonly host: HostId;
  readonly name: string;
  readonly held: readonly string[];
  readonly reason: string;
}

export interface ResultError {
  readonly code: string;
  readonly message: string;
  readonly host?: string;
  /** The title of the task that failed. */
  readonly task?: string;
  /** In the user's files, `file:line:column`: of what is wrong, or of the task. */
  readonly at?: string;
  readonly hint?: string;
}
