import { errorsOf, type AdfError } from '../../errors/adf-error.js';
import { defined } from '../../model/defined.js';
import { touchesHost } from '../../model/hold.js';
import { restoreHost, type RestoreOutcome } from '../holds/restore.js';
import { comparePositions, type Position } from '../../playbook/playbook.js';
import type { HostSession } from '../host-session.js';
import { jobsOver } from './jobs-over.js';
import type { TurnPlay } from './turn-play.js';
import { TurnTasks, type Ended } from './turn-tasks.js';

/**
 * Where the turns of a batch wait for one another before each task, under `strategy: linear`. Those whose next task is the first in the play
 * go on, the others wait for them: a host that is rescued has tasks which the others do not have. They go on in the order of the play, so that a
 * `run_once` task is run by the first of them.
 */
export class Barrier {
  #members: number;
  #waiting: { readonly session: HostSession; readonly position: Position; readonly go: () => void }[] = [];

  /** `sessions` are the turns of the batch, in the order of the play. */
  constructor(private readonly sessions: readonly HostSession[]) {
    this.#members = sessions.length;
  }

  /** Resolves when all members that are still in have arrived, and none has a task before the one of this position. */
  arrive(session: HostSession, position: Position): Promise<void> {
    return new Promise((go) => {
      this.#waiting.push({ session, position, go });
      this.#openIfComplete();
    });
  }

  /** A turn that ended is waited for no more. */
  leave(): void {
    this.#members -= 1;
    this.#openIfComplete();
  }

  #openIfComplete(): void {
    if (this.#waiting.length < this.#members) return;
    const [one, ...others] = this.#waiting.map(({ position }) => position);
    if (one === undefined) return;
    const first = others.reduce(
      (before, other) => (comparePositions(other, before) < 0 ? other : before),
      one,
    );
    const isFirst = ({ position }: { readonly position: Position }): boolean =>
      comparePositions(position, first) === 0;
    const going = this.#waiting.filter(isFirst);
    this.#waiting = this.#waiting.filter((turn) => !isFirst(turn));
    const rank = ({ session }: { readonly session: HostSession }): number => this.sessions.indexOf(session);
    // Not before the one that came last awaits its promise: else the others would go on before it, whatever its rank.
    queueMicrotask(() => {
      for (const { go } of going.toSorted((one, other) => rank(one) - rank(other))) go();
    });
  }
}

export interface TurnResult {
  readonly session: HostSession;
  readonly status: Ended['status'];
  readonly error?: AdfError;
  /** The last task that was begun, where it did not end well. */
  readonly at?: Position;
  /** What came of putting the host back; absent when the turn ended well, or nothing was to be restored. */
  readonly restore?: RestoreOutcome;
}

/** One host's way through one batch: its tasks in their order; and when one fails, back to where it came from. */
export async function runTurn(
  session: HostSession,
  play: TurnPlay,
  batch: number,
  barrier: Barrier | undefined,
): Promise<TurnResult> {
  const { bus, ports, tally } = session.run;
  const begun = ports.clock.elapsed();
  session.run.blips.turnBegins(session.host);
  bus.emit({ type: 'turn.started', host: session.eventHost, play: play.play.name, batch });
  const ended = await new TurnTasks(session, play, barrier)
    .run()
    .catch((error: unknown): Ended => ({ status: 'failed', error: errorsOf(error)[0] }))
    .finally(() => barrier?.leave());
  if (ended.status === 'failed' || ended.status === 'unreachable') play.budget.fail();
  await jobsOver(session);
  // A lost connection may be ignored (`ignore_unreachable`); what it was for must not happen after the turn.
  if (ended.status === 'ok') await session.run.gate.requests.over(session.host.id);
  const restore = ended.status === 'ok' ? undefined : await restoreAfter(session, ended.status, play);
  if (restore?.restored === true) tally.count(session.host.id, 'restored');
  bus.emit({
    type: 'turn.ended',
    host: session.eventHost,
    play: play.play.name,
    status: restore?.restored === true ? 'restored' : ended.status,
    duration: ports.clock.elapsed() - begun,
  });
  return { session, ...ended, ...defined({ restore }) };
}

/**
 * Puts a host back to where the run found it. An interrupted one that had nothing replaced in this turn keeps what earlier plays
 * gave it. Undefined when there is nothing to restore, or nothing may be.
 */
export async function restoreAfter(
  session: HostSession,
  status: Exclude<TurnResult['status'], 'ok'>,
  play: TurnPlay,
): Promise<RestoreOutcome | undefined> {
  const { holds, checkMode } = session.run;
  const open = holds.openOf(session.host.id);
  const origin = holds.originOf(session.host.id);
  const isOpen = touchesHost(open);
  const wasTouched = touchesHost(origin);
  if (checkMode || (open.length === 0 && !wasTouched)) return undefined;
  if (status === 'interrupted') return isOpen ? restoreHost(session, origin) : restoreOpen(session);
  return play.mayRestore() ? restoreHost(session, origin) : undefined;
}

async function restoreOpen(session: HostSession): Promise<RestoreOutcome | undefined> {
  const open = session.run.holds.openOf(session.host.id);
  return open.length === 0 ? undefined : restoreHost(session, open);
}
