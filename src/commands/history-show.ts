import { Args, Flags } from '@oclif/core';
import { BaseCommand } from '../cli/base-command.js';
import { becomePasswordFlag, fleetFlags, jsonFlag, variableFlags } from '../cli/flags.js';
import { inSession, onlyProgress } from '../cli/session.js';
import { defined } from '../model/defined.js';
import type { ExitCode } from '../model/run-result.js';
import { visible } from '../model/visible.js';
import { renderPastRun } from '../report/history-view.js';
import { renderPastEvents } from '../report/past-events.js';

export default class HistoryShow extends BaseCommand {
  static override summary = 'Show one past run: its plan, its events, its end';
  static override description = `Shows what is on record of a run, and its events as the lines that it printed. The events are on the machine that ran it; elsewhere only the records of its releases are shown. Changes nothing.`;
  static override usage = 'history show RUN --env E [--group G] [FLAGS]';
  static override examples = [
    {
      description: 'A run, by its id or the beginning of it',
      command: '<%= config.bin %> history show 20260131T120000Z --env prod',
    },
    {
      description: 'The run that rolled a release',
      command: '<%= config.bin %> history show r41 --env prod --group api',
    },
  ];
  static override args = {
    RUN: Args.string({ description: 'A run, or a release of the group such as r41', required: true }),
  };
  static override flags = {
    env: fleetFlags.env,
    group: Flags.string({ char: 'g', description: 'The group whose release is meant', helpValue: 'G' }),
    verbose: Flags.boolean({ char: 'v', description: 'Show more of the events, as deploy -v does' }),
    ...variableFlags,
    ...becomePasswordFlag,
    ...jsonFlag,
  };
  static override exits: readonly ExitCode[] = [0, 1, 2, 3, 130, 143];

  protected async perform(): Promise<ExitCode> {
    const { args, flags, raw } = await this.parse(HistoryShow);
    const { group, ...place } = flags;
    const options = { ...this.common(place), run: args.RUN, ...defined({ group }) };
    const story = await inSession({ ...onlyProgress(process.stderr), onlyReads: true }, async ({ hooks }) => {
      const { showRun } = await import('../operate/history/show.js');
      return showRun(options, hooks);
    });
    if (flags.json) {
      this.print(story);
      return 0;
    }
    const { palette } = this.view;
    const verbosity = this.times(raw, 'verbose');
    this.printText(renderPastRun(story.run, { palette }));
    if (story.events.length > 0)
      this.printText(
        `\n${renderPastEvents(story.events, { palette, verbosity, diff: true, timestamps: true })}`,
      );
    for (const { code, message, hint } of visible(story.thrown)) {
      this.printText(`${palette.red('Error')} ${palette.dim(`[${code}]`)} ${message}`);
      if (hint !== undefined) this.printText(`  ${hint}`);
    }
    return 0;
  }
}
