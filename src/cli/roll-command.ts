import { Flags } from '@oclif/core';
import { exitCodeWithoutCheck } from '../errors/cli.js';
import { defined } from '../model/defined.js';
import type { Milliseconds } from '../model/duration.js';
import type { ExitCode, RunResult } from '../model/run-result.js';
import type { RunHooks } from '../world/context.js';
import { BaseCommand } from './base-command.js';
import { durationOf, exitCodeFlag, graceFlag, lockWaitFlag, reportFlags } from './flags.js';
import { inSession } from './session.js';

/** The flags of whatever rolls a release over hosts: how it goes about it, and what it writes. */
export const rollFlags = {
  check: Flags.boolean({ char: 'C', description: 'Dry run: say what would change, change nothing' }),
  diff: Flags.boolean({ char: 'D', description: 'Show what changes, line by line' }),
  ...exitCodeFlag('With --check: exit 6 when something would change'),
  yes: Flags.boolean({ char: 'y', description: 'Do not ask on a terminal' }),
  ...lockWaitFlag,
  'no-recover': Flags.boolean({
    description:
      'Refuse when an interrupted run still holds something of the group, instead of restoring that first',
  }),
  ...graceFlag,
  ...reportFlags,
};

interface Given {
  readonly check: boolean;
  readonly diff: boolean;
  readonly 'exit-code': boolean;
  readonly yes: boolean;
  readonly 'lock-wait'?: string | undefined;
  readonly 'no-recover': boolean;
  readonly grace?: string | undefined;
  readonly json: boolean;
  readonly timestamps: boolean;
  readonly events?: string | undefined;
  readonly junit?: string | undefined;
  readonly step?: boolean;
}

type Raw = readonly { readonly type: string; readonly flag?: string }[];

/** A command that rolls a release over hosts: it may ask first, and ends with one result. */
export abstract class RollCommand extends BaseCommand {
  /** What of these flags the use case has to know. Throws `cli.invalid_duration`, `cli.exit_code_without_check`. */
  protected rollChoices(flags: Given): {
    readonly check: boolean;
    readonly diff: boolean;
    readonly lockWait?: Milliseconds;
    readonly noRecover: boolean;
  } {
    if (flags['exit-code'] && !flags.check) throw exitCodeWithoutCheck();
    const lockWait = durationOf('--lock-wait', flags['lock-wait']);
    return {
      check: flags.check,
      diff: flags.diff,
      noRecover: flags['no-recover'],
      ...defined({ lockWait }),
    };
  }

  /** Runs the use case in its session, and says how it ended. */
  protected async roll(
    flags: Given,
    raw: Raw,
    act: (hooks: RunHooks) => Promise<RunResult>,
  ): Promise<ExitCode> {
    const grace = durationOf('--grace', flags.grace);
    return inSession(
      {
        stream: flags.json ? process.stderr : process.stdout,
        verbosity: this.times(raw, 'verbose'),
        diff: flags.diff,
        timestamps: flags.timestamps,
        progressOnly: false,
        redaction: this.redaction,
        ask: !flags.yes && !flags.check,
        step: flags.step ?? false,
        ...defined({ grace, events: flags.events, junit: flags.junit }),
      },
      async ({ hooks, kept }) => {
        const result = await act(hooks);
        const exit = result.outcome === 'drift' && !flags['exit-code'] ? 0 : result.exit;
        if (flags.json) this.print({ ...(kept() ?? result), exit });
        return exit;
      },
    );
  }
}
