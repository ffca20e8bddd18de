import { BaseCommand } from '../cli/base-command.js';
import { exitCodeFlag, jsonFlag } from '../cli/flags.js';
import { inSession, onlyProgress } from '../cli/session.js';
import type { ExitCode } from '../model/run-result.js';
import { renderPlan } from '../report/plan-view.js';
import { deployChoices, deployFlags } from './deploy-flags.js';

export default class PlanCommand extends BaseCommand {
  static override summary = 'Print what deploy would do, and change nothing';
  static override description = `Prints what deploy would do: host by host, batch by batch, from which version to which, why, and how long it takes at least. It connects to every host and asks the load balancer, as deploy does before it begins; it takes no lease and changes nothing. The plan goes to stdout, progress to stderr.`;
  static override usage = 'plan --group G[,G2] --env E [--version V] [FLAGS]';
  static override examples = [
    {
      description: 'What would happen',
      command: '<%= config.bin %> plan --group api --env prod --version v42',
    },
    { description: 'As a document', command: '<%= config.bin %> plan -g api --env prod --json' },
  ];
  static override flags = {
    ...deployFlags,
    ...exitCodeFlag('Exit 6 when a host would be rolled'),
    ...jsonFlag,
  };
  static override exits: readonly ExitCode[] = [0, 1, 2, 3, 6, 130, 143];

  protected async perform(): Promise<ExitCode> {
    const { flags } = await this.parse(PlanCommand);
    const options = {
      ...this.common(flags),
      ...deployChoices(flags),
      groups: this.groups(flags),
      check: true,
      diff: false,
    };
    const plans = await inSession(onlyProgress(process.stderr), async ({ hooks }) => {
      const { planDeploy } = await import('../deploy/plan.js');
      return planDeploy(options, hooks);
    });
    if (flags.json) this.print({ plans });
    else this.printText(plans.map((plan) => renderPlan(plan, this.view)).join('\n\n'));
    return flags['exit-code'] && plans.some(({ batches }) => batches.length > 0) ? 6 : 0;
  }
}
