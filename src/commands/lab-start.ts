import { resolve } from 'node:path';
import { Flags } from '@oclif/core';
import { BaseCommand } from '../cli/base-command.js';
import { jsonFlag } from '../cli/flags.js';
import { projectFolder } from '../cli/project.js';
import type { ExitCode } from '../model/run-result.js';

export default class LabStart extends BaseCommand {
  static override summary = 'Start the embedded fleet, and leave it running';
  static override description = `Starts a fleet in a box on this machine, without an AWS account: hosts that are reached by SSH, a load balancer with health checks in front of them, an image registry, and an AWS endpoint that tells of them. It keeps running in the background; what to try is printed. adfpush lab stop ends it.`;
  static override usage = 'lab start [--hosts N] [--workers N]';
  static override examples = [
    { description: 'Start it', command: '<%= config.bin %> lab start' },
    {
      description: 'Then, in the same folder',
      command: '<%= config.bin %> deploy --group api --env lab --version v1',
    },
  ];
  static override flags = {
    hosts: Flags.integer({
      description: 'Hosts of the group api',
      default: 4,
      min: 1,
      max: 64,
      helpValue: 'N',
    }),
    workers: Flags.integer({
      description: 'Hosts of the group worker',
      default: 2,
      min: 0,
      max: 64,
      helpValue: 'N',
    }),
    ...jsonFlag,
  };
  static override exits: readonly ExitCode[] = [0, 1, 2, 3, 4];

  protected async perform(): Promise<ExitCode> {
    const { flags } = await this.parse(LabStart);
    const { commandsToTry, labDirectory, startInBackground } = await import('../lab/background.js');
    const directory = resolve(projectFolder(flags.project), labDirectory);
    const lab = await startInBackground({ directory, hosts: flags.hosts, workers: flags.workers });
    const { project, endpoint, balancerUrl, registryAddress, hosts } = lab;
    if (flags.json) this.print({ directory, project, endpoint, balancerUrl, registryAddress, hosts });
    else {
      this.printText(
        [
          `A fleet of ${hosts.length} hosts runs in the background, behind a load balancer at ${balancerUrl}`,
          `AWS endpoint ${endpoint}, registry ${registryAddress}, files in ${directory}`,
          '',
          'Try:',
          ...commandsToTry(lab).map((command) => `  ${command}`),
        ].join('\n'),
      );
    }
    return 0;
  }
}
