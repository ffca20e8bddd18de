import pLimit from 'p-limit';
import { errorsOf, type AdfError } from '../../errors/adf-error.js';
import { defined } from '../../model/defined.js';
import type { Milliseconds } from '../../model/duration.js';
import { replacedByPlan, touchesHost } from '../../model/hold.js';
import type { HostSession } from '../host-session.js';
import type { Run } from '../run.js';
import { bake } from './bake.js';
import { RunOnce } from './run-once.js';
import { inBatch } from './play-variables.js';
import type { TurnPlay } from './turn-play.js';
import { Barrier, restoreAfter, runTurn, type TurnResult } from './turn.js';

/** Where a batch stands in its play; counts from 1. */
export interface BatchNumber {
  readonly batch: number;
  readonly of: number;
}

/** What came of a batch. */
export interface BatchResult {
  /** Of every host of it; none when it did not begin. */
  readonly turns: readonly TurnResult[];
  /** The journal could not be written: nothing more can be done. */
  readonly error?: AdfError;
}

/**
 * One batch: all turns, then the bake over those that ended well, then their holds are settled. A host that does not survive the
 * bake is restored like one whose turn failed. Never throws: what its turns did is in the result.
 */
export async function runBatch(
  sessions: readonly HostSession[],
  { batch, of }: BatchNumber,
  opened: TurnPlay,
  bakeTime: Milliseconds,
  run: Run,
): Promise<BatchResult> {
  const { bus } = run;
  const layers = inBatch(opened.layers, sessions);
  const play = { ...opened, layers, runOnce: { ...opened.runOnce, batch: new RunOnce() } };
  const name = play.play.name;
  const hosts = sessions.map(({ eventHost }) => eventHost);
  bus.emit({ type: 'batch.started', play: name, batch, of, hosts });
  const unbegun = await record(run, {
    type: 'batch.started',
    batch,
    hosts: sessions.map(({ host }) => host.id),
  });
  if (unbegun !== undefined) return { turns: [], error: unbegun };
  const limit = pLimit(Math.max(1, run.forks));
  // A linear batch moves as one, so that all its turns must be running.
  const barrier = play.play.strategy === 'linear' ? new Barrier(sessions) : undefined;
  const turns = await Promise.all(
    sessions.map((session) =>
      barrier === undefined
        ? limit(() => turnOf(session, play, batch, undefined))
        : turnOf(session, play, batch, barrier),
    ),
  );
  const ended = run.checkMode ? { turns } : await bakeAndSettle(turns, batch, play, bakeTime, run);
  const failed = ended.turns.filter(({ status }) => status !== 'ok').map(({ session }) => session.eventHost);
  bus.emit({ type: 'batch.ended', play: name, batch, failed });
  const unwritten = await record(run, { type: 'batch.ended', batch });
  const error = ended.error ?? unwritten;
  return { turns: ended.turns, ...defined({ error }) };
}

/** One turn that throws must not keep those of the others from being told. */
const turnOf = (...turn: Parameters<typeof runTurn>): Promise<TurnResult> =>
  runTurn(...turn).catch((error: unknown) => ({
    session: turn[0],
    status: 'failed',
    error: errorsOf(error)[0],
  }));

async function bakeAndSettle(
  turns: readonly TurnResult[],
  batch: number,
  play: TurnPlay,
  bakeTime: Milliseconds,
  run: Run,
): Promise<BatchResult> {
  const well = turns.filter(({ status }) => status === 'ok').map(({ session }) => session);
  const changed = well.filter(({ run: { holds }, host }) => touchesHost(holds.openOf(host.id)));
  const name = play.play.name;
  let failures: ReadonlyMap<HostSession, AdfError> = new Map();
  if (changed.length > 0) {
    run.bus.emit({ type: 'bake.started', play: name, batch, duration: bakeTime });
    failures = await bake(changed, bakeTime, run.stop.signal);
    const [reason] = [...failures.values()].map(({ message }) => message);
    const passed = failures.size === 0;
    run.bus.emit({
      type: 'bake.ended',
      play: name,
      batch,
      passed,
      ...defined({ reason }),
    });
  }
  const unsettled = await Promise.all(
    well.filter((session) => !failures.has(session)).map((session) => settleReplaced(session)),
  );
  const judged = await Promise.all(
    turns.map(async (turn): Promise<TurnResult> => {
      const error = failures.get(turn.session);
      return error === undefined ? turn : failAfterBake(turn.session, error, play);
    }),
  );
  const error = unsettled.find((one) => one !== undefined);
  return { turns: judged, ...defined({ error }) };
}

/**
 * The planned state has proven itself: containers are replaced, and new places in target groups are kept. A registration that is
 * still out stays held: a later play may bring it back, and the end of the run does. Gives what kept that from being written down: the
 * journal, or a lease that is lost and is not ours again; then the host is still held.
 */
async function settleReplaced({ run, host, group, target }: HostSession): Promise<AdfError | undefined> {
  try {
    // A lease that ran out meanwhile is no reason to take back what has proven itself.
    await run.gate.readyToRestore();
    await run.holds.settle(replacedByPlan(run.holds.openOf(host.id)), 'replaced');
    await target.traffic.endKeptOut();
  } catch (error) {
    return errorsOf(error)[0];
  }
  if (group !== undefined && run.holds.wasReplaced(host.id)) run.floor.knowUp(group.name, host.id);
  return undefined;
}

async function failAfterBake(session: HostSession, error: AdfError, play: TurnPlay): Promise<TurnResult> {
  session.run.tally.count(session.host.id, 'failed');
  play.budget.fail();
  const restore = await restoreAfter(session, 'failed', play);
  if (restore?.restored === true) session.run.tally.count(session.host.id, 'restored');
  return { session, status: 'failed', error, ...defined({ restore }) };
}

type BatchRecord =
  | {
      readonly type: 'batch.started';
      readonly batch: number;
      readonly hosts: readonly HostSession['host']['id'][];
    }
  | { readonly type: 'batch.ended'; readonly batch: number };

/** Gives why it could not be written. */
async function record({ ports: { journal, clock } }: Run, body: BatchRecord): Promise<AdfError | undefined> {
  try {
    await journal.append({ at: clock.now(), ...body });
    return undefined;
  } catch (error) {
    return errorsOf(error)[0];
  }
}
