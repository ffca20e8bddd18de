import { allExits } from '../cli/exit-codes.js';
import { RollCommand, rollFlags } from '../cli/roll-command.js';
import type { ExitCode } from '../model/run-result.js';
import { defined } from '../model/defined.js';
import { deployChoices, deployFlags, reasonFlag } from './deploy-flags.js';

export default class Deploy extends RollCommand {
  static override summary = 'Roll a release over the hosts of a group';
  static override description = `Rolls a release over a group in batches: each host leaves its load balancer, gets the new container, proves that it is healthy, and comes back. A host that fails is restored to what it ran before; on_failure says what becomes of the others.

What an interrupted run still holds of the group is restored first. On a terminal it asks before that, and again with the plan. Without one (a build server) it goes ahead. The first SIGINT or SIGTERM stops the run and restores what it holds; the second exits at once.`;
  static override usage = 'deploy --group G[,G2] --env E [--version V] [FLAGS]';
  static override examples = [
    {
      description: 'Roll a version over a group',
      command: '<%= config.bin %> deploy --group api --env prod --version v42',
    },
    {
      description: 'See what it would do, and change nothing',
      command: '<%= config.bin %> deploy -g api --env prod --version v42 --check --diff',
    },
    {
      description: 'In a build job, with reports',
      command:
        '<%= config.bin %> deploy -g api --env prod --version v42 --junit deploy.xml --events deploy.ndjson',
    },
    {
      description: 'Only one host, with a variable set',
      command: '<%= config.bin %> deploy -g api --env prod --limit api-1 -e log_level=debug',
    },
  ];
  static override flags = { ...deployFlags, ...reasonFlag, ...rollFlags };

  static override exits = allExits;

  protected async perform(): Promise<ExitCode> {
    const { flags, raw } = await this.parse(Deploy);
    const options = {
      ...this.common(flags),
      ...deployChoices(flags),
      ...this.rollChoices(flags),
      groups: this.groups(flags),
      ...defined({ reason: flags.reason }),
    };
    return this.roll(flags, raw, async (hooks) => {
      const { deploy } = await import('../deploy/deploy.js');
      return deploy(options, hooks);
    });
  }
}
