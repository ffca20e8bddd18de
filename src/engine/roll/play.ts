import { errorsOf, type AdfError } from '../../errors/adf-error.js';
import { batchBlocked, noHosts, tooManyFailedBefore } from '../../errors/engine.js';
import type { Layer } from '../../expression/scope.js';
import { Variables } from '../../expression/variables.js';
import { defined } from '../../model/defined.js';
import type { Amount, RolloutSettings } from '../../model/settings.js';
import { batchSize } from '../../plan/batches.js';
import { comparePositions, type Play, type PlayRollout, type Position } from '../../playbook/playbook.js';
import type { HostSession } from '../host-session.js';
import type { Run } from '../run.js';
import { isStopping } from '../stop-signal.js';
import { runBatch } from './batch.js';
import { nextAllowed } from './next-allowed.js';
import { nameForPeople, onTop, playLayers, readRollout } from './play-settings.js';
import { playVariables } from './play-variables.js';
import { rollBack, type RollbackResult } from './rollback.js';
import { inOrder } from './order.js';
import { Throttles } from './throttle.js';
import { rollWindow } from './window.js';
import { FailureBudget, type TurnPlay } from './turn-play.js';
import type { TurnResult } from './turn.js';

/** What came of a play. */
export interface PlayResult {
  readonly turns: readonly TurnResult[];
  readonly rollbacks: readonly RollbackResult[];
  /** The hosts it never got to. */
  readonly untouched: readonly HostSession[];
  /** More hosts failed than the play allows, or it was interrupted, or the floor blocked it: no later play begins. */
  readonly stopped: boolean;
  /** What stopped it, when that was no host's own failure. */
  readonly error?: AdfError;
  /** Hosts that failed before this task, or in earlier plays, have part in later plays again. */
  readonly clearedBefore?: Position;
}

/** What earlier plays of the run left behind. */
export interface Before {
  /** Every host that had a turn. */
  readonly touched: readonly HostSession[];
  /** How many of them failed. */
  readonly failed: number;
}

/** Where a play runs unless the playbook says otherwise. */
const fallback: Pick<RolloutSettings, 'minHealthy' | 'floorWait'> = {
  minHealthy: { percent: 50 },
  floorWait: 600_000,
};

/**
 * One play: batch after batch, each cut to what the floor allows, until all hosts had their turn or too many failed; then, by
 * `on_failure`, the hosts that had finished go back too.
 */
export async function runPlay(
  read: Play,
  given: readonly HostSession[],
  before: Before,
  run: Run,
): Promise<PlayResult> {
  const [first] = given;
  if (first === undefined) throw noHosts(read.name, read.hosts.value, read.at);
  const play = { ...read, name: nameForPeople(read, first) };
  const sessions = inOrder(given, play, run);
  const hosts = sessions.map(({ eventHost }) => eventHost);
  run.bus.emit({ type: 'play.started', play: play.name, hosts });
  const opened = await openPlay(play, sessions, before.failed, run);
  const { rollout } = opened;
  const settings = first.group?.settings.rollout ?? fallback;
  const minHealthy = rollout.minHealthy ?? settings.minHealthy;
  run.floor.set(minHealthy, settings.floorWait);
  run.holds.knowFloor(minHealthy);
  const result = opened.turnPlay.budget.exceeded
    ? { turns: [], untouched: sessions, stopped: true, error: tooManyFailedBefore(play.name) }
    : await rollThrough(sessions, opened, run);
  const rollbacks = await followOnFailure(result, [...before.touched, ...sessions], opened, run);
  run.bus.emit({ type: 'play.ended', play: play.name });
  return { ...result, rollbacks, ...defined({ clearedBefore: opened.clearedBefore() }) };
}

export type Rolled = Omit<PlayResult, 'rollbacks' | 'clearedBefore'>;

/** An error outside the turns (of the journal, the cloud between two batches) ends the play, and loses none of its turns. */
async function rollThrough(sessions: readonly HostSession[], opened: OpenPlay, run: Run): Promise<Rolled> {
  const { rollout, turnPlay, isOver } = opened;
  if (rollout.maxUnavailable !== undefined) return rollWindow(sessions, rollout.maxUnavailable, opened, run);
  const { play } = turnPlay;
  const turns: TurnResult[] = [];
  let queue = sessions;
  const stoppedBy = (error?: AdfError): Rolled => ({
    turns,
    untouched: queue,
    stopped: true,
    ...defined({ error }),
  });
  try {
    for (let batch = 1; queue.length > 0; batch += 1) {
      if (isStopping(run)) return stoppedBy();
      if (run.gate.closedBy !== undefined) return stoppedBy(run.gate.closedBy);
      const size = batchSize(rollout.serial, batch - 1, sessions.length);
      const chosen = await nextAllowed(queue, size, play, batch, run);
      if (chosen.length === 0)
        return stoppedBy(isStopping(run) ? undefined : batchBlocked(run.floor.floorWait));
      if (!turnPlay.budget.allowsBatchOf(chosen.length))
        return stoppedBy(tooManyFailedBefore(play.name, batch));
      const left = queue.filter((session) => !chosen.includes(session));
      const of = batch + remainingBatches(left.length, rollout.serial, batch, sessions.length);
      const { turns: results, error } = await runBatch(chosen, { batch, of }, turnPlay, rollout.bake, run);
      turns.push(...results);
      if (results.length > 0) queue = left;
      if (error !== undefined) return stoppedBy(error);
      const failed = results.filter(({ status }) => status !== 'ok').length;
      if (isOver()) return { turns, untouched: queue, stopped: false };
      // As in Ansible, a batch that failed as a whole ends the play whatever the allowance.
      if (turnPlay.budget.exceeded || failed === results.length) return stoppedBy();
    }
    return { turns, untouched: [], stopped: isStopping(run) };
  } catch (thrown) {
    return stoppedBy(errorsOf(thrown)[0]);
  }
}

function remainingBatches(left: number, serial: readonly Amount[], done: number, total: number): number {
  let batches = 0;
  for (let hosts = left; hosts > 0; batches += 1) hosts -= batchSize(serial, done + batches, total);
  return batches;
}

/**
 * `on_failure`: with `rollback`, every host that the run replaced something on goes back to where it came from, whatever play that
 * was in; one that was restored on its own, or could not be, is left alone. An interruption is no failure.
 */
async function followOnFailure(
  { turns, stopped, error }: Rolled,
  sessions: readonly HostSession[],
  { rollout: { onFailure }, turnPlay }: OpenPlay,
  run: Run,
): Promise<readonly RollbackResult[]> {
  const failed = turns.filter(({ status }) => status === 'failed' || status === 'unreachable');
  const isFailure = stopped && (failed.length > 0 || error !== undefined);
  if (!isFailure || isStopping(run) || run.checkMode || run.gate.closedBy !== undefined) return [];
  if (onFailure !== 'rollback' || !turnPlay.mayRestore()) return [];
  const replaced = [...new Set(sessions)].filter(({ host }) => run.holds.wasReplaced(host.id));
  const reason = failed.map(({ session }) => session.host.name).join(', ');
  return rollBack(replaced, reason === '' ? (error?.message ?? '') : `${reason} failed`, run);
}

/** A play that is about to run: how it rolls, and what its turns share. */
export interface OpenPlay {
  readonly rollout: PlayRollout;
  readonly turnPlay: TurnPlay;
  /** A host ended the play. */
  readonly isOver: () => boolean;
  readonly clearedBefore: () => Position | undefined;
}

async function openPlay(
  play: Play,
  sessions: readonly HostSession[],
  failedBefore: number,
  run: Run,
): Promise<OpenPlay> {
  const [first] = sessions;
  if (first === undefined) throw noHosts(play.name, play.hosts.value, play.at);
  const bases = new WeakMap<readonly Layer[], Variables>();
  const base = ({ variables: { layers: own } }: HostSession): Variables => {
    const known = bases.get(own) ?? Variables.of(own);
    bases.set(own, known);
    return known;
  };
  const layers = [playVariables(play, sessions), ...(await playLayers(play, base(first), run))];
  const rollout = readRollout(play, sessions, (session) =>
    onTop(base(session), [...layers, ...run.extraVars]),
  );
  let isOver = false;
  let clearedBefore: Position | undefined;
  return {
    rollout,
    isOver: () => isOver,
    clearedBefore: () => clearedBefore,
    turnPlay: {
      play,
      layers,
      base,
      // That of a batch is made with the batch.
      runOnce: { play: run.runOnce, batch: run.runOnce },
      throttles: new Throttles(),
      budget: new FailureBudget(rollout, sessions.length + failedBefore, failedBefore),
      end: () => {
        isOver = true;
      },
      clearErrors: (at) => {
        const isLater = clearedBefore === undefined || comparePositions(at, clearedBefore) > 0;
        if (isLater) clearedBefore = at;
      },
      // Once a one-way task ran, going back is no longer safe: on_failure is stop.
      mayRestore: () => rollout.onFailure !== 'stop' && run.tally.oneWay.length === 0,
    },
  };
}
