import { Flags } from '@oclif/core';
import { allExits } from '../cli/exit-codes.js';
import { becomePasswordFlag, fleetFlags, forksFlag, retryLimitFlag, variableFlags } from '../cli/flags.js';
import { RollCommand, rollFlags } from '../cli/roll-command.js';
import type { ExitCode } from '../model/run-result.js';

export default class Restart extends RollCommand {
  static override summary = 'Restart what a group runs, host after host';
  static override description = `Takes each host out of its load balancer, stops and starts its containers as they are, proves it healthy, and puts it back: in batches, under the floor, as a deploy does it. The release stays the same, and so does its number. It is the playbook restart, which a project may have one of its own of (playbooks/restart.yml).`;
  static override usage = 'restart --group G --env E [FLAGS]';
  static override examples = [
    {
      description: 'Restart a group',
      command: '<%= config.bin %> restart --group api --env prod',
    },
    {
      description: 'See what it would do, and change nothing',
      command: '<%= config.bin %> restart -g api --env prod --check',
    },
  ];
  static override flags = {
    group: Flags.string({ char: 'g', description: 'Group of hosts', helpValue: 'G', required: true }),
    env: fleetFlags.env,
    limit: retryLimitFlag(),
    ...variableFlags,
    ...forksFlag,
    ...becomePasswordFlag,
    ...rollFlags,
  };
  static override exits = allExits;

  protected async perform(): Promise<ExitCode> {
    const { flags, raw } = await this.parse(Restart);
    const { group, ...place } = flags;
    const options = {
      ...this.common(place),
      ...this.rollChoices(flags),
      playbook: 'restart',
      verb: 'restart',
      about: group,
      notified: true,
      group,
    };
    return this.roll(flags, raw, async (hooks) => {
      const { runAdHoc } = await import('../operate/ad-hoc.js');
      return runAdHoc(options, hooks);
    });
  }
}
