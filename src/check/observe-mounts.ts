import type { HostSession } from '../engine/index.js';
import type { ContainerSpec } from '../model/container.js';
import { defined } from '../model/defined.js';
import { parseVolume } from '../model/volume.js';
import type { ObservedMount } from '../plan/observation.js';

/** What the planned containers mount of the host and may not make themselves, and what is there. `specs` are in the order of the settings. */
export async function observeMounts(
  session: HostSession,
  specs: readonly ContainerSpec[],
): Promise<readonly ObservedMount[]> {
  const wanted = specs.flatMap((spec, container) =>
    spec.volumes.flatMap((text, index) => {
      const volume = parseVolume(text);
      const path = [container, 'volumes', index];
      return volume.kind === 'bind' && !volume.create
        ? [{ source: volume.source, container: spec.name, path }]
        : [];
    }),
  );
  if (wanted.length === 0) return [];
  const kinds = await session.target.containers.sources(wanted.map(({ source }) => source));
  return wanted.map(({ source, container, path }, index) => {
    const at = session.group?.settings.locateContainers?.(path);
    const madeBy = session.makers.find(({ mayMake }) => mayMake(source));
    return {
      source,
      container,
      kind: kinds[index] ?? 'unknown',
      ...defined({ at }),
      ...(madeBy === undefined ? {} : { madeBy: { task: madeBy.task, at: madeBy.at } }),
    };
  });
}
