import { runOnceFailed } from '../../errors/engine.js';
import type { EventTask } from '../../events/event.js';
import { render } from '../../expression/templates.js';
import { defined } from '../../model/defined.js';
import { UnknownValue } from '../../model/unknown.js';
import type { Include, Task } from '../../playbook/playbook.js';
import type { HostSession } from '../host-session.js';
import type { TurnPlay } from '../roll/turn-play.js';
import { countedAs, type Excuse, excuseOf, failureForRescue } from './excuse.js';
import { isBeyondTask } from './task-call.js';
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
  const event: EventTask = { play: play.play.name, index, name: titleOf(task, session, play), module };
  const begun = ports.clock.elapsed();
  bus.emit({ type: 'task.started', host: session.eventHost, task: event });
  const run = async (): Promise<TaskOutcome> => runTask(task, event, session, play, signal);
  const { outcome, ran } =
    task.runOnce === false
      ? { outcome: await run(), ran: true }
      : await play.runOnce[task.runOnce].share(task, run);
  if (task.register !== undefined) session.variables.remember({ [task.register]: outcome.registered });
  if (outcome.facts !== undefined) session.variables.remember(outcome.facts);
  for (const layer of outcome.included ?? []) session.variables.include(layer);
  const shared = ran ? outcome : sharedOutcome(outcome, event.name, session);
  const excused = excuseOf(outcome, task);
  // As in Ansible, a task is counted where it ran.
  if (ran) for (const counted of countedAs(shared, excused)) tally.count(session.host.id, counted);
  if (excused === 'rescued')
    session.variables.remember(failureForRescue(shared, { ...event, name: nameOf(task, session, play) }));
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
  rc,
}: TaskOutcome): Pick<TaskOutcome, 'message' | 'diff' | 'output' | 'rc'> => ({
  ...defined({ message, diff, rc }),
  ...(output === undefined || output === '' ? {} : { output }),
});

/** The outcome on the hosts that did not run it: its failure is theirs too, and ignored for all of them or for none. */
function sharedOutcome(outcome: TaskOutcome, name: string, { host }: HostSession): TaskOutcome {
  if (outcome.status !== 'failed' && outcome.status !== 'unreachable') {
    return { ...outcome, status: 'ok', message: 'ran once, on another host' };
  }
  const why = outcome.error?.message ?? 'no reason given';
  const error = runOnceFailed(host, name, why, outcome.error !== undefined && isBeyondTask(outcome.error));
  return { status: 'failed', error, registered: outcome.registered };
}

/** The name that people see, as in Ansible with the role before it. */
export function titleOf(
  task: Task | Include,
  session: HostSession,
  play: Pick<TurnPlay, 'layers' | 'base'>,
): string {
  const name = nameOf(task, session, play);
  return task.role === undefined ? name : `${task.role.name} : ${name}`;
}

/** The name by itself: rendered for this host, where that is possible. */
export function nameOf(
  task: Task | Include,
  session: HostSession,
  play: Pick<TurnPlay, 'layers' | 'base'>,
): string {
  if (!task.name.value.includes('{{')) return task.name.value;
  try {
    const rendered = render(task.name, variablesOf(task, session, play));
    return rendered instanceof UnknownValue ? task.name.value : String(rendered);
  } catch {
    // A name is for people: what is wrong with its template is said by the task's own values, or does no harm.
    return task.name.value;
  }
}
