import { errorsOf, type AdfError } from '../../errors/adf-error.js';
import { describeHold, type Hold } from '../../model/hold.js';
import type { Host } from '../../model/host.js';
import { comparePositions, type Playbook, type Play } from '../../playbook/playbook.js';
import { goneOf } from './gone-hosts.js';
import type { HostSession } from '../host-session.js';
import { nameTheHeldAfterGrace } from './grace.js';
import { runPlay, type PlayResult } from './play.js';
import {
  illAsFound,
  isIllAsFound,
  restoreHost,
  settleReturned,
  stillLacking,
  type RestoreOutcome,
} from '../holds/restore.js';
import type { Run } from '../run.js';
import type { TurnResult } from './turn.js';

/** What came of a playbook, host by host. */
export interface PlaybookResult {
  readonly turns: readonly TurnResult[];
  readonly rolledBack: ReadonlySet<Host['id']>;
  readonly untouched: ReadonlySet<Host['id']>;
  /** Hosts that need a person: still held, or back in a state that was not healthy. */
  readonly named: readonly NamedSession[];
  /** Hosts that could not be restored because they are not there any more, with what they held. */
  readonly gone: readonly GoneSession[];
  /** What ended the playbook early, when that was no host's own failure. */
  readonly errors: readonly AdfError[];
  /** A play was stopped: by failures, by the floor or by a signal. */
  readonly stopped: boolean;
}

interface NamedSession {
  readonly session: HostSession;
  readonly held: readonly string[];
  readonly reason: string;
}

type GoneSession = Omit<NamedSession, 'reason'>;

/** Which of the run's hosts a play is for; asked right before it begins. What it throws ends the playbook. */
export type SelectHosts = (play: Play) => readonly HostSession[] | Promise<readonly HostSession[]>;

/**
 * Runs a playbook, and leaves nothing behind: play after play until one stops (play.ts rolls one in batches, turn.ts takes one host
 * through a batch, restore.ts puts a host back); a host that failed has no part in later plays, unless its error is cleared; what is still held at the end is
 * restored, and what cannot be is named. Never throws once the first play began: what ended it is in the result.
 */
export async function runPlaybook(
  playbook: Playbook,
  select: SelectHosts,
  run: Run,
): Promise<PlaybookResult> {
  const forgetGrace = nameTheHeldAfterGrace(run);
  try {
    const { plays, errors, sessions } = await runPlays(playbook, select, run);
    const restores = await restoreTheRest(sessions, plays, run);
    await Promise.all(sessions.map(({ host }) => run.gate.requests.over(host.id)));
    const gone = await settleTheGone(sessions, errors, run);
    const named = await nameTheHeld(sessions, plays, restores, errors, run);
    return {
      turns: plays.flatMap(({ turns }) => turns.map((turn) => withRestore(turn, restores))),
      rolledBack: new Set(
        plays.flatMap(({ rollbacks }) =>
          rollbacks.filter(({ outcome }) => outcome?.restored === true).map(({ session }) => session.host.id),
        ),
      ),
      untouched: new Set(plays.flatMap(({ untouched }) => untouched.map(({ host }) => host.id))),
      named,
      gone,
      errors,
      stopped: errors.length > 0 || plays.some(({ stopped }) => stopped),
    };
  } finally {
    forgetGrace();
  }
}

/** A turn that ended well, of a host that had to be put back at the end all the same, tells so. */
function withRestore(turn: TurnResult, restores: Restores): TurnResult {
  const restore = restores.get(turn.session);
  return restore?.restored === true ? { ...turn, restore } : turn;
}

interface Played {
  readonly plays: readonly PlayResult[];
  readonly errors: AdfError[];
  readonly sessions: readonly HostSession[];
}

async function runPlays(playbook: Playbook, select: SelectHosts, run: Run): Promise<Played> {
  const plays: PlayResult[] = [];
  const errors: AdfError[] = [];
  const sessions = new Set<HostSession>();
  try {
    for (const play of playbook.plays) {
      const failed = failedIn(plays);
      const hosts = (await select(play)).filter((session) => !failed.has(session));
      if (hosts.length === 0) {
        run.bus.emit({
          type: 'warning',
          message: `Play "${play.name}" has no host left in this run, and is passed over.`,
        });
        continue;
      }
      const before = { touched: [...sessions], failed: failed.size };
      for (const session of hosts) sessions.add(session);
      const result = await runPlay(play, hosts, before, run);
      plays.push(result);
      if (result.error !== undefined) errors.push(result.error);
      if (result.stopped) break;
    }
  } catch (thrown) {
    errors.push(...errorsOf(thrown));
  }
  return { plays, errors, sessions: [...sessions] };
}

/** The hosts that have no part in later plays: those that failed, but for those that `meta: clear_host_errors` brought back. */
function failedIn(plays: readonly PlayResult[]): ReadonlySet<HostSession> {
  const failed = new Set<HostSession>();
  for (const { turns, clearedBefore } of plays) {
    const isCleared = ({ at }: TurnResult): boolean =>
      clearedBefore !== undefined && at !== undefined && comparePositions(at, clearedBefore) < 0;
    if (clearedBefore !== undefined) failed.clear();
    for (const turn of turns) if (turn.status !== 'ok' && !isCleared(turn)) failed.add(turn.session);
  }
  return failed;
}

type Restores = ReadonlyMap<HostSession, RestoreOutcome>;

/** Hosts whose turns ended well but that still hold something: a registration that no later play brought back. */
async function restoreTheRest(
  sessions: readonly HostSession[],
  plays: readonly PlayResult[],
  run: Run,
): Promise<Restores> {
  const settled = new Set([
    ...failedIn(plays),
    ...plays.flatMap(({ rollbacks }) => rollbacks.map(({ session }) => session)),
  ]);
  const restores = new Map<HostSession, RestoreOutcome>();
  await Promise.all(
    sessions
      .filter((session) => !settled.has(session))
      .map(async (session) => {
        const open = run.holds.openOf(session.host.id);
        if (open.length > 0) restores.set(session, await restoreHost(session, open));
      }),
  );
  return restores;
}

/** What is held of a host that was terminated or stopped meanwhile is nothing that a person could put back. */
async function settleTheGone(
  sessions: readonly HostSession[],
  errors: AdfError[],
  run: Run,
): Promise<readonly GoneSession[]> {
  const holding = sessions.filter(({ host }) => run.holds.openOf(host.id).length > 0);
  const ids = await goneOf(
    holding.map(({ host }) => host),
    run,
  );
  const gone: GoneSession[] = [];
  for (const session of holding.filter(({ host }) => ids.has(host.id))) {
    const open = run.holds.openOf(session.host.id);
    const held = open.map(describeHold);
    const message = `it is gone (terminated or stopped), and what it held need not be put back: ${held.join(', ')}`;
    run.bus.emit({ type: 'warning', host: session.eventHost, message });
    gone.push({ session, held });
    await run.holds.settle(open, 'gone').catch((error: unknown) => errors.push(...errorsOf(error)));
  }
  return gone;
}

/** The list for a person: everything still held that the host lacks, and what came back unhealthy as it was found. */
async function nameTheHeld(
  sessions: readonly HostSession[],
  plays: readonly PlayResult[],
  restores: Restores,
  errors: AdfError[],
  run: Run,
): Promise<readonly NamedSession[]> {
  const lacking = new Map<HostSession, readonly Hold[]>();
  await Promise.all(
    sessions.map(async (session) => {
      const open = run.holds.openOf(session.host.id);
      if (open.length > 0) lacking.set(session, await stillLacking(session, open));
    }),
  );
  const named: NamedSession[] = [];
  for (const session of sessions) {
    const open = run.holds.openOf(session.host.id);
    const lacks = lacking.get(session) ?? [];
    const outcome = restores.get(session) ?? outcomeOf(session, plays);
    const isBack = open.length > 0 && lacks.length === 0;
    const unhealthy = await isIllAsFound(session, outcome, isBack);
    if (isBack) await settleReturned(session, open);
    if (lacks.length === 0 && !unhealthy) continue;
    const held = lacks.map(describeHold);
    const whyHeld = outcome?.error?.message ?? 'on_failure left it as it is';
    const reason = held.length === 0 ? illAsFound : whyHeld;
    run.bus.emit({ type: 'host.named', host: session.eventHost, held, reason });
    named.push({ session, held, reason });
    // When even the journal is gone, the name still reaches the person.
    await run.holds
      .settle(run.holds.openOf(session.host.id), 'named')
      .catch((error: unknown) => errors.push(...errorsOf(error)));
  }
  return named;
}

function outcomeOf(session: HostSession, plays: readonly PlayResult[]): RestoreOutcome | undefined {
  const rollback = plays.flatMap(({ rollbacks }) => rollbacks).find((one) => one.session === session);
  const turn = plays.flatMap(({ turns }) => turns).findLast((one) => one.session === session);
  return rollback?.outcome ?? turn?.restore;
}
