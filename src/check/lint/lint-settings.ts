import { unknownWithin } from '../../expression/template-rendering.js';
import type { Layer } from '../../expression/scope.js';
import { Variables } from '../../expression/variables.js';
import { readGroupSettings } from '../../inventory/group-settings.js';
import type { Inventory } from '../../inventory/inventory.js';
import type { Host } from '../../model/host.js';
import type { GroupSettings } from '../../model/settings.js';

/** Variables that say what the hosts of a group run, or stand behind. */
const describing = ['image', 'container', 'containers', 'target_groups'];

/** Whether a group is one that is deployed: some file says what its hosts run, or which target groups they are in. */
export const isDeployed = (inventory: Inventory, group: string): boolean =>
  inventory
    .groupLayers(group)
    .some(
      ({ name, values }) =>
        name !== 'packaged defaults' && describing.some((word) => Object.hasOwn(values, word)),
    );

/** In the place of a setting that depends on what is not known before a run. */
const placeholders: Readonly<Record<string, unknown>> = {
  image: 'unknown/unknown',
  version: 'unknown',
  container: { name: 'unknown' },
  containers: [{ name: 'unknown' }],
  health: 'none',
  target_groups: 'none',
  rollout: {},
};

/** Reads the settings of a group as one of its hosts has them; what is not known counts as right. Throws `config.*`, `group.*`, and what rendering throws. */
export function lintSettings(
  inventory: Inventory,
  host: Host,
  group: string,
  extraVars: readonly Layer[],
): GroupSettings {
  const variables = extraVars.reduce(
    (all, layer) => all.with(layer),
    Variables.of(inventory.layersFor(host, group)),
  );
  return readGroupSettings((name) => {
    if (!variables.has(name)) return undefined;
    const value = variables.get(name);
    return {
      value: unknownWithin(value) === undefined ? value : placeholders[name],
      locate: variables.locateOf(name),
    };
  });
}
