import type { Run } from '../engine/index.js';
import type { Inventory } from '../inventory/inventory.js';
import { defined } from '../model/defined.js';
import type { Milliseconds } from '../model/duration.js';
import { groupName, type GroupName } from '../model/ids.js';
import { describeDrained } from '../model/drained-hosts.js';
import type { Host } from '../model/host.js';
import type { LeftOutHost, Plan } from '../model/plan.js';
import type { ReleaseRecord } from '../model/release-record.js';
import type { RunRecord, SecretChoice } from '../model/run-record.js';
import { reportOf } from '../plan/plan-report.js';
import { planRoll } from '../plan/roll-plan.js';
import type { Playbook } from '../playbook/playbook.js';
import { requireTags } from '../playbook/tags.js';
import { checkPlaybook, type Delegated } from '../check/check-playbook.js';
import { throwAll } from '../errors/diagnostics.js';
import { delegateNotLeased } from '../errors/engine.js';
import type { ChooseRelease } from '../run/choose-release.js';
import type { CommonOptions } from '../world/context.js';
import { plannedPlays } from '../check/planned-plays.js';
import { playedRollout } from '../check/played-rollout.js';
import { checkEnvFiles } from '../check/check-env-files.js';
import { playedHosts } from '../run/chosen-hosts.js';
import { drainedAmong, tellKeptOut } from '../run/drained.js';
import { maintenanceOf, targetGroupsOf, tellMaintenance } from '../run/in-maintenance.js';
import { fetchSecrets, withSettings } from '../run/fetch-secrets.js';
import { openGroup, readGroup, type GroupSessions, type HostSettings } from '../run/group-sessions.js';
import { leaveOutUnreachable, withoutKeptOut, type ReachedGroup } from '../check/leave-out.js';
import { refuseOlderRun } from '../check/newer-release.js';
import { phase } from '../run/phase.js';
import { tellUnmatched } from '../run/tell-unmatched.js';
import { answerPrompts } from '../run/prompts.js';
import { observeGroup, refuseUnfit } from '../check/preflight.js';
import { compareKeptSecrets } from './kept-secrets.js';
import { withScaling } from './scaling.js';
import type { World } from '../world/world.js';

export interface DeployOptions extends CommonOptions {
  /** What the run is called; `deploy` when absent. */
  readonly verb?: string;
  readonly groups: readonly string[];
  /** The interrupted run that this one goes on with. */
  readonly resumes?: Pick<RunRecord, 'run' | 'hosts'>;
  /** A tag or a digest; without it the group's own `version`. */
  readonly version?: string;
  /** Says which release it is, instead of the version and its registry. */
  readonly choose?: ChooseRelease;
  /** Why, in the words of who started it: for the record of the release. */
  readonly reason?: string;
  /** Of a promotion: what is on record of where a group's release came from. */
  readonly promotion?: (group: GroupName) => Pick<ReleaseRecord, 'promotedFrom' | 'skippedGates'>;
  /** Called with the plans before a person is asked; what it throws is refused. */
  readonly afterPlan?: (planned: readonly PreparedGroup[]) => void;
  /** Of a rollback; today's when absent. */
  readonly secrets?: SecretChoice;
  /** A dry run: every task's check, and no change. */
  readonly check: boolean;
  readonly diff: boolean;
  readonly tags?: readonly string[];
  readonly skipTags?: readonly string[];
  /** How long to wait while another run has the group. */
  readonly lockWait?: Milliseconds;
  /** Refuses when an interrupted run still holds something of a group, instead of recovering it first. */
  readonly noRecover?: boolean;
  /** Goes ahead also over the release of a run that was started later. */
  readonly force?: boolean;
  /** Brings back the hosts that are kept out of service, instead of leaving them out. */
  readonly undrains?: boolean;
  /** So many hosts that cannot be reached are left out, and the run fails for them at its end; none when absent. */
  readonly skipUnreachable?: number;
}

/** What is known of one group when its roll may begin. */
export interface PreparedGroup extends ReachedGroup {
  readonly plan: Plan;
}

/** What the files and the inventory say, before any host is connected to. */
export interface Project {
  readonly playbook: Playbook;
  readonly inventory: Inventory;
  readonly settings: ReadonlyMap<GroupName, readonly HostSettings[]>;
}

/** Reads playbook, inventory and settings. Throws what is wrong in them. */
export async function readProject(world: World, options: DeployOptions, run: Run): Promise<Project> {
  const { id, verb, environment } = run;
  const groups = options.groups.map(groupName);
  run.bus.emit({ type: 'run.started', run: id, verb, environment, groups, ...run.owner });
  // No person is asked: a deploy means the same at a desk and in a build job, in its plan, when it is resumed and rolled back.
  const { extraVars } = options;
  const answers = { extraVars, keeper: world.redaction, stop: run.stop };
  const written = await world.playbook('deploy');
  requireTags(written, run.tags);
  const playbook = await answerPrompts(written, answers);
  const inventory = await phase(run, 'inventory', () => run.blips.cloud.outlast(() => world.listHosts()));
  await tellUnmatched(world, inventory, run);
  const members = groups.flatMap((group) => withSettings(inventory.group(group), group));
  await fetchSecrets(world, inventory, members, run);
  const settings = new Map(
    groups.map((group) => [group, readGroup(inventory, { ...versionOf(options), group }, run)]),
  );
  for (const hosts of settings.values()) await checkEnvFiles(hosts, run);
  return { playbook, inventory, settings };
}

/**
 * Resolves the releases, connects to every host, and plans: all that can be known and refused before anything is changed. Changes nothing.
 * Throws all reasons against the roll.
 */
export async function planGroups(
  { playbook, inventory, settings }: Project,
  options: DeployOptions,
  run: Run,
): Promise<readonly PreparedGroup[]> {
  tellGone(options, [...settings.keys()], inventory, run);
  const opened = await phase(run, 'release', () =>
    Promise.all(
      [...settings].map(([group, read]) =>
        openGroup(
          inventory,
          {
            group,
            read,
            ...versionOf(options),
            ...defined({ limit: options.limit, choose: options.choose, secrets: options.secrets }),
            ...(options.resumes === undefined ? {} : { only: options.resumes.hosts }),
          },
          run,
        ),
      ),
    ),
  );
  const leased = new Set(opened.map(({ group }) => group));
  for (const { sessions } of opened) {
    const delegated = await checkPlaybook(playbook, sessions, playedHosts(inventory, sessions), {
      rolls: true,
    });
    refuseDelegates(delegated, leased, inventory);
  }
  const played = await Promise.all(opened.map((group) => asPlayed(group, playbook, inventory)));
  const observed = await phase(run, 'preflight', () =>
    Promise.all(
      played.map(async (group) => {
        const { opened, keptOut } = await meetKeptOut(group);
        const seen = await observeGroup(opened);
        const compares = options.verb === 'rollback' && options.secrets !== 'kept';
        return { opened, keptOut, observed: compares ? await compareKeptSecrets(seen, opened) : seen };
      }),
    ),
  );
  refuseOlderRun(
    options,
    observed.map((group) => group.observed.observation),
    run,
  );
  const groups: PreparedGroup[] = [];
  for (const group of leaveOutUnreachable(observed, options.skipUnreachable ?? 0)) {
    refuseUnfit(group.observed);
    groups.push(await planGroup(group, options));
  }
  tellLeftOut(groups, run);
  for (const { opened: group } of groups) {
    const maintenance = await maintenanceOf(group.group, await targetGroupsOf(group), group.run);
    if (maintenance !== undefined) tellMaintenance(group.group, maintenance, run);
  }
  for (const { plan } of groups) run.bus.emit({ type: 'plan.made', plan: reportOf(plan) });
  return groups;
}

/** The group, rolled as the playbook says. */
async function asPlayed(
  group: GroupSessions,
  playbook: Playbook,
  inventory: Inventory,
): Promise<GroupSessions> {
  const rollout = await playedRollout(playbook, group, inventory);
  const plays = await plannedPlays(playbook, group);
  return { ...group, settings: { ...group.settings, rollout }, plays };
}

/** The hosts that people keep out of service are left out, but for the run that brings them back. */
async function meetKeptOut(group: GroupSessions): Promise<Pick<ReachedGroup, 'opened' | 'keptOut'>> {
  const { run, sessions } = group;
  const found = await drainedAmong(sessions, group, run);
  for (const { session, drained } of found.keptOut) session.known.keptOut = drained;
  const { keptOut } = found;
  return { opened: run.undrains === true ? group : withoutKeptOut(group, found), keptOut };
}

/** The plan of a group that may be rolled. */
export async function planGroup(
  group: ReachedGroup,
  { variables = [] }: Pick<DeployOptions, 'variables'>,
): Promise<PreparedGroup> {
  const plan = withoutThem(planRoll(group.observed.observation), group);
  return {
    ...group,
    plan: {
      ...(await withScaling(plan, group.opened)),
      ...(variables.length === 0 ? {} : { variables }),
      ...defined({ plays: group.opened.plays }),
    },
  };
}

const versionOf = ({ version }: DeployOptions): Pick<DeployOptions, 'version'> =>
  version === undefined ? {} : { version };

/** Who goes on with a run notes which of its hosts are not there any more. */
function tellGone(
  { resumes }: DeployOptions,
  groups: readonly GroupName[],
  inventory: Inventory,
  { bus }: Run,
): void {
  const listed = new Set(groups.flatMap((group) => inventory.group(group)).map(({ id }) => id));
  for (const id of resumes?.hosts ?? []) {
    if (listed.has(id)) continue;
    const message = `${id} was a host of run ${resumes?.run ?? ''}, and is not listed any more.`;
    bus.emit({ type: 'warning', message });
  }
}

/** The plan says which hosts the run goes without. */
const withoutThem = (plan: Plan, { leftOut, keptOut, opened: { run } }: ReachedGroup): Plan => ({
  ...plan,
  ...(leftOut.length === 0
    ? {}
    : { leftOut: leftOut.map(({ session: { host }, error }) => leftOutHost(host, error.message)) }),
  ...(keptOut.length === 0 || run.undrains === true
    ? {}
    : {
        keptOut: keptOut.map(({ session: { host }, drained }) => leftOutHost(host, describeDrained(drained))),
      }),
});

const leftOutHost = ({ id, name }: Host, reason: string): LeftOutHost => ({ host: id, name, reason });

/** A deploy leases the groups that it deploys: refuses to change other hosts before anything else is changed. */
function refuseDelegates(delegated: Delegated, leased: ReadonlySet<GroupName>, { hosts }: Inventory): void {
  const refused = hosts
    .filter(({ groups }) => !groups.some((group) => leased.has(group)))
    .flatMap((host) => {
      const place = delegated.get(host.name) ?? delegated.get(host.id);
      return place === undefined ? [] : [delegateNotLeased(host, place)];
    });
  throwAll(refused);
}

function tellLeftOut(groups: readonly PreparedGroup[], run: Run): void {
  for (const { session, error } of groups.flatMap(({ leftOut }) => leftOut)) {
    run.tally.count(session.host.id, 'unreachable');
    const message = `it is left out of the run: ${error.message}`;
    run.bus.emit({ type: 'warning', host: session.eventHost, message });
  }
  if (run.undrains === true) return;
  for (const { keptOut } of groups) tellKeptOut(keptOut, run);
}
