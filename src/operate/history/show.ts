import { noSuchPastRun, releaseNeedsGroup, runNotUnique } from '../../errors/releases.js';
import { requireGroup } from '../../inventory/patterns.js';
import type { PastRun, ReleaseDiff, RunStory } from '../../model/history-report.js';
import { groupName } from '../../model/ids.js';
import { differencesOf } from '../../model/release-history.js';
import { releaseNumber, type ReleaseRecord } from '../../model/release-record.js';
import { withRun } from '../../run/with-run.js';
import type { CommonOptions, RunHooks } from '../../world/context.js';
import { inWorld } from '../../world/open-world.js';
import type { World } from '../../world/world.js';
import { pastRuns, releasesOfGroups } from './history.js';
import { eventsOf, loggedRuns } from './logged-runs.js';

export interface ShowOptions extends CommonOptions {
  /** A run by its id or the beginning of it; or with `group` a release, `r41`. */
  readonly run: string;
  readonly group?: string;
}

/** All that is known of one past run: its events where they are on this machine, and its releases. Throws `releases.*`. */
export const showRun = (options: ShowOptions, hooks: RunHooks): Promise<RunStory> =>
  inWorld(options, hooks, (world) =>
    withRun(world, options, hooks, { verb: 'history', checkMode: true }, async (run) => {
      const isNumber = releaseNumber(options.run) !== undefined;
      if (isNumber && options.group === undefined) throw releaseNeedsGroup(options.run);
      const logged = await loggedRuns(world.eventLogs, run.environment);
      const here = isNumber ? [] : logged.filter((one) => one.run.startsWith(options.run));
      const releases = await releasesIn(world, options, run);
      const found = pastRuns(releases, logged).filter(
        (one) => here.some((log) => log.run === one.run) || names(options.run, one),
      );
      const [one, ...others] = found;
      if (one === undefined) throw noSuchPastRun(options.run, run.environment);
      if (others.length > 0)
        throw runNotUnique(
          options.run,
          found.map(({ run: id }) => id),
        );
      const log = logged.find((each) => each.run === one.run);
      return {
        run: one,
        events: log === undefined ? [] : await eventsOf(world.eventLogs, log.run),
        thrown: log?.thrown ?? [],
      };
    }),
  );

const names = (text: string, { run, releases }: PastRun): boolean =>
  releaseNumber(text) === undefined
    ? run.startsWith(text)
    : releases.some(({ number }) => number === releaseNumber(text));

async function releasesIn(
  world: World,
  { group }: Pick<ShowOptions, 'group'>,
  run: Parameters<typeof releasesOfGroups>[3],
): Promise<readonly ReleaseRecord[]> {
  const inventory = await run.blips.cloud.outlast(() => world.listHosts());
  const groups = group === undefined ? inventory.groupNames : [groupName(group)];
  return (await releasesOfGroups(groups, inventory, world, run)).releases;
}

export interface DiffOptions extends CommonOptions {
  readonly group: string;
  /** Two releases of the group: `r40`, or the run that rolled it. */
  readonly before: string;
  readonly after: string;
}

/** What changed from one release of a group to another. Throws `releases.*`. */
export const diffReleases = (options: DiffOptions, hooks: RunHooks): Promise<ReleaseDiff> =>
  inWorld(options, hooks, (world) =>
    withRun(world, options, hooks, { verb: 'history', checkMode: true }, async (run) => {
      const inventory = await run.blips.cloud.outlast(() => world.listHosts());
      const group = groupName(options.group);
      requireGroup(inventory, group);
      const { releases } = await releasesOfGroups([group], inventory, world, run);
      const find = (text: string): ReleaseRecord => {
        const number = releaseNumber(text);
        const found = releases.filter((one) =>
          number === undefined ? one.run.startsWith(text) : one.number === number,
        );
        const [one, ...others] = found;
        if (one === undefined) throw noSuchPastRun(text, run.environment, releases);
        if (others.length > 0)
          throw runNotUnique(
            text,
            found.map(({ run: id }) => id),
          );
        return one;
      };
      const [before, after] = [find(options.before), find(options.after)];
      return {
        environment: run.environment,
        group,
        before,
        after,
        differences: differencesOf(before, after),
      };
    }),
  );
