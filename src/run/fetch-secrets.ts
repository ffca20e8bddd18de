import type { Run } from '../engine/index.js';
import type { Inventory } from '../inventory/inventory.js';
import { settingNames } from '../model/settings.js';
import type { Host } from '../model/host.js';
import type { World } from '../world/world.js';

/** A host whose variables are going to be rendered. */
export interface RenderedHost {
  readonly host: Host;
  /** The group as whose member it is seen. */
  readonly group?: string | undefined;
  /** The settings of that group are rendered, whatever the files of tasks say. */
  readonly hasSettings: boolean;
}

/** Hosts of one group, with its settings. */
export const withSettings = (hosts: readonly Host[], group: string): readonly RenderedHost[] =>
  hosts.map((host) => ({ host, group, hasSettings: true }));

/**
 * Fetches the secrets that these hosts may need, all at once, before anything of theirs is rendered: what the settings of their groups name,
 * and what the files that were read so far do. What a template needs that is read later is fetched with it. Throws what keeps a secret
 * from being fetched.
 */
export async function fetchSecrets(
  { secrets }: Pick<World, 'secrets'>,
  inventory: Inventory,
  hosts: readonly RenderedHost[],
  run: Run,
): Promise<void> {
  if (secrets === undefined) return;
  for (const { host, group, hasSettings } of hosts) {
    secrets.expect(inventory.layersFor(host, group), hasSettings ? settingNames : []);
  }
  secrets.expect(run.extraVars);
  await run.blips.cloud.outlast(() => secrets.fetch());
}

/**
 * The same for a host that is restored, whose container may have to be made again. A secret that cannot be fetched does not keep the host
 * from being restored: what needs it then says so.
 */
export async function fetchKnownSecrets(
  { secrets }: Pick<World, 'secrets'>,
  inventory: Inventory,
  host: Host,
  group: string | undefined,
): Promise<void> {
  if (secrets === undefined || group === undefined) return;
  secrets.expect(inventory.layersFor(host, group), settingNames);
  await secrets.fetch().catch(() => undefined);
}
