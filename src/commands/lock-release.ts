import { Flags } from '@oclif/core';
import { BaseCommand } from '../cli/base-command.js';
import { becomePasswordFlag, fleetFlags, jsonFlag, variableFlags } from '../cli/flags.js';
import { inSession, onlyProgress } from '../cli/session.js';
import type { ExitCode } from '../model/run-result.js';
import { renderReleased } from '../report/lock-view.js';

export default class LockRelease extends BaseCommand {
  static override summary = 'Release the lock of a group';
  static override description = `A lock runs out by itself when its run is gone, so there is seldom anything to release. One whose run lives is refused, and its owner named: wait for it with --lock-wait.

With --force it is taken away from its run, if that is alive. The lock's epoch is raised: its hosts then refuse what that run still wants to change there, and it stops. What it holds at that moment is left to the next deploy, or to adfpush recover.`;
  static override usage = 'lock release --group G[,G2] --env E [--force] [FLAGS]';
  static override examples = [
    {
      description: 'Say whether there is anything to release',
      command: '<%= config.bin %> lock release --group api --env prod',
    },
    {
      description: 'Stop a run that cannot be stopped where it runs',
      command: '<%= config.bin %> lock release --group api --env prod --force',
    },
  ];
  static override flags = {
    group: fleetFlags.group,
    env: fleetFlags.env,
    ...variableFlags,
    force: Flags.boolean({ description: 'Also while its run lives: from then on that run changes nothing' }),
    ...becomePasswordFlag,
    ...jsonFlag,
  };
  static override exits: readonly ExitCode[] = [0, 1, 2, 3, 130, 143];

  protected async perform(): Promise<ExitCode> {
    const { flags } = await this.parse(LockRelease);
    const options = { ...this.common(flags), groups: this.groups(flags), force: flags.force };
    const released = await inSession(onlyProgress(process.stderr), async ({ hooks }) => {
      const { releaseLocks } = await import('../run/lock.js');
      return releaseLocks(options, hooks);
    });
    if (flags.json) this.print({ environment: options.environment, groups: released });
    else this.printText(renderReleased(released));
    return 0;
  }
}
