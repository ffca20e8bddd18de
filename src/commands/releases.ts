import { Flags } from '@oclif/core';
import { BaseCommand, type PlaceFlags } from '../cli/base-command.js';
import {
  becomePasswordFlag,
  fleetFlags,
  forksFlag,
  groupFlag,
  jsonFlag,
  splitNames,
  variableFlags,
} from '../cli/flags.js';
import { inSession, onlyProgress } from '../cli/session.js';
import type { ExitCode } from '../model/run-result.js';
import { renderReleases } from '../report/history-view.js';
import { renderReleaseGrid } from '../report/release-grid-view.js';

export default class Releases extends BaseCommand {
  static override summary = 'Show the releases of groups, and where they run';
  static override description = `Lists the releases of each group with version and digest, the newest first: when each was rolled, by whom, how it ended, and on how many hosts it runs or is kept. A release that no record tells of is listed too where a host has a container of it. Changes nothing.

With --grid: what runs where, a line for each group and a column for each environment, for how long, and what needs a look. Without --env that is every environment of the project.`;
  static override usage = [
    'releases --env E [--group G[,G2]] [FLAGS]',
    'releases --grid [--env E[,E2]] [--group G[,G2]] [FLAGS]',
  ];
  static override examples = [
    {
      description: 'What could be gone back to?',
      command: '<%= config.bin %> releases --group api --env prod',
    },
    { description: 'What runs in which environment?', command: '<%= config.bin %> releases --grid' },
  ];
  static override flags = {
    env: fleetFlags.env,
    group: groupFlag('Only these groups; all without it'),
    last: Flags.integer({
      char: 'n',
      description: 'So many of the newest of each group; 10 by default',
      min: 1,
      default: 10,
      helpValue: 'N',
    }),
    grid: Flags.boolean({ description: 'What runs in which environment, a line for each group' }),
    ...variableFlags,
    ...forksFlag,
    ...becomePasswordFlag,
    ...jsonFlag,
  };
  static override exits: readonly ExitCode[] = [0, 1, 2, 3, 130, 143];

  protected async perform(): Promise<ExitCode> {
    const { flags } = await this.parse(Releases);
    const groups = splitNames('--group', flags.group);
    if (flags.grid) return this.#grid(flags, groups);
    const options = {
      ...this.common(flags),
      last: flags.last,
      ...(groups.length === 0 ? {} : { groups }),
    };
    const report = await inSession(
      { ...onlyProgress(process.stderr), onlyReads: true },
      async ({ hooks }) => {
        const { releases } = await import('../operate/history/releases.js');
        return releases(options, hooks);
      },
    );
    if (flags.json) this.print(report);
    else this.printText(renderReleases(report, this.view));
    return 0;
  }

  async #grid(flags: PlaceFlags & { readonly json: boolean }, groups: readonly string[]): Promise<ExitCode> {
    const options = {
      ...this.values(flags),
      environments: this.environments(flags),
      groups: groups.length === 0 ? ['all'] : groups,
    };
    const session = { ...onlyProgress(process.stderr), onlyReads: true };
    const grid = await inSession(session, async ({ hooks }) => {
      const { releaseGrid } = await import('../operate/history/release-grid.js');
      return releaseGrid(options, hooks);
    });
    if (flags.json) this.print(grid);
    else this.printText(renderReleaseGrid(grid, this.view));
    return grid.environments.every(({ error }) => error !== undefined) ? 3 : 0;
  }
}
