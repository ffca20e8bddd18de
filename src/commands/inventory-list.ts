import { Flags } from '@oclif/core';
import { BaseCommand } from '../cli/base-command.js';
import { fleetFlags, jsonFlag, variableFlags } from '../cli/flags.js';
import { inventoryDocument } from '../inventory/documents.js';
import type { ExitCode } from '../model/run-result.js';
import { renderInventoryList } from '../report/inventory-view.js';

export default class InventoryList extends BaseCommand {
  static override summary = 'List the hosts of an environment';
  static override description = `Lists the hosts of an environment, as the cloud or the inventory file tells them at this moment: name, id, groups, address, zone. Connects to none of them.

With --ansible it speaks Ansible's dynamic inventory protocol: a script of one line that runs it is an inventory for ansible -i.`;
  static override examples = [
    { description: 'All hosts of production', command: '<%= config.bin %> inventory list --env prod' },
    {
      description: 'As an inventory for Ansible',
      command: '<%= config.bin %> inventory list --env prod --ansible',
    },
  ];
  static override flags = {
    env: fleetFlags.env,
    limit: fleetFlags.limit,
    ...variableFlags,
    ansible: Flags.boolean({ description: "Print Ansible's dynamic inventory, with every host's variables" }),
    ...jsonFlag,
  };

  protected async perform(): Promise<ExitCode> {
    const { flags } = await this.parse(InventoryList);
    const options = this.common(flags);
    const { ansibleInventory, listInventory } = await import('../world/inventory.js');
    if (flags.ansible) {
      this.print(await ansibleInventory(options));
      return 0;
    }
    const inventory = await listInventory(options);
    if (flags.json) this.print(inventoryDocument(inventory));
    else this.printText(renderInventoryList(inventory.hosts, this.view));
    return 0;
  }
}
