import { type HostSession, runPlaybook, StepThrough, type Run } from '../engine/index.js';
import { errorsOf } from '../errors/adf-error.js';
import { interruptedMeanwhile } from '../errors/ad-hoc.js';
import { checkPlaybook } from '../check/check-playbook.js';
import { defined } from '../model/defined.js';
import type { Milliseconds } from '../model/duration.js';
import type { HostResult, RunResult } from '../model/run-result.js';
import type { Play, Playbook } from '../playbook/playbook.js';
import { startAt } from '../playbook/start-at.js';
import { requireTags } from '../playbook/tags.js';
import { EnginePatience } from '../recovery/interrupted-runs.js';
import { findInterrupted, recoverFirst } from '../recovery/recover-first.js';
import type { RetryHosts } from '../ports/journal.js';
import { recordEnd } from '../run/endings.js';
import { withLeases, type HeldLeases } from '../run/leases.js';
import { limitOf } from '../run/limit.js';
import { phase } from '../run/phase.js';
import { answerPrompts } from '../run/prompts.js';
import { withRun } from '../run/with-run.js';
import type { CommonOptions, RunHooks } from '../world/context.js';
import { inWorld } from '../world/open-world.js';
import type { World } from '../world/world.js';
import { openFleet, type AdHocFleet } from './ad-hoc-fleet.js';
import { recordAdHoc } from './ad-hoc-record.js';
import { adHocResult } from './ad-hoc-result.js';
import { withoutKeptOut } from './kept-out.js';
import { AddedHosts } from './meet-added.js';
import { needsEngine } from './needs-engine.js';
import { onlyReads } from './only-reads.js';

export interface AdHocOptions extends CommonOptions {
  /** Its path in the project, or the name of a playbook in `playbooks/` or of a packaged one. */
  readonly playbook: string;
  /** The group as whose members hosts are seen: which target groups and containers are theirs. Only its hosts are played. */
  readonly group?: string;
  /** What the run is called; `run` when absent. */
  readonly verb?: string;
  /** What it is told to be about, instead of its playbook: the hosts, the group. */
  readonly about?: string;
  /** The project's channels are told of it. */
  readonly notified?: boolean;
  /** It is about hosts that people keep out of service, too. */
  readonly meetsKeptOut?: boolean;
  /** It brings such hosts back. */
  readonly undrains?: boolean;
  /** A dry run: every task's check, and no change. */
  readonly check: boolean;
  /** The name of the task to start at. */
  readonly startAt?: string;
  readonly tags?: readonly string[];
  readonly skipTags?: readonly string[];
  /** How long to wait while another run has one of the groups. */
  readonly lockWait?: Milliseconds;
  /** Refuses when an interrupted run still holds something of a group, instead of recovering it first. */
  readonly noRecover?: boolean;
}

/** Runs an ad-hoc playbook. Throws what is refused before any change. */
export const runAdHoc = (options: AdHocOptions, hooks: RunHooks): Promise<RunResult> =>
  inWorld(options, hooks, (world) => runAdHocWith(world, options, hooks));

/**
 * The story of an ad-hoc playbook, in any world: what the files say, and for which hosts; what an interrupted run left is put right; the leases
 * of all groups of these hosts are taken; the playbook runs. Hosts that it adds are checked, leased and written down before the first play that they
 * have part in. One that only reads takes no lease and writes no journal.
 */
export async function runAdHocWith(world: World, options: AdHocOptions, hooks: RunHooks): Promise<RunResult> {
  const read = await world.playbook(options.playbook);
  const { tags, skipTags = [] } = options;
  const selection = { only: tags, skip: skipTags };
  requireTags(read, selection);
  const begun = options.startAt === undefined ? read : startAt(read, options.startAt);
  const { extraVars } = options;
  const { prompt: person, stop } = hooks;
  const playbook = await answerPrompts(begun, { extraVars, person, keeper: world.redaction, stop });
  const changes = !options.check && !onlyReads(playbook);
  const choices = {
    verb: options.check ? 'check' : (options.verb ?? 'run'),
    checkMode: options.check,
    tags: selection,
    journaled: changes,
    notified: changes && options.notified === true,
    ...defined({ steps: stepsOf(hooks), undrains: options.undrains }),
  };
  return withRun(world, options, hooks, choices, async (run) => {
    const { id, verb, environment } = run;
    const name = options.about ?? options.playbook;
    run.bus.emit({
      type: 'run.started',
      run: id,
      verb,
      environment,
      groups: [],
      ...run.owner,
      playbook: name,
    });
    const inventory = await phase(run, 'inventory', () => run.blips.cloud.outlast(() => world.listHosts()));
    const limit = await limitOf(options, world);
    const choice = { ...options, ...defined({ limit }) };
    const open = (): Promise<AdHocFleet> => openFleet(playbook, inventory, choice, run, world);
    const fleet = await open();
    const check = () => checkPlaybook(playbook, fleet.sessions, fleet.select);
    const delegates = [...(await fleet.beforehand(check)).keys()];
    fleet.knowDelegates(delegates);
    if (!changes) return play(options, playbook, fleet, world);
    // Groups that only the playbook makes have no hosts yet, but an interrupted run may hold some of theirs.
    const groups = [...new Set([...fleet.groups, ...(fleet.later?.groups ?? [])])];
    const engines = needsEngine(playbook) ? undefined : new EnginePatience();
    const scope = { ...options, groups, ...defined({ engines }) };
    await recoverFirst(world, scope, hooks, run, inventory);
    return withLeases(fleet.leases, run, world, options.lockWait ?? 0, async (leases) => {
      const [found] = await findInterrupted(world, scope, run, inventory);
      if (found !== undefined) throw interruptedMeanwhile(found.run);
      // What hosts run may be another release by now: a recovery was first, and so may another run have been.
      const leased = await open();
      leased.knowDelegates(delegates);
      await recordAdHoc(leased, options, world, leases.epochs);
      run.blips.changesBegin({ of: 'heard' });
      return play(options, playbook, leased, world, leases, engines);
    });
  });
}

const stepsOf = ({ askTask }: RunHooks): StepThrough | undefined =>
  askTask && new StepThrough((name) => askTask(name));

async function play(
  { about, playbook: given, meetsKeptOut = false }: AdHocOptions,
  playbook: Playbook,
  fleet: AdHocFleet,
  { retry }: World,
  leases?: HeldLeases,
  engines?: EnginePatience,
): Promise<RunResult> {
  const { run } = fleet;
  const added = new AddedHosts(playbook, fleet, leases, engines);
  fleet.hold = added.hold;
  const without = await withoutKeptOut(playbook, fleet, meetsKeptOut);
  const select = async (one: Play): Promise<readonly HostSession[]> => {
    await added.meet(one);
    return without(one, fleet.select(one));
  };
  const played = await runPlaybook(playbook, select, run);
  const result = adHocResult(about ?? given, fleet, played);
  await recordEnd(result, run);
  if (!run.checkMode) await keepFailed(result, retry, run);
  run.bus.emit({ type: 'run.ended', result });
  return result;
}

const endedBadly: ReadonlySet<HostResult['status']> = new Set(['failed', 'named', 'restored', 'rolled_back']);

async function keepFailed({ hosts, environment }: RunResult, retry: RetryHosts, { bus }: Run): Promise<void> {
  const failed = hosts.filter(({ status }) => endedBadly.has(status)).map(({ host }) => host);
  try {
    await retry.keep(environment, failed);
  } catch (error) {
    const message = `The failed hosts are not kept for --limit @retry: ${errorsOf(error)[0].message}`;
    bus.emit({ type: 'warning', message });
  }
}
