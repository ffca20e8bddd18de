import { Args } from '@oclif/core';
import { BaseCommand } from '../cli/base-command.js';
import { jsonFlag } from '../cli/flags.js';
import { projectFolder } from '../cli/project.js';
import type { ExitCode } from '../model/run-result.js';
import { renderModule, renderModuleList } from '../report/module-view.js';

export default class ModuleCommand extends BaseCommand {
  static override summary = 'Show the modules that tasks can use, or one with its arguments and examples';
  static override description = `Lists all modules, those of the project too. With NAME it tells of one: what it does and changes, what a dry run does with it, each argument with its type, default and choices, and tasks that use it. It is made from the definitions that check a playbook. Connects to nothing.`;
  static override usage = 'module [NAME] [--json]';
  static override examples = [
    { description: 'All modules', command: '<%= config.bin %> module' },
    { description: 'The arguments of one', command: '<%= config.bin %> module docker_container' },
    { description: 'As a document', command: '<%= config.bin %> module uri --json' },
  ];
  static override args = {
    NAME: Args.string({ description: 'The module; all of them without it' }),
  };
  static override flags = { ...jsonFlag };
  static override exits: readonly ExitCode[] = [0, 1, 2];

  protected async perform(): Promise<ExitCode> {
    const { args, flags } = await this.parse(ModuleCommand);
    const [{ moduleDocument, moduleDocuments }, { projectModules }] = await Promise.all([
      import('../reference/module-document.js'),
      import('../reference/project-modules.js'),
    ]);
    const modules = await projectModules(projectFolder(flags.project));
    if (args.NAME === undefined) {
      const all = moduleDocuments(modules);
      if (flags.json) this.print({ modules: all });
      else this.printText(renderModuleList(all, this.view));
      return 0;
    }
    const one = moduleDocument(args.NAME, modules);
    if (flags.json) this.print(one);
    else this.printText(renderModule(one, this.view));
    return 0;
  }
}
