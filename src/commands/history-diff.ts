import { Args, Flags } from '@oclif/core';
import { BaseCommand } from '../cli/base-command.js';
import { becomePasswordFlag, fleetFlags, jsonFlag, variableFlags } from '../cli/flags.js';
import { inSession, onlyProgress } from '../cli/session.js';
import type { ExitCode } from '../model/run-result.js';
import { renderReleaseDiff } from '../report/history-view.js';

export default class HistoryDiff extends BaseCommand {
  static override summary = 'Show what changed from one release of a group to another';
  static override description = `Compares what is on record of two releases: version, image, every key of the rendered settings, secrets, the files of the project and its commit. Values of settings are not on record: a key is said to be added, removed or changed. So is a secret, by keyed hashes. Changes nothing.`;
  static override usage = 'history diff R1 R2 --group G --env E [FLAGS]';
  static override examples = [
    {
      description: 'What did the last release change?',
      command: '<%= config.bin %> history diff r40 r41 --group api --env prod',
    },
  ];
  static override args = {
    R1: Args.string({ description: 'A release, such as r40, or the run that rolled it', required: true }),
    R2: Args.string({ description: 'The release that it is compared with', required: true }),
  };
  static override flags = {
    env: fleetFlags.env,
    group: Flags.string({
      char: 'g',
      description: 'The group whose releases are meant',
      helpValue: 'G',
      required: true,
    }),
    ...variableFlags,
    ...becomePasswordFlag,
    ...jsonFlag,
  };
  static override exits: readonly ExitCode[] = [0, 1, 2, 3, 130, 143];

  protected async perform(): Promise<ExitCode> {
    const { args, flags } = await this.parse(HistoryDiff);
    const { group, ...place } = flags;
    const options = { ...this.common(place), group, before: args.R1, after: args.R2 };
    const diff = await inSession({ ...onlyProgress(process.stderr), onlyReads: true }, async ({ hooks }) => {
      const { diffReleases } = await import('../operate/history/show.js');
      return diffReleases(options, hooks);
    });
    if (flags.json) this.print(diff);
    else this.printText(renderReleaseDiff(diff, this.view));
    return 0;
  }
}
