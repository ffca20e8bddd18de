import pLimit from 'p-limit';
import type { AdfError } from '../errors/adf-error.js';
import type { Milliseconds } from '../model/duration.js';
import { Barrier } from './barrier.js';
import { bake } from './bake.js';
import type { HostSession } from './host-session.js';
import type { Run } from './run.js';
import { restoreAfter, runTurn, type TurnResult } from './turn.js';
import type { TurnPlay } from './turn-play.js';

/** Where a batch stands in its play; counts from 1. */
export interface BatchNumber {
  readonly batch: number;
  readonly of: number;
}

/**
 * One batch: all turns, then the bake over those that ended well, then their holds are settled. A host that does not survive the
 * bake is restored like one whose turn failed.
 */
export async function runBatch(
  sessions: readonly HostSession[],
  { batch, of }: BatchNumber,
  play: TurnPlay,
  bakeTime: Milliseconds,
  run: Run,
): Promise<readonly TurnResult[]> {
  const { bus } = run;
  const name = play.play.name;
  const hosts = sessions.map(({ eventHost }) => eventHost);
  bus.emit({ type: 'batch.started', play: name, batch, of, hosts });
  await record(run, { type: 'batch.started', batch, hosts: sessions.map(({ host }) => host.id) });
  const limit = pLimit(Math.max(1, run.forks));
  // A linear batch moves as one, so that all its turns must be running.
  const barrier = play.play.strategy === 'linear' ? new Barrier(sessions.length) : undefined;
  const turns = await Promise.all(
    sessions.map((session) =>
      barrier === undefined
        ? limit(() => runTurn(session, play, batch, undefined))
        : runTurn(session, play, batch, barrier),
    ),
  );
  const results = run.checkMode ? turns : await bakeAndSettle(turns, batch, play, bakeTime, run);
  const failed = results.filter(({ status }) => status !== 'ok').map(({ session }) => session.eventHost);
  bus.emit({ type: 'batch.ended', play: name, batch, failed });
  await record(run, { type: 'batch.ended', batch });
  return results;
}

async function bakeAndSettle(
  turns: readonly TurnResult[],
  batch: number,
  play: TurnPlay,
  bakeTime: Milliseconds,
  run: Run,
): Promise<readonly TurnResult[]> {
  const well = turns.filter(({ status }) => status === 'ok').map(({ session }) => session);
  const changed = well.filter((session) => holdsContainer(session));
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
      ...(reason === undefined ? {} : { reason }),
    });
  }
  await Promise.all(
    well.filter((session) => !failures.has(session)).map((session) => settleReplaced(session)),
  );
  return Promise.all(
    turns.map(async (turn): Promise<TurnResult> => {
      const error = failures.get(turn.session);
      return error === undefined ? turn : failAfterBake(turn.session, error, play);
    }),
  );
}

const holdsContainer = ({ run, host }: HostSession): boolean =>
  run.holds.openOf(host.id).some((hold) => hold.kind === 'container');

/**
 * The planned state has proven itself: containers are replaced, and new places in target groups are kept. A registration that is
 * still out stays held: a later play may bring it back, and the end of the run does.
 */
async function settleReplaced({ run, host, group }: HostSession): Promise<void> {
  const settled = run.holds
    .openOf(host.id)
    .filter((hold) => hold.kind === 'container' || hold.state === 'absent');
  await run.holds.settle(settled, 'replaced');
  if (group !== undefined && run.holds.wasReplaced(host.id)) run.floor.knowUp(group.name, host.id);
}

async function failAfterBake(session: HostSession, error: AdfError, play: TurnPlay): Promise<TurnResult> {
  session.run.tally.count(session.host.id, 'failed');
  play.budget.fail();
  const restore = await restoreAfter(session, 'failed', play);
  if (restore?.restored === true) session.run.tally.count(session.host.id, 'restored');
  return { session, status: 'failed', error, ...(restore === undefined ? {} : { restore }) };
}

type BatchRecord =
  | {
      readonly type: 'batch.started';
      readonly batch: number;
      readonly hosts: readonly HostSession['host']['id'][];
    }
  | { readonly type: 'batch.ended'; readonly batch: number };

const record = async ({ ports: { journal, clock } }: Run, body: BatchRecord): Promise<void> =>
  journal.append({ at: clock.now(), ...body });
