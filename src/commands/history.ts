import { Flags } from '@oclif/core';
import { BaseCommand } from '../cli/base-command.js';
import {
  becomePasswordFlag,
  fleetFlags,
  groupFlag,
  jsonFlag,
  splitNames,
  variableFlags,
} from '../cli/flags.js';
import { momentOf } from '../cli/moment.js';
import { inSession, onlyProgress } from '../cli/session.js';
import { defined } from '../model/defined.js';
import type { ExitCode } from '../model/run-result.js';
import { renderHistory } from '../report/history-view.js';

export default class History extends BaseCommand {
  static override summary = 'Show past runs';
  static override description = `Lists the runs that changed an environment, the newest first: who ran what, which release it was, and how it ended. What is on record of releases is read from the hosts of the groups, from the state folder of this machine and, with state: { backend: dynamodb }, from the table of the team; playbooks and recoveries are known on the machine that ran them. A host that does not answer is told of. Changes nothing.`;
  static override usage = 'history --env E [FLAGS]';
  static override examples = [
    {
      description: 'What was done to production this week?',
      command: '<%= config.bin %> history --env prod --since 7d',
    },
    {
      description: 'Who rolled this version?',
      command: '<%= config.bin %> history --env prod --group api --version v42',
    },
  ];
  static override flags = {
    env: fleetFlags.env,
    group: groupFlag('Only runs of these groups; of all without it'),
    version: Flags.string({
      description: 'Only runs that rolled this version, or an image whose digest begins so',
      helpValue: 'V',
    }),
    who: Flags.string({ description: 'Only runs of this person: anna, or anna@laptop', helpValue: 'WHO' }),
    since: Flags.string({
      description: 'Only runs that were started since then: 7d ago, or a time such as 2026-01-31T12:00:00Z',
      helpValue: 'TIME',
    }),
    last: Flags.integer({
      char: 'n',
      description: 'So many of the newest; 20 by default',
      min: 1,
      default: 20,
      helpValue: 'N',
    }),
    ...variableFlags,
    ...becomePasswordFlag,
    ...jsonFlag,
  };
  static override exits: readonly ExitCode[] = [0, 1, 2, 3, 130, 143];

  protected async perform(): Promise<ExitCode> {
    const { flags } = await this.parse(History);
    const { version, who, last } = flags;
    const since = flags.since === undefined ? undefined : momentOf('--since', flags.since);
    const groups = splitNames('--group', flags.group);
    const options = {
      ...this.common(flags),
      last,
      ...(groups.length === 0 ? {} : { groups }),
      ...defined({
        version,
        who,
        since: since && ('ago' in since ? Date.now() - since.ago : Date.parse(since.at)),
      }),
    };
    const report = await inSession(
      { ...onlyProgress(process.stderr), onlyReads: true },
      async ({ hooks }) => {
        const { history } = await import('../operate/history/history.js');
        return history(options, hooks);
      },
    );
    if (flags.json) this.print(report);
    else this.printText(renderHistory(report, this.view));
    return 0;
  }
}
