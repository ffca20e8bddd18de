import { resolve } from 'node:path';
import { BaseCommand } from '../cli/base-command.js';
import { projectFolder } from '../cli/project.js';
import type { ExitCode } from '../model/run-result.js';

export default class LabStop extends BaseCommand {
  static override summary = 'Stop the embedded fleet';
  static override description = `Stops the fleet that adfpush lab start left running for this project. Its hosts, its registry and what was deployed to them are gone.`;
  static override usage = 'lab stop';
  static override examples = [{ description: 'Stop it', command: '<%= config.bin %> lab stop' }];
  static override exits: readonly ExitCode[] = [0, 1, 2, 3, 4];

  protected async perform(): Promise<ExitCode> {
    const { flags } = await this.parse(LabStop);
    const { labDirectory, stopInBackground } = await import('../lab/background.js');
    const lab = await stopInBackground(resolve(projectFolder(flags.project), labDirectory));
    this.printText(`The lab with ${lab.hosts.length} hosts is stopped.`);
    return 0;
  }
}
