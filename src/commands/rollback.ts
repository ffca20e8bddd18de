import { Flags } from '@oclif/core';
import { allExits } from '../cli/exit-codes.js';
import { fleetFlags } from '../cli/flags.js';
import { RollCommand, rollFlags } from '../cli/roll-command.js';
import { defined } from '../model/defined.js';
import { secretChoices } from '../model/run-record.js';
import type { ExitCode } from '../model/run-result.js';
import { deployChoices, playFlags, reasonFlag } from './deploy-flags.js';

export default class Rollback extends RollCommand {
  static override summary = 'Roll a group back to its previous release';
  static override description = `Rolls a group back to the release that it ran before the one it runs now, or to the one that --to names. Which that is comes from the records of releases (see releases) and the containers that the hosts keep (rollout.keep_releases): no registry is asked what a version means. A rollback twice in a row goes one further back. A host that has no image of the release any more pulls it by its digest.

It is a roll as deploy makes it: in batches, each host out of its load balancer first. What the containers are like is said by today's group_vars, as with deploy --version of an older version: only the image is the older one. So are their secrets: one that was revoked since never comes back by itself. The plan names the secrets that differ from what the kept container was given; --secrets kept asks for these old ones.

On a terminal it shows the plan and asks. Without one it goes ahead.`;
  static override usage = 'rollback --group G[,G2] --env E [--to V] [FLAGS]';
  static override examples = [
    {
      description: 'Back to what ran before',
      command: '<%= config.bin %> rollback --group api --env prod',
    },
    {
      description: 'To a version that the hosts keep, or the beginning of a digest',
      command: '<%= config.bin %> rollback -g api --env prod --to v41',
    },
    {
      description: 'With the secrets that the release ran with, though they are others today',
      command: '<%= config.bin %> rollback -g api --env prod --secrets kept',
    },
    {
      description: 'See what it would do, and change nothing',
      command: '<%= config.bin %> rollback -g api --env prod --check',
    },
  ];
  static override flags = {
    ...fleetFlags,
    to: Flags.string({
      description: 'Release to go back to: its number such as r41, a version, or the beginning of a digest',
      helpValue: 'V',
    }),
    secrets: Flags.option({
      description:
        'Which secrets the containers get: those of today, or (`kept`) those that the kept containers of the release were given',
      options: secretChoices,
      helpValue: 'current|kept',
    })(),
    ...playFlags,
    ...reasonFlag,
    ...rollFlags,
  };
  static override exits = allExits;

  protected async perform(): Promise<ExitCode> {
    const { flags, raw } = await this.parse(Rollback);
    const options = {
      ...this.common(flags),
      ...deployChoices(flags),
      ...this.rollChoices(flags),
      groups: this.groups(flags),
      ...defined({ to: flags.to, secrets: flags.secrets, reason: flags.reason }),
    };
    return this.roll(flags, raw, async (hooks) => {
      const { rollback } = await import('../deploy/rollback.js');
      return rollback(options, hooks);
    });
  }
}
