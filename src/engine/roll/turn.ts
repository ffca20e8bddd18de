import { type AdfError, errorsOf } from '../../errors/adf-error.js';
import { interrupted, playHaltedCode, runOnceFailed } from '../../errors/engine.js';
import type { EventTask } from '../../events/event.js';
import { render } from '../../expression/templates.js';
import { defined } from '../../model/defined.js';
import { touchesHost } from '../../model/hold.js';
import { UnknownValue } from '../../model/unknown.js';
import type { Block, Task, TaskNode } from '../../playbook/playbook.js';
import type { Barrier } from './barrier.js';
import type { HostSession } from '../host-session.js';
import { restoreHost, type RestoreOutcome } from '../holds/restore.js';
import { countedAs, type Excuse, excuseOf, failureForRescue } from '../task/excuse.js';
import { isSelected } from '../task/tags.js';
import { isBeyondTask } from '../task/task-failure.js';
import { runTask } from '../task/task.js';
import type { TaskOutcome } from '../task/task-outcome.js';
import { variablesOf } from '../task/task-variables.js';
import type { TurnPlay } from './turn-play.js';

export interface TurnResult {
  readonly session: HostSession;
  readonly status: 'ok' | 'failed' | 'unreachable' | 'interrupted';
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
  const ended = await runTasks(session, play, barrier)
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

type Ended = Pick<TurnResult, 'status' | 'error'>;

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

/** A host that is asked to stop goes on only when its new containers are proven healthy: then finishing is the safe way out. */
async function runTasks(session: HostSession, play: TurnPlay, barrier: Barrier | undefined): Promise<Ended> {
  const { stop, gate } = session.run;
  const cancel = new AbortController();
  const onStop = (): void => {
    if (!isFinishing(session)) cancel.abort(interrupted(stop.name() ?? 'a signal'));
  };
  const onLeaseLost = (): void => cancel.abort(gate.lost.reason);
  stop.signal.addEventListener('abort', onStop, { once: true });
  gate.lost.addEventListener('abort', onLeaseLost, { once: true });
  const runOne = async (task: Task): Promise<Ended> => {
    if (!isSelected(task.tags, session.run.tags)) return { status: 'ok' };
    await barrier?.arrive(task.index);
    if (stop.signal.aborted) onStop();
    if (gate.closedBy !== undefined) return { status: 'failed', error: gate.closedBy };
    if (cancel.signal.aborted || isHalted(session, play)) return { status: 'interrupted' };
    return endedBy(await runAndTell(task, session, play, cancel.signal));
  };
  try {
    return await runNodes(play.play.sections, runOne);
  } catch (error) {
    if (gate.closedBy !== undefined) return { status: 'failed', error: gate.closedBy };
    if (cancel.signal.aborted) return { status: 'interrupted' };
    throw error;
  } finally {
    stop.signal.removeEventListener('abort', onStop);
    gate.lost.removeEventListener('abort', onLeaseLost);
  }
}

type RunOne = (task: Task) => Promise<Ended>;

/** Runs what is below these nodes, one after the other, until one of them does not end well. */
async function runNodes(nodes: readonly TaskNode[], runOne: RunOne): Promise<Ended> {
  for (const node of nodes) {
    const ended = await runNode(node, runOne);
    if (ended.status !== 'ok') return ended;
  }
  return { status: 'ok' };
}

function runNode(node: TaskNode, runOne: RunOne): Promise<Ended> {
  switch (node.kind) {
    case 'task':
      return runOne(node);
    case 'block':
      return runBlock(node, runOne);
    case 'section':
      return runNodes(node.nodes, runOne);
  }
}

/** A rescue that ends well makes good for the failure; one that does not, and an `always` that does not, fails the block itself. */
async function runBlock({ nodes, rescue, always }: Block, runOne: RunOne): Promise<Ended> {
  const tried = await runNodes(nodes, runOne);
  const ended = isRescued(tried, rescue) ? await runNodes(rescue, runOne) : tried;
  if (ended.status !== 'ok' && ended.status !== 'failed') return ended;
  const last = await runNodes(always, runOne);
  return ended.status === 'failed' ? ended : last;
}

/** What stops more than one task is beyond what a block could put right. */
const isRescued = ({ status, error }: Ended, rescue: readonly TaskNode[]): boolean =>
  status === 'failed' && rescue.length > 0 && (error === undefined || !isBeyondTask(error));

/** What a task's outcome means for the turn. */
function endedBy({ status, error, excused }: ToldOutcome): Ended {
  const failed = status === 'failed' || status === 'unreachable';
  if (!failed || excused === 'ignored') return { status: 'ok' };
  if (error?.code === playHaltedCode) return { status: 'interrupted' };
  return { status, ...defined({ error }) };
}

/** What was replaced in this turn is proven healthy. */
const isFinishing = ({ target: { prover }, run, host }: HostSession): boolean =>
  prover.isProven && touchesHost(run.holds.openOf(host.id));

/** Too many hosts failed while this one had nothing taken from it yet: it is left alone. */
const isHalted = ({ run, host }: HostSession, { budget }: TurnPlay): boolean =>
  budget.exceeded && run.holds.openOf(host.id).length === 0;

type ToldOutcome = TaskOutcome & { readonly excused: Excuse | undefined };

/** Runs the task, once for all hosts where it says so, keeps its result and tells how it ended. */
async function runAndTell(
  task: Task,
  session: HostSession,
  play: TurnPlay,
  signal: AbortSignal,
): Promise<ToldOutcome> {
  const { bus, ports, tally } = session.run;
  const { index, module } = task;
  const event: EventTask = { play: play.play.name, index, name: nameOf(task, session, play), module };
  const begun = ports.clock.elapsed();
  bus.emit({ type: 'task.started', host: session.eventHost, task: event });
  const run = async (): Promise<TaskOutcome> => runTask(task, event, session, play, signal);
  const { outcome, ran } = task.runOnce
    ? await play.runOnce.share(task, run)
    : { outcome: await run(), ran: true };
  if (task.register !== undefined) session.variables.remember({ [task.register]: outcome.registered });
  if (outcome.facts !== undefined) session.variables.remember(outcome.facts);
  const shared = ran ? outcome : sharedOutcome(outcome, event.name, session);
  const excused = excuseOf(shared, task);
  for (const counted of countedAs(shared, excused)) tally.count(session.host.id, counted);
  if (excused === 'rescued') session.variables.remember(failureForRescue(shared, event));
  bus.emit({
    type: 'task.ended',
    host: session.eventHost,
    task: event,
    status: shared.status,
    duration: ports.clock.elapsed() - begun,
    ...defined({ error: shared.error }),
    ...defined({ excused }),
    ...(task.noLog ? { message: 'hidden by no_log' } : visible(shared)),
  });
  return { ...shared, excused };
}

const visible = ({
  message,
  diff,
  output,
}: TaskOutcome): Pick<TaskOutcome, 'message' | 'diff' | 'output'> => ({
  ...defined({ message, diff }),
  ...(output === undefined || output === '' ? {} : { output }),
});

/** The outcome on the hosts that did not run it: its failure is theirs too, and ignored for all of them or for none. */
function sharedOutcome(outcome: TaskOutcome, name: string, { host }: HostSession): TaskOutcome {
  if (outcome.status !== 'failed' && outcome.status !== 'unreachable') {
    return { ...outcome, status: 'ok', message: 'ran once, on another host' };
  }
  const error = runOnceFailed(host, name, outcome.error?.message ?? 'no reason given');
  return { status: outcome.status, error, registered: outcome.registered };
}

function nameOf(task: Task, session: HostSession, play: TurnPlay): string {
  if (!task.name.value.includes('{{')) return task.name.value;
  try {
    const rendered = render(task.name, variablesOf(task, session, play));
    return rendered instanceof UnknownValue ? task.name.value : String(rendered);
  } catch {
    // A name is for people: what is wrong with its template is said by the task's own values, or does no harm.
    return task.name.value;
  }
}
