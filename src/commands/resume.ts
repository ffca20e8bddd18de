import { Args, Flags } from '@oclif/core';
import { allExits } from '../cli/exit-codes.js';
import { becomePasswordFlag, forksFlag, variableFlags } from '../cli/flags.js';
import { RollCommand, rollFlags } from '../cli/roll-command.js';
import { defined } from '../model/defined.js';
import type { ExitCode } from '../model/run-result.js';
import { deployChoices, skipUnreachableFlag } from './deploy-flags.js';

export default class Resume extends RollCommand {
  static override summary = 'Go on with an interrupted deploy or rollback';
  static override description = `Goes on with a run that was killed or stopped by a signal: restores what it still holds, and rolls the hosts that are not converged yet, to the same digest even if its tag moved meanwhile. Groups, --limit and --tags are those of the run; --extra-vars have to be given again, since their values are recorded nowhere.

Without RUN it is the newest interrupted run in the journals of this machine. It is refused when the project's files or the variables are not what the run found (deploy again then: converged hosts are skipped), or when something else was rolled since. It may be repeated: when nothing is left to do, it does nothing.`;
  static override usage = 'resume [RUN] [--env E] [FLAGS]';
  static override examples = [
    { description: 'The newest interrupted run', command: '<%= config.bin %> resume' },
    {
      description: 'A run by the beginning of its id, which its first line tells',
      command: '<%= config.bin %> resume 20261121T0315 --env prod',
    },
    {
      description: 'A run that was given variables',
      command: '<%= config.bin %> resume --env prod -e log_level=debug',
    },
  ];
  static override args = {
    RUN: Args.string({ description: 'The run, or the beginning of its id' }),
  };
  static override flags = {
    env: Flags.string({ description: 'Only a run of this environment', helpValue: 'E' }),
    ...variableFlags,
    ...forksFlag,
    ...skipUnreachableFlag,
    ...becomePasswordFlag,
    ...rollFlags,
  };
  static override exits = allExits;

  protected async perform(): Promise<ExitCode> {
    const { args, flags, raw } = await this.parse(Resume);
    const options = {
      ...this.values(flags),
      ...deployChoices(flags),
      ...this.rollChoices(flags),
      ...defined({ run: args.RUN, environment: flags.env }),
    };
    return this.roll(flags, raw, async (hooks) => {
      const { resume } = await import('../deploy/resume.js');
      return resume(options, hooks);
    });
  }
}
