import { Flags } from '@oclif/core';
import { BaseCommand } from '../cli/base-command.js';
import {
  becomePasswordFlag,
  exitCodeFlag,
  anyGroupFlag,
  fleetFlags,
  forksFlag,
  jsonFlag,
  variableFlags,
} from '../cli/flags.js';
import { inSession, onlyProgress } from '../cli/session.js';
import type { ExitCode } from '../model/run-result.js';
import { renderStatus, renderStatusBrief } from '../report/status-view.js';

export default class Status extends BaseCommand {
  static override summary = 'Show what each host of a group really runs';
  static override description = `Asks every host of the group which containers it runs and the load balancer which of them are in service, and compares that with the configuration. Changes nothing.`;
  static override usage = 'status --group G[,G2] --env E [FLAGS]';
  static override examples = [
    { description: 'What runs in production', command: '<%= config.bin %> status --group api --env prod' },
    {
      description: 'All that runs in production, on one screen',
      command: '<%= config.bin %> status --group all --env prod --brief',
    },
    {
      description: 'Fail a check when hosts drifted',
      command: '<%= config.bin %> status -g api --env prod --exit-code',
    },
  ];
  static override flags = {
    ...fleetFlags,
    ...anyGroupFlag,
    brief: Flags.boolean({ description: 'One line for each group, what needs a look first' }),
    ...variableFlags,
    ...forksFlag,
    ...becomePasswordFlag,
    ...exitCodeFlag('Exit 6 when a host differs from the configuration, or the group is mixed'),
    ...jsonFlag,
  };
  static override exits: readonly ExitCode[] = [0, 1, 2, 3, 6, 130, 143];

  protected async perform(): Promise<ExitCode> {
    const { flags } = await this.parse(Status);
    const options = {
      ...this.common(flags),
      groups: this.groups(flags),
    };
    const report = await inSession(onlyProgress(process.stderr), async ({ hooks }) => {
      const { status } = await import('../deploy/status.js');
      return status(options, hooks);
    });
    if (flags.json) this.print(report);
    else this.printText((flags.brief ? renderStatusBrief : renderStatus)(report, this.view));
    const drifted = report.groups.some(
      ({ mixed, hosts }) =>
        mixed || hosts.some(({ drift, error }) => drift.length > 0 || error !== undefined),
    );
    return flags['exit-code'] && drifted ? 6 : 0;
  }
}
