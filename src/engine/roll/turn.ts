import { errorsOf, type AdfError } from '../../errors/adf-error.js';
import { defined } from '../../model/defined.js';
import { touchesHost } from '../../model/hold.js';
import { restoreHost, type RestoreOutcome } from '../holds/restore.js';
import type { HostSession } from '../host-session.js';
import type { TurnPlay } from './turn-play.js';
import { TurnTasks, type Ended } from './turn-tasks.js';

/**
 * Where the turns of a batch wait for one another before each task, under `strategy: linear`. Those whose next task is the first in the play
 * go on, the others wait for them: a host that is rescued has tasks which the others do not have.
 */
export class Barrier {
  #members: number;
  #waiting: { readonly index: number; readonly go: () => void }[] = [];

  constructor(members: number) {
    this.#members = members;
  }

  /** Resolves when all members that are still in have arrived, and none has a task before the one of this index. */
  arrive(index: number): Promise<void> {
    return new Promise((go) => {
      this.#waiting.push({ index, go });
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
    const first = Math.min(...this.#waiting.map(({ index }) => index));
    const going = this.#waiting.filter(({ index }) => index === first);
    this.#waiting = this.#waiting.filter(({ index }) => index !== first);
    for (const { go } of going) go();
  }
}

export interface TurnResult {
  readonly session: HostSession;
  readonly status: Ended['status'];
  readonly error?: AdfError;
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
  // A lost connection may be ignored (`ignore_unreachable`); what it was for must not happen after the turn.
  if (ended.status === 'ok') await session.run.gate.requests.over(session.host.id);
  if (ended.status === 'failed' || ended.status === 'unreachable') play.budget.fail();
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
