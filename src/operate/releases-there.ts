import pLimit from 'p-limit';
import type { Run } from '../engine/index.js';
import { errorsOf } from '../errors/adf-error.js';
import type { Inventory } from '../inventory/inventory.js';
import { label } from '../model/container.js';
import type { Host } from '../model/host.js';
import type { GroupName, HostId } from '../model/ids.js';
import type { Release } from '../model/release.js';
import { UnknownValue } from '../model/unknown.js';
import { currentRelease } from '../plan/previous-release.js';

interface HostInGroup {
  readonly host: Host;
  readonly group: GroupName;
}

/**
 * Asks hosts what they run of their groups, and lets the floor know which of them run anything: a group without target groups has its
 * floor over its hosts. A host that runs nothing, or does not answer, has a release that is not known.
 */
export async function lookAtReleases(
  hosts: readonly HostInGroup[],
  inventory: Inventory,
  run: Run,
): Promise<ReadonlyMap<HostId, Release | UnknownValue>> {
  const limit = pLimit(Math.max(1, run.forks));
  const looks = await Promise.all(hosts.map((one) => limit(() => look(one, run))));
  for (const [group, members] of Map.groupBy(looks, (one) => one.group)) {
    const listed = inventory.group(group);
    const idle = new Set(members.flatMap(({ host, isRunning }) => (isRunning ? [] : [host.id])));
    const running = listed.map(({ id }) => id).filter((id) => !idle.has(id));
    run.floor.knowHosts(group, listed.length, new Set(running));
  }
  return new Map(looks.map(({ host, release }) => [host.id, release]));
}

interface Look extends HostInGroup {
  readonly release: Release | UnknownValue;
  /** A host that does not answer is taken to run. */
  readonly isRunning: boolean;
}

async function look({ host, group }: HostInGroup, run: Run): Promise<Look> {
  const { environment, blips, ports, stop } = run;
  try {
    const list = () => ports.runtime.on(host).list();
    const containers = await blips.outlast({ host }, list, { signal: stop.signal });
    const release = currentRelease(containers, { environment, group });
    return {
      host,
      group,
      release: release ?? new UnknownValue(`no container of group ${group} was found on ${host.name}`),
      isRunning: containers.some(({ running, labels }) => running && labels[label.group] === group),
    };
  } catch (error) {
    stop.signal.throwIfAborted();
    const because = `${host.name} could not be asked: ${errorsOf(error)[0].message}`;
    return { host, group, release: new UnknownValue(because), isRunning: true };
  }
}
