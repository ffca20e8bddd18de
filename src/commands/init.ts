import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { Args } from '@oclif/core';
import { BaseCommand } from '../cli/base-command.js';
import { filesInTheWay } from '../errors/cli.js';
import { unwritableFile } from '../errors/config.js';
import type { ExitCode } from '../model/run-result.js';

export default class Init extends BaseCommand {
  static override summary = 'Write a new project';
  static override description = `Writes the files of a new project: adfpush.yml, an inventory for the lab and one for EC2, the variables of a group, the playbook of a deploy, a template, a Jenkinsfile, .gitignore and a README. It passes lint, and deploys on the lab as it is. A file that is there already is not overwritten: then nothing is written.`;
  static override usage = 'init [DIR]';
  static override examples = [
    { description: 'In a new folder', command: '<%= config.bin %> init shop' },
    { description: 'Here', command: '<%= config.bin %> init' },
  ];
  static override args = { DIR: Args.string({ description: 'The folder; that of --project without it' }) };
  static override flags = {};
  static override exits: readonly ExitCode[] = [0, 1, 2, 4];

  protected async perform(): Promise<ExitCode> {
    const { args, flags } = await this.parse(Init);
    const folder = resolve(flags.project, args.DIR ?? '.');
    const { newProject } = await import('../lab/new-project.js');
    const files = Object.entries(newProject(basename(folder)));
    const there = files.map(([path]) => path).filter((path) => existsSync(join(folder, path)));
    if (there.length > 0) throw filesInTheWay(folder, there);
    for (const [path, text] of files) await write(join(folder, path), text);
    this.printText(
      [
        `A project of ${files.length} files is in ${folder}. Try it there:`,
        '  adfpush lint',
        '  adfpush lab start',
        '  adfpush deploy --group api --env lab',
      ].join('\n'),
    );
    return 0;
  }
}

async function write(path: string, text: string): Promise<void> {
  try {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, text, { flag: 'wx' });
  } catch (error) {
    throw unwritableFile(path, error);
  }
}
