import { errorsOf, type AdfError } from '../errors/adf-error.js';
import type { Hold } from '../model/hold.js';
import type { Host } from '../model/host.js';
import type { Playbook, Play } from '../playbook/playbook.js';
import type { HostSession } from './host-session.js';
import { nameTheHeldAfterGrace } from './grace.js';
import { describeHold } from './hold-book.js';
import { runPlay, type PlayResult } from './play.js';
import { restoreHost } from './restore.js';
import type { Run } from './run.js';
import type { TurnResult } from './turn.js';

/** What came of a playbook, host by host. */
export interface PlaybookResult {
  readonly turns: readonly TurnResult[];
  readonly rolledBack: ReadonlySet<Host['id']>;
  readonly untouched: ReadonlySet<Host['id']>;
  /** Hosts that need a person: still held, or back in a state that was not healthy. */
  readonly named: readonly NamedSession[];
  /** What ended the playbook early, when that was no host's own failure. */
  readonly errors: readonly AdfError[];
  /** A play was stopped: by failures, by the floor or by a signal. */
  readonly stopped: boolean;
}

export interface NamedSession {
  readonly session: HostSession;
  readonly held: readonly string[];
  readonly reason: string;
}

/** Which of the run's hosts a play is for. */
export type SelectHosts = (play: Play) => readonly HostSession[];

/**
 * Runs a playbook, and leaves nothing behind: play after play until one stops (play.ts rolls one in batches, turn.ts takes one host
 * through a batch, restore.ts puts a host back); a host that failed has no part in later plays; what is still held at the end is
 * given back, and what cannot be is named.
 */
export async function runPlaybook(
  playbook: Playbook,
  select: SelectHosts,
  run: Run,
): Promise<PlaybookResult> {
  const plays: PlayResult[] = [];
  const errors: AdfError[] = [];
  const sessions = new Set<HostSession>();
  const forgetGrace = nameTheHeldAfterGrace(run);
  try {
    for (const play of playbook.plays) {
      const failed = failedIn(plays);
      const hosts = select(play).filter((session) => !failed.has(session));
      for (const session of hosts) sessions.add(session);
      const result = await runPlay(play, hosts, run);
      plays.push(result);
      if (result.error !== undefined) errors.push(result.error);
      if (result.stopped) break;
    }
  } catch (thrown) {
    errors.push(...errorsOf(thrown));
  }
  await giveBackTheRest([...sessions], plays, run);
  forgetGrace();
  const turns = plays.flatMap((play) => play.turns);
  return {
    turns,
    rolledBack: new Set(
      plays.flatMap(({ rollbacks }) =>
        rollbacks.filter(({ outcome }) => outcome.restored).map(({ session }) => session.host.id),
      ),
    ),
    untouched: new Set(plays.flatMap(({ untouched }) => untouched.map(({ host }) => host.id))),
    named: await nameTheHeld([...sessions], plays, run),
    errors,
    stopped: errors.length > 0 || plays.some(({ stopped }) => stopped),
  };
}

const failedIn = (plays: readonly PlayResult[]): ReadonlySet<HostSession> =>
  new Set(
    plays.flatMap(({ turns }) => turns.filter(({ status }) => status !== 'ok').map(({ session }) => session)),
  );

/** Hosts whose turns ended well but that still hold something: a registration that no later play brought back. */
async function giveBackTheRest(
  sessions: readonly HostSession[],
  plays: readonly PlayResult[],
  run: Run,
): Promise<void> {
  const settled = new Set([
    ...failedIn(plays),
    ...plays.flatMap(({ rollbacks }) => rollbacks.map(({ session }) => session)),
  ]);
  await Promise.all(
    sessions
      .filter((session) => !settled.has(session))
      .map(async (session) => {
        const open = run.holds.openOf(session.host.id);
        if (open.length > 0) await restoreHost(session, open);
      }),
  );
}

/** The list for a person: everything still held, and what came back unhealthy as it was found. */
async function nameTheHeld(
  sessions: readonly HostSession[],
  plays: readonly PlayResult[],
  run: Run,
): Promise<readonly NamedSession[]> {
  const named: NamedSession[] = [];
  for (const session of sessions) {
    const open = run.holds.openOf(session.host.id);
    const outcome = outcomeOf(session, plays);
    const unhealthy = outcome?.unhealthyAsFound === true;
    if (open.length === 0 && !unhealthy) continue;
    const reason =
      outcome?.error?.message ??
      (unhealthy ? 'it was not healthy before, and is back in that state' : 'on_failure left it as it is');
    named.push(await name(session, open, reason, run));
  }
  return named;
}

async function name(
  session: HostSession,
  open: readonly Hold[],
  reason: string,
  run: Run,
): Promise<NamedSession> {
  const held = open.map(describeHold);
  run.bus.emit({ type: 'host.named', host: session.eventHost, held, reason });
  await run.holds.settle(open, 'named');
  return { session, held, reason };
}

function outcomeOf(
  session: HostSession,
  plays: readonly PlayResult[],
): { error?: AdfError; unhealthyAsFound: boolean } | undefined {
  const rollback = plays.flatMap(({ rollbacks }) => rollbacks).find((one) => one.session === session);
  return (
    rollback?.outcome ??
    plays.flatMap(({ turns }) => turns).findLast((turn) => turn.session === session)?.restore
  );
}
