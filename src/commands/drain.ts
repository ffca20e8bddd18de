import { Args } from '@oclif/core';
import { allExits } from '../cli/exit-codes.js';
import { DrainCommand, drainFlags } from '../cli/drain-command.js';
import type { ExitCode } from '../model/run-result.js';

export default class Drain extends DrainCommand {
  static override summary = 'Take hosts out of service, and keep them out';
  static override description = `Takes hosts out of their target groups and waits until no request is on its way to them any more. Never below the floor of their group, and never the last healthy host of a zone.

They stay out when the command ends. That is on record on all hosts of their group, so that it is known of one that is switched off, too. Every other command that puts hosts in service (deploy, promote, rollback, restart, a playbook) leaves them out and says so; status shows them as drained. undrain brings them back.`;
  static override usage = 'drain HOST... --env E [FLAGS]';
  static override examples = [
    {
      description: 'One host, with the reason for those who meet it',
      command: "<%= config.bin %> drain api-3 --env prod --reason 'its disk is replaced'",
    },
    {
      description: 'See what it would do, and change nothing',
      command: '<%= config.bin %> drain api-3 --env prod --check',
    },
  ];
  static override args = {
    HOST: Args.string({
      description: 'Names, addresses, ids or patterns of hosts, as for --limit',
      required: true,
    }),
  };
  static override strict = false;
  static override flags = drainFlags;
  static override exits = allExits;

  protected async perform(): Promise<ExitCode> {
    const { argv, flags, raw } = await this.parse(Drain);
    const options = this.drainOptions(flags, argv);
    return this.roll(flags, raw, async (hooks) => {
      const { drain } = await import('../operate/drain.js');
      return drain(options, hooks);
    });
  }
}
