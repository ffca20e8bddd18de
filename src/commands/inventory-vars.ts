import { Args, Flags } from '@oclif/core';
import { BaseCommand } from '../cli/base-command.js';
import { fleetFlags, jsonFlag, variableFlags } from '../cli/flags.js';
import { defined } from '../model/defined.js';
import type { ExitCode } from '../model/run-result.js';
import { renderVariables } from '../report/variables-view.js';

export default class InventoryVars extends BaseCommand {
  static override summary = 'Show the variables of a host, and where each comes from';
  static override description = `Shows each variable of a host with its final value. With --explain also the file and line that the value comes from, and what it hides: the same name in lower layers, with their values. Secrets are shown as (secret). Connects to no host.

With --group the host is seen as a member of that group, as a deploy of the group sees it: what makes a group (image, container, health, target_groups, rollout) then comes from no other.`;
  static override usage = 'inventory vars HOST --env E [--explain] [FLAGS]';
  static override examples = [
    {
      description: 'All variables of a host',
      command: '<%= config.bin %> inventory vars api-1 --env prod',
    },
    {
      description: 'Where they come from',
      command: '<%= config.bin %> inventory vars api-1 --env prod --group api --explain',
    },
  ];
  static override args = {
    HOST: Args.string({ description: 'Name or id of the host', required: true }),
  };
  static override flags = {
    env: fleetFlags.env,
    group: Flags.string({ char: 'g', description: 'See the host as a member of this group', helpValue: 'G' }),
    explain: Flags.boolean({ description: 'Say where each value comes from, and what it hides' }),
    ...variableFlags,
    ...jsonFlag,
  };

  protected async perform(): Promise<ExitCode> {
    const { args, flags } = await this.parse(InventoryVars);
    const { group, ...place } = flags;
    const options = { ...this.common(place), host: args.HOST, ...defined({ group }) };
    const { hostVariables } = await import('../world/host-variables.js');
    const report = await hostVariables(options);
    if (flags.json) this.print(report);
    else this.printText(renderVariables(report, { ...this.view, explain: flags.explain }));
    return 0;
  }
}
