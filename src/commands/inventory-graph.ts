import { BaseCommand } from '../cli/base-command.js';
import { fleetFlags, jsonFlag, variableFlags } from '../cli/flags.js';
import type { ExitCode } from '../model/run-result.js';
import { inventoryDocument } from '../inventory/documents.js';
import { renderInventoryGraph } from '../report/inventory-view.js';

export default class InventoryGraph extends BaseCommand {
  static override summary = 'Show the groups of an environment with their hosts';
  static override description = `Shows the groups of an environment, each with its hosts, as ansible-inventory --graph does. Connects to none of them.`;
  static override usage = 'inventory graph --env E [FLAGS]';
  static override examples = [
    { description: 'All groups of production', command: '<%= config.bin %> inventory graph --env prod' },
  ];
  static override flags = {
    limit: fleetFlags.limit,
    env: fleetFlags.env,
    ...variableFlags,
    ...jsonFlag,
  };

  protected async perform(): Promise<ExitCode> {
    const { flags } = await this.parse(InventoryGraph);
    const options = this.common(flags);
    const { listInventory } = await import('../world/inventory.js');
    const inventory = await listInventory(options);
    const { hosts } = inventory;
    if (flags.json) this.print(inventoryDocument(inventory));
    else this.printText(renderInventoryGraph(hosts, this.view));
    return 0;
  }
}
