import { errorsOf, type AdfError } from '../../errors/adf-error.js';
import { batchBlocked } from '../../errors/engine.js';
import { defined } from '../../model/defined.js';
import { amountOf, type Amount } from '../../model/settings.js';
import type { HostSession } from '../host-session.js';
import { lookAgain } from '../interlocks/floor-guard.js';
import type { Run } from '../run.js';
import { isStopping } from '../stop-signal.js';
import { runBatch, type BatchResult } from './batch.js';
import { nextAllowed, nextOfWindow } from './next-allowed.js';
import type { OpenPlay, Rolled } from './play.js';
import type { TurnResult } from './turn.js';

/**
 * A play with `max_unavailable`: a sliding window. Each host is a batch of its own, with its own bake, and at most that many are under way at once:
 * the next begins as soon as one is done. Nothing more begins once a host failed, unless the play's allowance of failures covers it, or the play was ended;
 * those that are under way come to their ends. Never throws.
 */
export async function rollWindow(
  sessions: readonly HostSession[],
  most: Amount,
  { rollout, turnPlay, isOver }: OpenPlay,
  run: Run,
): Promise<Rolled> {
  const { play, budget } = turnPlay;
  const size = Math.max(1, Math.min(amountOf(most, sessions.length), run.forks));
  const turns: TurnResult[] = [];
  const underWay = new Map<HostSession, Promise<unknown>>();
  let queue = sessions;
  let error: AdfError | undefined;
  let failed = false;

  const take = (session: HostSession, result: BatchResult): void => {
    underWay.delete(session);
    turns.push(...result.turns);
    // A host that did not begin is untouched.
    if (result.turns.length === 0) queue = [session, ...queue];
    error ??= result.error;
    failed ||= result.turns.some(({ status }) => status !== 'ok');
  };
  const isStopped = (): boolean => {
    const hasAllowance = play.maxFailPercentage !== undefined || play.maxFailures !== undefined;
    const tooMany = budget.exceeded || (failed && !hasAllowance);
    return error !== undefined || isStopping(run) || (tooMany && !isOver());
  };
  const mayBegin = (): boolean => {
    error ??= run.gate.closedBy;
    return queue.length > 0 && !isOver() && !isStopped();
  };
  const next = async (batch: number): Promise<HostSession | undefined> => {
    const now = await nextOfWindow(queue, [...underWay.keys()], play, run);
    if (now !== undefined || underWay.size > 0) return now;
    const [waitedFor] = await nextAllowed(queue, 1, play, batch, run);
    if (waitedFor === undefined && !isStopping(run)) error = batchBlocked(run.floor.floorWait);
    return waitedFor;
  };

  let batch = 0;
  while (mayBegin()) {
    const session = underWay.size < size ? await next(batch + 1).catch(remember) : undefined;
    if (session === undefined) {
      if (underWay.size > 0) await oneIsDoneOr(underWay, size, run);
      continue;
    }
    // The floor's answer took its time.
    if (!mayBegin()) break;
    queue = queue.filter((one) => one !== session);
    batch += 1;
    const number = { batch, of: batch + queue.length };
    const running = runBatch([session], number, turnPlay, rollout.bake, run);
    underWay.set(
      session,
      running.then((result) => take(session, result)),
    );
  }
  await Promise.all(underWay.values());
  return { turns, untouched: queue, stopped: isStopped(), ...defined({ error }) };

  function remember(thrown: unknown): undefined {
    error ??= errorsOf(thrown)[0];
    return undefined;
  }
}

/** Resolves when a host is done; where a place is free already and the floor keeps the next from it, after a while too. */
async function oneIsDoneOr(
  underWay: ReadonlyMap<HostSession, Promise<unknown>>,
  size: number,
  { ports: { clock }, stop }: Run,
): Promise<void> {
  const done = new AbortController();
  const onStop = (): void => done.abort();
  stop.signal.addEventListener('abort', onStop, { once: true });
  const waiting =
    underWay.size < size && !stop.signal.aborted
      ? [clock.sleep(lookAgain, done.signal).catch(() => undefined)]
      : [];
  await Promise.race([...underWay.values(), ...waiting]);
  done.abort();
  stop.signal.removeEventListener('abort', onStop);
}
