import { errorsOf } from '../errors/adf-error.js';
import { Variables } from '../expression/variables.js';
import { ansibleDocument, type AnsibleDocument } from '../inventory/documents.js';
import { selectHosts } from '../inventory/patterns.js';
import type { Inventory } from '../inventory/inventory.js';
import type { CommonOptions } from './context.js';
import { openWorld } from './open-world.js';

/** The hosts of an environment as the cloud or the file tells them now, cut down to `limit`. Connects to none of them. */
export async function listInventory(options: CommonOptions): Promise<Inventory> {
  const world = await openWorld(options);
  try {
    const inventory = await world.listHosts();
    if (options.limit === undefined) return inventory;
    const hosts = selectHosts(inventory, options.limit);
    return {
      ...inventory,
      hosts,
      group: (name) => inventory.group(name).filter((host) => hosts.includes(host)),
    };
  } finally {
    await world.close();
  }
}

/**
 * The same for Ansible, with the variables of every host. One that cannot be rendered without a run (it speaks of the release, say)
 * is left out: Ansible knows nothing of it. So are secrets, which are not printed.
 */
export async function ansibleInventory(options: CommonOptions): Promise<AnsibleDocument> {
  const inventory = await listInventory(options);
  return ansibleDocument(inventory, (host) => {
    const variables = options.extraVars.reduce(
      (all, layer) => all.with(layer),
      Variables.of(inventory.layersFor(host)),
    );
    const shown = variables.names().filter((name) => !variables.isSecret(name));
    return Object.fromEntries(shown.flatMap((name) => rendered(variables, name)));
  });
}

function rendered(variables: Variables, name: string): readonly (readonly [string, unknown])[] {
  try {
    return [[name, variables.get(name)]];
  } catch (error) {
    if (errorsOf(error)[0].class === 'bug') throw error;
    return [];
  }
}
