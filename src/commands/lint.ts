import { resolve } from 'node:path';
import { Args } from '@oclif/core';
import { BaseCommand } from '../cli/base-command.js';
import { jsonFlag, variableFlags } from '../cli/flags.js';
import { sourceLinesOf } from '../cli/project.js';
import type { ExitCode } from '../model/run-result.js';
import { renderLint } from '../report/lint-view.js';

export default class Lint extends BaseCommand {
  static override summary = 'Check every file of a project, and tell every problem in one go';
  static override description = `Checks adfpush.yml, the inventories, the variables of groups and hosts, the playbooks, the roles and the templates that they use. Each problem is told with its file, line and column, and the nearest known word. It speaks neither to AWS nor to hosts: what only a host or the cloud knows is taken as unknown, and a template or condition that depends on it as right.

With files or folders as arguments it tells only what is wrong in these. A name that runs get with --extra-vars has to be given here too. With only warnings it exits with 0.`;
  static override usage = 'lint [FILE...] [FLAGS]';
  static override examples = [
    { description: 'The whole project', command: '<%= config.bin %> lint' },
    { description: 'One file, for an editor', command: '<%= config.bin %> lint playbooks/deploy.yml --json' },
    { description: 'With a name that runs are given', command: '<%= config.bin %> lint -e app_version=v1' },
  ];
  static override args = {
    FILE: Args.string({ description: 'Files or folders; all of the project without any' }),
  };
  static override strict = false;
  static override flags = { ...variableFlags, ...jsonFlag };
  static override exits: readonly ExitCode[] = [0, 1, 2];

  protected async perform(): Promise<ExitCode> {
    const { argv, flags } = await this.parse(Lint);
    const options = {
      ...this.values(flags),
      paths: argv.flatMap((path) => (typeof path === 'string' ? [resolve(path)] : [])),
    };
    const { lint } = await import('../check/lint/lint.js');
    const report = await lint(options);
    const lines = sourceLinesOf(options.project);
    const source = (file: string, line: number): string | undefined => {
      const text = lines(file, line);
      return text === undefined ? undefined : this.redaction.redactSourceLine(text);
    };
    if (flags.json) this.print(report);
    else this.printText(renderLint(report, source, this.view.palette));
    return report.errors > 0 ? 2 : 0;
  }
}
