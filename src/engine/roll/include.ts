import type { EventTask } from '../../events/event.js';
import { defined } from '../../model/defined.js';
import { UnknownValue } from '../../model/unknown.js';
import { includesOf, walk, type Include } from '../../playbook/playbook.js';
import type { HostSession } from '../host-session.js';
import { countedAs, excuseOf, failureForRescue } from '../task/excuse.js';
import { namesSetBy } from '../task/task-arguments.js';
import {
  failureOf,
  hiddenMessage,
  skippedAsUnknown,
  skippedValues,
  type TaskOutcome,
} from '../task/task-outcome.js';
import { variablesOf } from '../task/task-variables.js';
import { titleOf, type ToldOutcome } from '../task/tell-task.js';
import { copiesOf, type Copy, type Frame } from './included.js';
import type { TurnPlay } from './turn-play.js';

/** How an include ended on a host, and what is to run now. */
export interface ToldInclude {
  readonly outcome: ToldOutcome;
  readonly copies: readonly Copy[];
}

/** Finds out what an include brings in on this host, keeps its result and tells how it ended. What it brings in is not run yet. */
export async function includeAndTell(
  include: Include,
  session: HostSession,
  play: TurnPlay,
  frame: Frame | undefined,
  isHandler: boolean,
): Promise<ToldInclude> {
  const { bus, ports, tally } = session.run;
  const event: EventTask = {
    play: play.play.name,
    index: include.index,
    name: titleOf(include, session, play),
    module: include.module,
  };
  const begun = ports.clock.elapsed();
  bus.emit({ type: 'task.started', host: session.eventHost, task: event });
  const { outcome, copies } = await included(include, session, play, frame, isHandler);
  if (include.register !== undefined) session.variables.remember({ [include.register]: outcome.registered });
  if (outcome.facts !== undefined) session.variables.remember(outcome.facts);
  const excused = excuseOf(outcome, include);
  // As Ansible counts: each file of tasks is one that is ok, and a role is only its tasks.
  const counted =
    outcome.status === 'ok'
      ? copies.flatMap(() => (include.module === 'include_tasks' ? ['ok' as const] : []))
      : countedAs(outcome, excused);
  for (const one of counted) tally.count(session.host.id, one);
  if (excused === 'rescued') session.variables.remember(failureForRescue(outcome, event));
  const { status, message, error } = outcome;
  bus.emit({
    type: 'task.ended',
    host: session.eventHost,
    task: event,
    status,
    duration: ports.clock.elapsed() - begun,
    ...defined({ error, excused }),
    ...(include.noLog ? { message: hiddenMessage } : defined({ message })),
  });
  return { outcome: { ...outcome, excused }, copies };
}

interface IncludeOutcome {
  readonly outcome: TaskOutcome;
  readonly copies: readonly Copy[];
}

async function included(
  include: Include,
  session: HostSession,
  play: TurnPlay,
  frame: Frame | undefined,
  isHandler: boolean,
): Promise<IncludeOutcome> {
  try {
    const copies = await copiesOf(include, variablesOf(include, session, play), frame, isHandler);
    if (copies instanceof UnknownValue) return { outcome: notKnown(include, copies, session), copies: [] };
    return { outcome: outcomeOf(include, copies), copies };
  } catch (error) {
    return { outcome: failureOf(error), copies: [] };
  }
}

/** In a dry run: whatever it would set is not known either. */
function notKnown(
  { included: known }: Include,
  unknown: UnknownValue,
  { variables }: HostSession,
): TaskOutcome {
  if (known === undefined || includesOf(known.nodes).some((one) => one.included === undefined))
    variables.mayHaveSet(unknown);
  return skippedAsUnknown(unknown, walk(known?.nodes ?? []).flatMap(namesSetBy));
}

function outcomeOf({ loop }: Include, copies: readonly Copy[]): TaskOutcome {
  if (copies.length === 0)
    return { status: 'skipped', message: 'nothing is included', registered: skippedValues };
  const values = { changed: false, failed: false, skipped: false };
  const results = copies.map(({ source }) => ({ ...values, include: nameOfSource(source) }));
  const told = copies.map(({ source, label }) =>
    label === undefined ? nameOfSource(source) : `${label}: ${nameOfSource(source)}`,
  );
  return {
    status: 'ok',
    message: told.join('; '),
    registered: loop === undefined ? { ...values, ...results[0] } : { ...values, results },
  };
}

const nameOfSource = (source: Copy['source']): string => String(source['file'] ?? source['name']);
