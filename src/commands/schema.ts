import { mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { Args, Flags } from '@oclif/core';
import { BaseCommand } from '../cli/base-command.js';
import { projectFolder } from '../cli/project.js';
import { kindNeeded, unknownSchema } from '../errors/cli.js';
import { unwritableFile } from '../errors/config.js';
import type { ExitCode } from '../model/run-result.js';

export default class Schema extends BaseCommand {
  static override summary = 'Print the JSON Schema of a kind of file, for editors';
  static override description = `Prints the JSON Schema of playbooks, lists of tasks, inventories, variables of groups, endpoints, or the project file. It is made from the definitions that check these files, so that an editor completes and checks as adfpush does.

With --write it writes all of them into a folder. The first line of a file then tells an editor with the YAML language server which one it has, relative to the file: # yaml-language-server: $schema=../.adfpush/schema/playbook.json`;
  static override usage = 'schema playbook|tasks|inventory|group|endpoints|project | schema --write DIR';
  static override examples = [
    { description: 'For playbooks', command: '<%= config.bin %> schema playbook' },
    {
      description: 'All, where the files that init writes look for them',
      command: '<%= config.bin %> schema --write .adfpush/schema',
    },
  ];
  static override args = {
    KIND: Args.string({ description: 'playbook, tasks, inventory, group, endpoints or project' }),
  };
  static override flags = {
    write: Flags.string({
      description: 'Write all schemas into this folder, relative to the project',
      helpValue: 'DIR',
    }),
  };
  static override exits: readonly ExitCode[] = [0, 1, 2];

  protected async perform(): Promise<ExitCode> {
    const { args, flags } = await this.parse(Schema);
    const [{ schemaKinds, schemaOf }, { projectModules }] = await Promise.all([
      import('../reference/json-schema/schemas.js'),
      import('../reference/project-modules.js'),
    ]);
    const project = projectFolder(flags.project);
    const { KIND: given } = args;
    if (given !== undefined) {
      const kind = schemaKinds.find((known) => known === given);
      if (kind === undefined) throw unknownSchema(given, schemaKinds);
      this.print(schemaOf(kind, await projectModules(project)));
      return 0;
    }
    if (flags.write === undefined) throw kindNeeded(schemaKinds);
    const folder = resolve(project, flags.write);
    const modules = await projectModules(project);
    for (const kind of schemaKinds) {
      const path = join(folder, `${kind}.json`);
      await written(path, folder, `${JSON.stringify(schemaOf(kind, modules), null, 2)}\n`);
      this.printText(path);
    }
    return 0;
  }
}

async function written(path: string, folder: string, text: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true });
    await writeFile(path, text);
  } catch (error) {
    throw unwritableFile(path, error);
  }
}
