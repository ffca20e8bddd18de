import { BaseCommand } from '../cli/base-command.js';
import { anyGroupFlag, becomePasswordFlag, fleetFlags, jsonFlag, variableFlags } from '../cli/flags.js';
import { inSession, onlyProgress } from '../cli/session.js';
import type { ExitCode } from '../model/run-result.js';
import { renderLocks } from '../report/lock-view.js';

export default class LockStatus extends BaseCommand {
  static override summary = 'Show who holds the lock of a group';
  static override description = `Asks a majority of the group's hosts, or the table that adfpush.yml names, who may change the group at this moment: which run, who started it and on which machine, for how long, the page of its build, and when the lock runs out unless it is renewed. Changes nothing.`;
  static override usage = 'lock status --group G[,G2] --env E [FLAGS]';
  static override examples = [
    {
      description: 'Who deploys to production now',
      command: '<%= config.bin %> lock status --group api --env prod',
    },
    {
      description: 'As a document',
      command: '<%= config.bin %> lock status -g api,worker --env prod --json',
    },
  ];
  static override flags = {
    ...anyGroupFlag,
    env: fleetFlags.env,
    ...variableFlags,
    ...becomePasswordFlag,
    ...jsonFlag,
  };
  static override exits: readonly ExitCode[] = [0, 1, 2, 3, 130, 143];

  protected async perform(): Promise<ExitCode> {
    const { flags } = await this.parse(LockStatus);
    const options = { ...this.common(flags), groups: this.groups(flags) };
    const report = await inSession(onlyProgress(process.stderr), async ({ hooks }) => {
      const { lockStatus } = await import('../run/lock.js');
      return lockStatus(options, hooks);
    });
    if (flags.json) this.print(report);
    else this.printText(renderLocks(report, this.view));
    return 0;
  }
}
