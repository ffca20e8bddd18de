import { Args } from '@oclif/core';
import { BaseCommand } from '../cli/base-command.js';
import { allExits } from '../cli/exit-codes.js';
import {
  becomePasswordFlag,
  durationOf,
  fleetFlags,
  forksFlag,
  graceFlag,
  groupFlag,
  lockWaitFlag,
  reportFlags,
  splitNames,
  variableFlags,
} from '../cli/flags.js';
import { inSession } from '../cli/session.js';
import { defined } from '../model/defined.js';
import type { ExitCode } from '../model/run-result.js';

export default class Recover extends BaseCommand {
  static override summary = 'Restore what interrupted runs still hold';
  static override description = `Looks for runs that did not get to their end (killed, or with hosts that they could not restore), in the journals of this machine and on the hosts, and puts back what they had taken: containers and registrations, each host proven healthy before it is in service. It needs neither the playbook nor the disk of the machine that ran it. A deploy of the group does the same by itself before it begins.

It changes nothing when there is nothing to restore, and it can be interrupted and run again.`;
  static override usage = 'recover [RUN] --env E [--group G[,G2]] [FLAGS]';
  static override examples = [
    {
      description: 'Restore all that interrupted runs hold in production',
      command: '<%= config.bin %> recover --env prod',
    },
    {
      description: 'One run, when its lock has run out',
      command: '<%= config.bin %> recover 20261121T031500Z-7f3a09c4 --env prod --lock-wait 2m',
    },
  ];
  static override args = {
    run: Args.string({ description: 'Only this run; all interrupted ones without it', required: false }),
  };
  static override flags = {
    group: groupFlag('Only runs of these groups; all hosts of the environment are asked without it'),
    env: fleetFlags.env,
    ...variableFlags,
    ...forksFlag,
    ...becomePasswordFlag,
    ...lockWaitFlag,
    ...graceFlag,
    ...reportFlags,
  };
  static override exits = allExits;

  protected async perform(): Promise<ExitCode> {
    const { args, flags, raw } = await this.parse(Recover);
    const grace = durationOf('--grace', flags.grace);
    const lockWait = durationOf('--lock-wait', flags['lock-wait']);
    const groups = splitNames('--group', flags.group);
    const options = {
      ...this.common(flags),
      ...defined({ run: args.run }),
      ...(groups.length === 0 ? {} : { groups }),
      ...defined({ lockWait }),
    };
    return inSession(
      {
        stream: flags.json ? process.stderr : process.stdout,
        verbosity: this.times(raw, 'verbose'),
        diff: false,
        timestamps: flags.timestamps,
        progressOnly: false,
        redaction: this.redaction,
        ask: false,
        ...defined({ grace, events: flags.events, junit: flags.junit }),
      },
      async ({ hooks, kept }) => {
        const { recover } = await import('../recovery/recover.js');
        const result = await recover(options, hooks);
        if (flags.json) this.print(kept() ?? result);
        return result.exit;
      },
    );
  }
}
