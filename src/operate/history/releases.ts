import type { Run } from '../../engine/index.js';
import { requireGroup } from '../../inventory/patterns.js';
import type { GroupReleases, ListedRelease, ReleasesReport } from '../../model/history-report.js';
import { groupName, type GroupName } from '../../model/ids.js';
import type { ReleaseRecord } from '../../model/release-record.js';
import { knownReleases, type ContainersByHost } from '../../plan/previous-release.js';
import { containersOn } from '../../run/containers-on.js';
import { withRun } from '../../run/with-run.js';
import type { CommonOptions, RunHooks } from '../../world/context.js';
import { inWorld } from '../../world/open-world.js';
import type { World } from '../../world/world.js';
import { releasesOfGroups } from './history.js';

export interface ReleasesOptions extends CommonOptions {
  /** All groups of the environment when absent. */
  readonly groups?: readonly string[];
  /** So many of the newest of each group. */
  readonly last: number;
}

/** The releases of groups: those on record, and those whose containers hosts have; and where they run. Changes nothing. */
export const releases = (options: ReleasesOptions, hooks: RunHooks): Promise<ReleasesReport> =>
  inWorld(options, hooks, (world) => releasesWith(world, options, hooks));

const releasesWith = (world: World, options: ReleasesOptions, hooks: RunHooks): Promise<ReleasesReport> =>
  withRun(world, options, hooks, { verb: 'releases', checkMode: true }, async (run) => {
    const inventory = await run.blips.cloud.outlast(() => world.listHosts());
    const names = options.groups?.map(groupName) ?? inventory.groupNames;
    const groups = await Promise.all(
      names.map(async (group) => {
        const hosts = requireGroup(inventory, group);
        const [known, seen] = await Promise.all([
          releasesOfGroups([group], inventory, world, run),
          containersOn(hosts, run),
        ]);
        return {
          report: groupReleases(group, known.releases, seen.found, options, run),
          warnings: [...new Set([...seen.errors.map(({ message }) => message), ...known.warnings])],
        };
      }),
    );
    return {
      environment: run.environment,
      at: world.clock.now(),
      groups: groups.map(({ report }) => report),
      warnings: groups.flatMap(({ warnings }) => warnings),
    };
  });

function groupReleases(
  group: GroupName,
  records: readonly ReleaseRecord[],
  containers: ContainersByHost,
  { last }: ReleasesOptions,
  { environment }: Run,
): GroupReleases {
  const onHosts = knownReleases(containers, { environment, group });
  const there = (record: ReleaseRecord) => onHosts.find(({ image }) => image.digest === record.image.digest);
  // Of several records of one image the newest that succeeded is the one that runs.
  const newest = new Map<string, ReleaseRecord>();
  for (const record of records.filter(({ outcome }) => outcome === 'succeeded'))
    if (!newest.has(record.image.digest)) newest.set(record.image.digest, record);
  const listed = records.map((record): ListedRelease => {
    const found = newest.get(record.image.digest) === record ? there(record) : undefined;
    const { version, image } = record;
    const running = found?.current ?? 0;
    return { record, version, image, running, kept: (found?.hosts ?? 0) - running };
  });
  const others = onHosts
    .filter(({ image }) => !newest.has(image.digest))
    .map(({ image, versions: [version = ''], hosts, current }): ListedRelease => ({
      version,
      image,
      running: current,
      kept: hosts - current,
    }));
  const isThere = ({ running, kept }: ListedRelease): boolean => running + kept > 0;
  return {
    group,
    hosts: containers.length,
    releases: [...listed.filter((one, index) => index < last || isThere(one)), ...others],
  };
}
