import { BaseCommand } from '../cli/base-command.js';
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
import { findsFault } from '../model/doctor-report.js';
import { renderDoctor } from '../report/doctor-view.js';

export default class Doctor extends BaseCommand {
  static override summary = 'Check the way to every host, and what a deploy needs there';
  static override description = `Goes to each host phase by phase: name, TCP, host key, authentication, shell, start-up files that are slow, clock, Docker, disk. Tells what works, what does not and what to do. With --group also whether the image and the target groups of the group can be found. Changes nothing.`;
  static override usage = 'doctor --env E [--group G[,G2]] [--limit PATTERN] [FLAGS]';
  static override examples = [
    { description: 'Every host of production', command: '<%= config.bin %> doctor --env prod' },
    {
      description: 'Before a first deploy of a group',
      command: '<%= config.bin %> doctor --group api --env prod',
    },
  ];
  static override flags = {
    ...fleetFlags,
    group: groupFlag(
      'Only the hosts of these groups; whether their image and target groups are found is checked too',
    ),
    ...variableFlags,
    ...forksFlag,
    ...becomePasswordFlag,
    ...jsonFlag,
  };
  static override exits: readonly ExitCode[] = [0, 1, 2, 3, 130, 143];

  protected async perform(): Promise<ExitCode> {
    const { flags } = await this.parse(Doctor);
    const options = {
      ...this.common(flags),
      groups: splitNames('--group', flags.group),
    };
    const report = await inSession(onlyProgress(process.stderr), async ({ hooks }) => {
      const { doctor } = await import('../check/doctor/doctor.js');
      return doctor(options, hooks);
    });
    if (flags.json) this.print(report);
    else this.printText(renderDoctor(report, this.view));
    return findsFault(report) ? 3 : 0;
  }
}
