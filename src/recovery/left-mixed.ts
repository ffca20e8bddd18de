import pLimit from 'p-limit';
import type { Run } from '../engine/index.js';
import type { Inventory } from '../inventory/inventory.js';
import { label, type ObservedContainer } from '../model/container.js';
import type { Host } from '../model/host.js';
import type { GroupRecord } from '../model/run-record.js';
import { isMixed, type ReleaseInService } from '../plan/release-in-service.js';
import type { RecoveredRun } from './recover-run.js';

/**
 * Whether hosts in service of one of the groups that were recovered run more than one release: an interrupted roll leaves its finished hosts
 * at the plan, and its others are restored. A host that cannot be asked is passed over; so are all after a signal, and where the balancer does not answer.
 */
export async function isLeftMixed(
  recovered: readonly RecoveredRun[],
  inventory: Inventory,
  run: Run,
): Promise<boolean> {
  if (run.stop.signal.aborted) return false;
  const groups = new Map(recovered.flatMap((one) => one.run.groups.map((record) => [record.name, record])));
  const mixed = await Promise.all(
    [...groups.values()].map(async (record) => {
      const hosts = inventory.group(record.name);
      const inService = await hostsInService(hosts, record, run);
      return isMixed(await releasesOf(inService, record, run));
    }),
  );
  return mixed.includes(true);
}

/** Those with a healthy target; all of them in a group without target groups. */
async function hostsInService(
  hosts: readonly Host[],
  { targetGroups }: GroupRecord,
  { ports: { traffic } }: Run,
): Promise<readonly Host[]> {
  if (targetGroups.length === 0) return hosts;
  const regions = [...new Set(hosts.flatMap(({ region }) => region ?? []))];
  try {
    const groups = await Promise.all(regions.map((region) => traffic.targetGroups(region, targetGroups)));
    const targets = await Promise.all(groups.flat().map(({ arn }) => traffic.health(arn)));
    const healthy = new Set(
      targets.flat().flatMap(({ state, registration }) => (state === 'healthy' ? [registration.id] : [])),
    );
    return hosts.filter(({ targetIds }) => targetIds.some((id) => healthy.has(id)));
  } catch {
    return [];
  }
}

/** What each host runs of the group; nothing for one that cannot be asked. */
async function releasesOf(
  hosts: readonly Host[],
  { name }: GroupRecord,
  { forks, environment, blips, stop, ports: { runtime } }: Run,
): Promise<readonly ReleaseInService[]> {
  const limit = pLimit(Math.max(1, forks));
  const isOfGroup = ({ running, labels }: ObservedContainer): boolean =>
    running && labels[label.group] === name && labels[label.environment] === environment;
  const lists = await Promise.all(
    hosts.map((host) =>
      limit(async () =>
        blips.outlast({ host }, () => runtime.on(host).list(), { signal: stop.signal }).catch(() => []),
      ),
    ),
  );
  return lists.map(
    (containers) =>
      new Map(
        containers.flatMap((container) =>
          isOfGroup(container) && container.digest !== undefined
            ? [[container.labels[label.container] ?? container.name, container.digest] as const]
            : [],
        ),
      ),
  );
}
