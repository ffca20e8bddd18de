import { Flags } from '@oclif/core';
import { BaseCommand } from '../cli/base-command.js';
import { allExits } from '../cli/exit-codes.js';
import { durationOf, exitCodeFlag, graceFlag, lockWaitFlag, reportFlags } from '../cli/flags.js';
import { inSession } from '../cli/session.js';
import type { ExitCode } from '../model/run-result.js';
import { deployChoices, deployFlags } from './deploy-flags.js';

export default class Deploy extends BaseCommand {
  static override summary = 'Roll a release over the hosts of a group';
  static override description = `Rolls a release over a group in batches: each host leaves its load balancer, gets the new container, proves that it is healthy, and comes back. A host that fails is restored to what it ran before; on_failure says what becomes of the others.

On a terminal it shows the plan and asks. Without one (a build server) it goes ahead. The first SIGINT or SIGTERM stops the run and restores what it holds; the second exits at once.`;
  static override usage = 'deploy --group G[,G2] --env E [--version V] [FLAGS]';
  static override examples = [
    {
      description: 'Roll a version over a group',
      command: '<%= config.bin %> deploy --group api --env prod --version v42',
    },
    {
      description: 'See what it would do, and change nothing',
      command: '<%= config.bin %> deploy -g api --env prod --version v42 --check --diff',
    },
    {
      description: 'In a build job, with reports',
      command:
        '<%= config.bin %> deploy -g api --env prod --version v42 --junit deploy.xml --events deploy.ndjson',
    },
    {
      description: 'Only one host, with a variable set',
      command: '<%= config.bin %> deploy -g api --env prod --limit api-1 -e log_level=debug',
    },
  ];
  static override flags = {
    ...deployFlags,
    check: Flags.boolean({ char: 'C', description: 'Dry run: say what would change, change nothing' }),
    diff: Flags.boolean({ char: 'D', description: 'Show what changes, line by line' }),
    ...exitCodeFlag('With --check: exit 6 when something would change'),
    yes: Flags.boolean({ char: 'y', description: 'Do not ask on a terminal' }),
    ...lockWaitFlag,
    ...graceFlag,
    ...reportFlags,
  };
  static override exits = allExits;

  protected async perform(): Promise<ExitCode> {
    const { flags, raw } = await this.parse(Deploy);
    const grace = durationOf('--grace', flags.grace);
    const lockWait = durationOf('--lock-wait', flags['lock-wait']);
    const options = {
      ...this.common(flags),
      ...deployChoices(flags),
      groups: this.groups(flags),
      check: flags.check,
      diff: flags.diff,
      ...(lockWait === undefined ? {} : { lockWait }),
    };
    return inSession(
      {
        stream: flags.json ? process.stderr : process.stdout,
        verbosity: this.times(raw, 'verbose'),
        diff: flags.diff,
        output: false,
        timestamps: flags.timestamps,
        progressOnly: false,
        redaction: this.redaction,
        ask: !flags.yes && !flags.check,
        ...(grace === undefined ? {} : { grace }),
        ...(flags.events === undefined ? {} : { events: flags.events }),
        ...(flags.junit === undefined ? {} : { junit: flags.junit }),
      },
      async ({ hooks, kept }) => {
        const { deploy } = await import('../usecases/deploy.js');
        const result = await deploy(options, hooks);
        const exit = result.outcome === 'drift' && !flags['exit-code'] ? 0 : result.exit;
        if (flags.json) this.print({ ...(kept() ?? result), exit });
        return exit;
      },
    );
  }
}
