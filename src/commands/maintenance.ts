import { Args, Flags } from '@oclif/core';
import { BaseCommand } from '../cli/base-command.js';
import { fleetFlags, jsonFlag, variableFlags } from '../cli/flags.js';
import { inSession, onlyProgress } from '../cli/session.js';
import { defined } from '../model/defined.js';
import type { ExitCode } from '../model/run-result.js';
import { renderMaintenance } from '../report/maintenance-view.js';

export default class Maintenance extends BaseCommand {
  static override summary = 'Let load balancers answer with a page in place of a group';
  static override description = `While it is on, clients of the group get 503 and a page. A rule with the page stands right in front of each rule of a listener that forwards to the group's target groups. These rules stay as they are, so health checks go on, and deploys behind the page work as ever; they say that the group is in maintenance. Rules that others add meanwhile are left alone.

Both on and off do nothing that is done already, and go on with what a killed command left. Asks no host and takes no lease, so it can be turned on in the middle of a deploy. On a terminal it asks first.`;
  static override usage = 'maintenance on|off --group G[,G2] --env E [FLAGS]';
  static override examples = [
    {
      description: 'Before a migration',
      command: "<%= config.bin %> maintenance on --group api --env prod --reason 'new database'",
    },
    {
      description: 'Let the clients through again',
      command: '<%= config.bin %> maintenance off --group api --env prod',
    },
  ];
  static override args = {
    STATE: Args.string({
      description: 'Whether clients get the page',
      required: true,
      options: ['on', 'off'],
    }),
  };
  static override flags = {
    group: fleetFlags.group,
    env: fleetFlags.env,
    page: Flags.string({
      description:
        'What is answered: a file of at most 1,024 characters, .html, .txt or .json, relative to the project; a sentence when absent',
      helpValue: 'FILE',
    }),
    reason: Flags.string({
      description: 'Why, for those who meet it: a ticket, a sentence',
      helpValue: 'TEXT',
    }),
    check: Flags.boolean({ char: 'C', description: 'Dry run: say what would change, change nothing' }),
    yes: Flags.boolean({ char: 'y', description: 'Do not ask on a terminal' }),
    ...variableFlags,
    ...jsonFlag,
  };
  static override exits: readonly ExitCode[] = [0, 1, 2, 3, 4, 130, 143];

  protected async perform(): Promise<ExitCode> {
    const { args, flags } = await this.parse(Maintenance);
    const options = {
      ...this.common(flags),
      groups: this.groups(flags),
      state: args.STATE === 'on' ? ('on' as const) : ('off' as const),
      check: flags.check,
      ...defined({ page: flags.page, reason: flags.reason }),
    };
    const stream = flags.json ? process.stderr : process.stdout;
    const session = { ...onlyProgress(stream), ask: !flags.yes && !flags.check };
    const report = await inSession(session, async ({ hooks }) => {
      const { maintenance } = await import('../operate/maintenance.js');
      return maintenance(options, hooks);
    });
    if (flags.json) this.print(report);
    else this.printText(renderMaintenance(report, this.view));
    return 0;
  }
}
