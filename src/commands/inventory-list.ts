import { BaseCommand } from '../cli/base-command.js';
import { fleetFlags, jsonFlag, variableFlags } from '../cli/flags.js';
import type { ExitCode } from '../model/run-result.js';
import { inventoryDocument, renderInventoryList } from '../report/inventory-view.js';

export default class InventoryList extends BaseCommand {
  static override summary = 'List the hosts of an environment';
  static override description = `Lists the hosts of an environment, as the cloud or the inventory file tells them at this moment: name, id, groups, address, zone. Connects to none of them.`;
  static override usage = 'inventory list --env E [FLAGS]';
  static override examples = [
    { description: 'All hosts of production', command: '<%= config.bin %> inventory list --env prod' },
  ];
  static override flags = {
    limit: fleetFlags.limit,
    env: fleetFlags.env,
    ...variableFlags,
    ...jsonFlag,
  };

  protected async perform(): Promise<ExitCode> {
    const { flags } = await this.parse(InventoryList);
    const options = this.common(flags);
    const { listInventory } = await import('../usecases/inventory.js');
    const { hosts } = await listInventory(options);
    if (flags.json) this.print(inventoryDocument(hosts));
    else this.printText(renderInventoryList(hosts, this.view));
    return 0;
  }
}
