import { unknownRun } from '../errors/recover.js';
import type { EventBus } from '../events/bus.js';
import { defined } from '../model/defined.js';
import type { Milliseconds } from '../model/duration.js';
import { describeHost } from '../model/host.js';
import { groupName, runId } from '../model/ids.js';
import type { RunResult } from '../model/run-result.js';
import type { InterruptedRun } from '../plan/interrupted-run.js';
import type { CommonOptions, RunHooks } from '../world/context.js';
import { lookForInterrupted, type InterruptedRuns } from './interrupted-runs.js';
import { isLeftMixed } from './left-mixed.js';
import { withRun } from '../run/with-run.js';
import { inWorld } from '../world/open-world.js';
import { phase } from '../run/phase.js';
import { takeOffLeftNotes } from './outlived-notes.js';
import { recoverResult } from './recover-result.js';
import { recoverRun, type RecoveredRun, type Recovering } from './recover-run.js';
import type { World } from '../world/world.js';

export interface RecoverOptions extends CommonOptions {
  /** Only this run; all interrupted runs of the environment when absent. */
  readonly run?: string;
  /** Only runs of these groups. */
  readonly groups?: readonly string[];
  /** How long to wait while another run has one of the groups. */
  readonly lockWait?: Milliseconds;
}

/** Restores all that interrupted runs still hold. Throws what is refused before any change: `lease.held` of a run that lives. */
export const recover = (options: RecoverOptions, hooks: RunHooks): Promise<RunResult> =>
  inWorld(options, hooks, (world) => recoverWith(world, options, hooks));

/** The story of a recovery, in any world: look for interrupted runs, in journals and on hosts; then one after the other, the newest first. */
export const recoverWith = (world: World, options: RecoverOptions, hooks: RunHooks): Promise<RunResult> =>
  withRun(world, options, hooks, { verb: 'recover', logged: true }, async (run) => {
    const { id, verb, environment, bus } = run;
    const groups = options.groups?.map(groupName);
    bus.emit({ type: 'run.started', run: id, verb, environment, groups: groups ?? [], ...world.owner });
    const inventory = await phase(run, 'inventory', () => run.blips.cloud.outlast(() => world.listHosts()));
    const look = await phase(run, 'recovery', () =>
      lookForInterrupted(world, inventory, {
        forks: run.forks,
        blips: run.blips,
        ...defined({ groups }),
        ...(options.run === undefined ? {} : { run: runId(options.run) }),
      }),
    );
    tellUnseen(look, bus);
    if (options.run !== undefined && look.runs.length === 0) await requireKnown(options.run, world, options);
    const recovering = { id, world, options, hooks, bus, inventory };
    await takeOffLeftNotes(look.left, recovering);
    const recovered = await recoverAll(look.runs, recovering);
    const mixed = await isLeftMixed(recovered, inventory, run);
    const result = recoverResult({ run, recovered, look, mixed });
    bus.emit({ type: 'run.ended', result });
    return result;
  });

/** Recovers these, in their order; what came of those that were still interrupted when their turn came. */
export async function recoverAll(
  runs: readonly InterruptedRun[],
  recovering: Recovering,
): Promise<readonly RecoveredRun[]> {
  const recovered: RecoveredRun[] = [];
  for (const found of runs) {
    const done = await recoverRun(found, recovering);
    if (done !== undefined) recovered.push(done);
  }
  return recovered;
}

/** What could not be looked at may hold something all the same. */
function tellUnseen({ unread, unasked }: InterruptedRuns, bus: EventBus): void {
  for (const { message } of unread) bus.emit({ type: 'warning', message });
  for (const { host, error } of unasked.values()) {
    const message = `${describeHost(host)} could not be asked what is held of it: ${error.message}`;
    bus.emit({ type: 'warning', message });
  }
}

/** A run that ended well has nothing to be recovered; an unknown one is a typing mistake. */
async function requireKnown(
  run: string,
  { journals }: World,
  { environment }: RecoverOptions,
): Promise<void> {
  const records = (await journals.runs()).includes(runId(run)) ? await journals.read(runId(run)) : [];
  const begun = records.find((record) => record.type === 'run.started');
  if (begun?.environment !== environment) throw unknownRun(run, environment);
}
