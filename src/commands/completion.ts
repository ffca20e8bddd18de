import { Args } from '@oclif/core';
import { BaseCommand } from '../cli/base-command.js';
import { completionScript, shells } from '../cli/completion.js';
import { unknownShell } from '../errors/cli.js';
import { defined } from '../model/defined.js';
import type { ExitCode } from '../model/run-result.js';

export default class Completion extends BaseCommand {
  static override summary = 'Print a script that completes commands in a shell';
  static override description = `Prints a script for bash, zsh or fish that completes commands, flags, files and the names of environments. Its first lines say where to put it.`;
  static override usage = 'completion bash|zsh|fish';
  static override examples = [
    { description: 'In this bash', command: 'source <(<%= config.bin %> completion bash)' },
  ];
  static override args = {
    SHELL: Args.string({ description: 'bash, zsh or fish', required: true }),
  };
  static override flags = {};
  static override exits: readonly ExitCode[] = [0, 1, 2];

  protected async perform(): Promise<ExitCode> {
    const { args } = await this.parse(Completion);
    const shell = shells.find((known) => known === args.SHELL);
    if (shell === undefined) throw unknownShell(args.SHELL, shells);
    const commands = this.config.commands.map(({ id, summary = '', flags }) => ({
      words: id.replaceAll(':', ' '),
      summary,
      flags: Object.values(flags).map((flag) => ({
        name: flag.name,
        description: (flag.description ?? '').split(/[.;:] /)[0] ?? '',
        takesValue: flag.type === 'option',
        ...defined({ char: flag.char }),
      })),
    }));
    this.printText(completionScript(shell, commands).trimEnd());
    return 0;
  }
}
