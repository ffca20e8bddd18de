import type { Run } from '../../engine/index.js';
import type { Inventory } from '../../inventory/inventory.js';
import { requireGroup } from '../../inventory/patterns.js';
import { defined } from '../../model/defined.js';
import type { EpochMilliseconds } from '../../model/duration.js';
import type { HistoryReport, PastRun } from '../../model/history-report.js';
import { groupName, type GroupName } from '../../model/ids.js';
import type { ReleaseRecord } from '../../model/release-record.js';
import { placesOf, readReleases, type KnownReleases } from '../../run/releases.js';
import { withRun } from '../../run/with-run.js';
import type { CommonOptions, RunHooks } from '../../world/context.js';
import { inWorld } from '../../world/open-world.js';
import type { World } from '../../world/world.js';
import { loggedRuns, type LoggedRun } from './logged-runs.js';

export interface HistoryOptions extends CommonOptions {
  /** All groups of the environment when absent. */
  readonly groups?: readonly string[];
  /** Only runs that rolled this version, or an image whose digest begins so. */
  readonly version?: string;
  /** Only runs of this person: `anna`, or `anna@laptop`. */
  readonly who?: string;
  /** Only runs that were started since. */
  readonly since?: EpochMilliseconds;
  /** So many of the newest. */
  readonly last: number;
}

/** Texts that each place is asked for: some hundred releases of each group. */
const many = 1_000;

/**
 * Past runs: the releases that hosts, the state folder and the table of the team have on record, and the runs of this machine. Changes nothing; a
 * host that does not answer is told of.
 */
export const history = (options: HistoryOptions, hooks: RunHooks): Promise<HistoryReport> =>
  inWorld(options, hooks, (world) => historyWith(world, options, hooks));

const historyWith = (world: World, options: HistoryOptions, hooks: RunHooks): Promise<HistoryReport> =>
  withRun(world, options, hooks, { verb: 'history', checkMode: true }, async (run) => {
    const inventory = await run.blips.cloud.outlast(() => world.listHosts());
    const groups = options.groups?.map(groupName) ?? inventory.groupNames;
    const { releases, warnings } = await releasesOfGroups(groups, inventory, world, run);
    const runs = pastRuns(releases, await loggedRuns(world.eventLogs, run.environment));
    return {
      environment: run.environment,
      at: world.clock.now(),
      runs: runs.filter((one) => isWanted(one, options)).slice(0, options.last),
      warnings,
    };
  });

/** All releases of these groups that are on record anywhere. Throws `inventory.*` for a group without hosts. */
export async function releasesOfGroups(
  groups: readonly GroupName[],
  inventory: Inventory,
  { releases }: World,
  run: Run,
): Promise<KnownReleases> {
  if (releases === undefined) return { releases: [], warnings: [] };
  const { environment, stop } = run;
  const told = await Promise.all(
    groups.map((group) =>
      readReleases({ environment, group }, placesOf(requireGroup(inventory, group), releases), many, run),
    ),
  );
  stop.signal.throwIfAborted();
  return {
    releases: told.flatMap((one) => one.releases),
    warnings: told.flatMap((one) => one.warnings),
  };
}

/** One for each run, whatever told of it; the newest first. */
export function pastRuns(
  releases: readonly ReleaseRecord[],
  logged: readonly LoggedRun[],
): readonly PastRun[] {
  const byRun = Map.groupBy(releases, ({ run }) => run);
  const here = new Map(logged.map((one) => [one.run, one]));
  return [...new Set([...byRun.keys(), ...here.keys()])]
    .flatMap((run): readonly PastRun[] => {
      const rolled = byRun.get(run) ?? [];
      const [first] = rolled;
      const log = here.get(run);
      const known = log ?? (first && { ...first, groups: rolled.map(({ group }) => group) });
      if (known === undefined) return [];
      const { verb, groups, who, link, startedAt } = known;
      const endedAt = known.endedAt ?? first?.endedAt;
      return [
        {
          run,
          verb,
          groups,
          who,
          startedAt,
          ...defined({ link, endedAt, playbook: log?.playbook }),
          outcome: outcomeOf(rolled) ?? known.outcome,
          releases: rolled,
          hasEvents: log !== undefined,
        },
      ];
    })
    .sort((a, b) => b.startedAt - a.startedAt);
}

/** A run of several releases is told by the worst of them. */
function outcomeOf(releases: readonly ReleaseRecord[]): string | undefined {
  const outcomes = releases.map(({ outcome }) => outcome);
  return outcomes.find((one) => one !== 'succeeded') ?? outcomes[0];
}

function isWanted(run: PastRun, { groups, version, who, since }: HistoryOptions): boolean {
  const isOfGroup =
    groups === undefined || run.groups.length === 0 || run.groups.some((group) => groups.includes(group));
  const rolls =
    version === undefined ||
    run.releases.some(
      (one) =>
        one.version === version || one.image.digest.startsWith(`sha256:${version.replace(/^sha256:/, '')}`),
    );
  const isOfPerson = who === undefined || run.who === who || run.who.startsWith(`${who}@`);
  return isOfGroup && rolls && isOfPerson && (since === undefined || run.startedAt >= since);
}
