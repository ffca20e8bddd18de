import { runOnceFailed } from '../../errors/engine.js';
import type { EventTask } from '../../events/event.js';
import { render } from '../../expression/templates.js';
import { defined } from '../../model/defined.js';
import { UnknownValue } from '../../model/unknown.js';
import type { Task } from '../../playbook/playbook.js';
import type { HostSession } from '../host-session.js';
import type { TurnPlay } from '../roll/turn-play.js';
import { countedAs, type Excuse, excuseOf, failureForRescue } from './excuse.js';
import { runTask } from './task.js';
import type { TaskOutcome } from './task-outcome.js';
import { variablesOf } from './task-variables.js';

/** How a task ended on a host, and what lets its failure pass. */
export type ToldOutcome = TaskOutcome & { readonly excused: Excuse | undefined };

/** Runs the task, once for all hosts where it says so, keeps its result and tells how it ended. */
export async function runAndTell(
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

/** The name that people see: rendered for this host, where that is possible. */
export function nameOf(task: Task, session: HostSession, play: Pick<TurnPlay, 'layers' | 'base'>): string {
  if (!task.name.value.includes('{{')) return task.name.value;
  try {
    const rendered = render(task.name, variablesOf(task, session, play));
    return rendered instanceof UnknownValue ? task.name.value : String(rendered);
  } catch {
    // A name is for people: what is wrong with its template is said by the task's own values, or does no harm.
    return task.name.value;
  }
}
