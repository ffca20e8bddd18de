import { ZodError } from 'zod';
import type { AdfError } from '../errors/adf-error.js';
import { errorsOf } from '../errors/adf-error.js';
import {
  argumentsInvalid,
  failedWhen,
  loopNotAList,
  taskTimedOut,
  unknownModuleAtRun,
  untilNeverHeld,
} from '../errors/engine.js';
import { isUnreachable } from '../errors/ssh.js';
import type { EventTask, TaskStatus } from '../events/event.js';
import { evaluateCondition } from '../expression/condition.js';
import type { Layer } from '../expression/scope.js';
import { render } from '../expression/templates.js';
import { Variables } from '../expression/variables.js';
import { UnknownValue } from '../model/unknown.js';
import { modules } from '../modules/catalogue.js';
import type { ModuleResult, RegisteredModule } from '../modules/module.js';
import type { Task } from '../playbook/playbook.js';
import { allHold } from './conditions.js';
import { withDeadline } from './deadline.js';
import type { HostSession } from './host-session.js';
import { renderEnvironment, TaskHost } from './module-host.js';
import type { TurnPlay } from './turn.js';

/** How one task ended on one host. */
export interface TaskOutcome {
  readonly status: TaskStatus;
  readonly message?: string;
  readonly diff?: string;
  readonly output?: string;
  readonly error?: AdfError;
  /** What `register` keeps; an UnknownValue in a dry run, when it would only be known after the change. */
  readonly registered: Readonly<Record<string, unknown>> | UnknownValue;
  readonly facts?: Readonly<Record<string, unknown>>;
}

/** Runs one task on one host: its loop, its conditions, its attempts. Failing is an outcome; only interruption is thrown. */
export async function runTask(
  task: Task,
  event: EventTask,
  session: HostSession,
  play: TurnPlay,
  signal: AbortSignal,
): Promise<TaskOutcome> {
  const module = modules.get(task.module);
  if (module === undefined) throw unknownModuleAtRun(task.module);
  const variables = variablesOf(task, session, play);
  const once = async (item: Variables): Promise<TaskOutcome> =>
    runItem(task, module, event, session, play, item, signal);
  try {
    if (task.loop === undefined) return await once(variables);
    return await runLoop(task, task.loop, variables, once);
  } catch (error) {
    if (signal.aborted) throw error;
    return failureOf(error);
  }
}

/** The layers in their order: the session's own, play vars, vars files, task vars, facts, extra vars. */
export function variablesOf(task: Task | undefined, session: HostSession, play: TurnPlay): Variables {
  const taskVars: readonly Layer[] =
    task === undefined ? [] : [{ name: 'task vars', values: task.vars.value, locate: task.vars.locate }];
  return [...play.layers, ...taskVars, session.facts, ...session.run.extraVars].reduce(
    (variables, layer) => (Object.keys(layer.values).length === 0 ? variables : variables.with(layer)),
    play.base(session),
  );
}

/** The variables of a host outside any play. */
export const variablesOfSession = ({ layers, facts, run }: HostSession): Variables =>
  [facts, ...run.extraVars].reduce((variables, layer) => variables.with(layer), Variables.of(layers));

/** One outcome for all items: the worst status, and every item's result under `results`. */
async function runLoop(
  task: Task,
  loop: NonNullable<Task['loop']>,
  variables: Variables,
  once: (variables: Variables) => Promise<TaskOutcome>,
): Promise<TaskOutcome> {
  const items = render(loop, variables);
  if (items instanceof UnknownValue) return skippedAsUnknown(items);
  if (!Array.isArray(items)) throw loopNotAList(loop.locate([]) ?? task.at, typeof items);
  const outcomes: TaskOutcome[] = [];
  for (const item of items as readonly unknown[]) {
    const layer: Layer = { name: 'loop', values: { [task.loopVar]: item }, literal: true };
    const outcome = await once(variables.with(layer));
    outcomes.push(outcome);
    if (outcome.status === 'failed' || outcome.status === 'unreachable') break;
  }
  return joinOutcomes(outcomes);
}

function joinOutcomes(outcomes: readonly TaskOutcome[]): TaskOutcome {
  const worst = (['unreachable', 'failed', 'changed', 'ok', 'skipped'] as const).find((status) =>
    outcomes.some((outcome) => outcome.status === status),
  );
  const status = worst ?? 'skipped';
  const failed = outcomes.find(({ error }) => error !== undefined);
  const messages = outcomes.flatMap(({ message }) => message ?? []);
  return {
    status,
    message: outcomes.length === 0 ? 'the loop is empty' : messages.join('; '),
    output: outcomes.flatMap(({ output }) => output ?? []).join('\n'),
    registered: {
      changed: status === 'changed',
      failed: status === 'failed',
      skipped: status === 'skipped',
      results: outcomes.map(({ registered }) => registered),
    },
    facts: Object.assign({}, ...outcomes.map(({ facts }) => facts ?? {})) as Readonly<
      Record<string, unknown>
    >,
    ...(failed?.error === undefined ? {} : { error: failed.error }),
  };
}

/** One item: `when`, then attempts until `until` holds. */
async function runItem(
  task: Task,
  module: RegisteredModule,
  event: EventTask,
  session: HostSession,
  play: TurnPlay,
  variables: Variables,
  signal: AbortSignal,
): Promise<TaskOutcome> {
  const { bus, ports } = session.run;
  const wanted = allHold(task.when, variables);
  if (wanted instanceof UnknownValue) return skippedAsUnknown(wanted);
  if (!wanted) return { status: 'skipped', message: 'its condition is false', registered: skippedValues };
  for (let attempt = 1; ; attempt += 1) {
    const outcome = await attemptOnce(task, module, event, session, play, variables, signal);
    if (
      task.until === undefined ||
      outcome.registered instanceof UnknownValue ||
      outcome.status === 'unreachable'
    )
      return outcome;
    if (evaluateCondition(task.until, withResult(variables, task, outcome.registered)) === true)
      return outcome;
    if (attempt > task.retries) {
      const error = outcome.error ?? untilNeverHeld(session.host, task.until.source, attempt);
      return { ...outcome, status: 'failed', error };
    }
    const reason = outcome.error?.message ?? `${task.until.source} does not hold`;
    bus.emit({
      type: 'task.retrying',
      host: session.eventHost,
      task: event,
      attempt,
      of: task.retries + 1,
      reason,
    });
    await ports.clock.sleep(task.delay, signal);
  }
}

async function attemptOnce(
  task: Task,
  module: RegisteredModule,
  event: EventTask,
  session: HostSession,
  play: TurnPlay,
  variables: Variables,
  parent: AbortSignal,
): Promise<TaskOutcome> {
  const { ports, bus } = session.run;
  const timedOut = (): AdfError => taskTimedOut(session.host, task.timeout ?? 0);
  try {
    return await withDeadline(ports.clock, task.timeout, parent, timedOut, (signal) => {
      const report = (message: string, done?: number, total?: number): void =>
        bus.emit({
          type: 'task.progress',
          host: session.eventHost,
          task: event,
          message: task.noLog ? 'hidden by no_log' : message,
          ...(done === undefined ? {} : { done }),
          ...(total === undefined ? {} : { total }),
        });
      const mayTakeOut = (): boolean => !play.budget.exceeded;
      return session.busyWith({ signal, report, mayTakeOut, restoring: false }, () =>
        callModule(task, module, session, play, variables),
      );
    });
  } catch (error) {
    if (parent.aborted) throw error;
    return failureOf(error);
  }
}

/** Renders the arguments, checks, opens the holds, applies. */
async function callModule(
  task: Task,
  module: RegisteredModule,
  session: HostSession,
  play: TurnPlay,
  variables: Variables,
): Promise<TaskOutcome> {
  const args = renderArguments(task, module, variables);
  if (args instanceof UnknownValue) return skippedAsUnknown(args);
  const host = new TaskHost(
    session,
    {
      at: task.at,
      become: task.become ?? play.play.become,
      environment: renderEnvironment(play.play.environment, task.environment, variables),
    },
    variables,
  );
  const checked = await module.check(args, host).catch((error: unknown) => {
    throw error instanceof ZodError ? explainArguments(error, task) : error;
  });
  if (!checked.changes) return judge(task, session, variables, checked.result);
  if (session.run.checkMode) {
    return {
      status: 'changed',
      message: checked.summary,
      registered: new UnknownValue(`the result of "${task.name.value}"`),
      ...(checked.diff === undefined ? {} : { diff: checked.diff }),
    };
  }
  await session.run.holds.open(session.host, checked.takes);
  if (task.oneWay) await recordOneWay(task, session);
  return judge(task, session, variables, await checked.apply());
}

/** Recorded before it runs: once begun it counts as run. */
async function recordOneWay(task: Task, { run, host }: HostSession): Promise<void> {
  const record = { type: 'one_way.ran', host: host.id, task: task.name.value } as const;
  await run.ports.journal.append({ at: run.ports.clock.now(), ...record });
  run.tally.ranOneWay(task.name.value);
}

/** Each argument in its own language: sh where the module says so. A bare value was given its argument's name by the loader. */
function renderArguments(task: Task, module: RegisteredModule, variables: Variables): unknown {
  const { value, locate } = task.args;
  // The whole mapping is a variable's: `health: "{{ health }}"`.
  if (typeof value !== 'object' || value === null) return render(task.args, variables);
  const rendered: Record<string, unknown> = {};
  for (const [name, argument] of Object.entries(value)) {
    const within = Object.assign(
      (path: readonly (string | number)[]) => locate([name, ...path]),
      locate.text === undefined ? {} : { text: locate.text },
    );
    const language = typeof argument === 'string' && module.shellArguments.includes(name) ? 'shell' : 'plain';
    const one = render({ value: argument, locate: within }, variables, language);
    if (one instanceof UnknownValue) return one;
    rendered[name] = one;
  }
  return rendered;
}

function explainArguments(error: ZodError, task: Task): AdfError {
  const [issue] = error.issues;
  const path = (issue?.path ?? []).map((part) => (typeof part === 'symbol' ? part.toString() : part));
  const at = task.args.locate(path) ?? task.at;
  return argumentsInvalid(task.module, path.join('.'), issue?.message ?? error.message, at);
}

/** `failed_when` and `changed_when` have the last word on what the module found. */
function judge(task: Task, session: HostSession, variables: Variables, result: ModuleResult): TaskOutcome {
  const values = {
    ...result.values,
    changed: result.changed,
    failed: result.failure !== undefined,
    skipped: false,
  };
  const scope = withResult(variables, task, values);
  const failedBy =
    task.failedWhen.length === 0
      ? result.failure
      : allHold(task.failedWhen, scope) === true
        ? (result.failure ??
          failedWhen(session.host, task.failedWhen.map(({ source }) => source).join(' and ')))
        : undefined;
  const changed = task.changedWhen.length === 0 ? result.changed : allHold(task.changedWhen, scope) === true;
  const registered = { ...values, changed, failed: failedBy !== undefined };
  const base: TaskOutcome = {
    status: failedBy !== undefined ? 'failed' : changed ? 'changed' : 'ok',
    registered,
  };
  return {
    ...base,
    ...(result.message === undefined ? {} : { message: result.message }),
    ...(result.diff === undefined ? {} : { diff: result.diff }),
    ...(result.output === undefined ? {} : { output: result.output }),
    ...(result.facts === undefined ? {} : { facts: result.facts }),
    ...(failedBy === undefined ? {} : { error: failedBy }),
  };
}

/** In conditions about its own result, a task's result is `result`, and what `register` calls it. */
function withResult(variables: Variables, task: Task, result: Readonly<Record<string, unknown>>): Variables {
  const values = { result, ...(task.register === undefined ? {} : { [task.register]: result }) };
  return variables.with({ name: 'result', values, literal: true });
}

const skippedValues = { changed: false, failed: false, skipped: true } as const;

const skippedAsUnknown = (unknown: UnknownValue): TaskOutcome => ({
  status: 'skipped',
  message: `not known before the run: ${unknown.because}`,
  registered: unknown,
});

function failureOf(error: unknown): TaskOutcome {
  const [first] = errorsOf(error);
  return {
    status: isUnreachable(error) ? 'unreachable' : 'failed',
    error: first,
    registered: { changed: false, failed: true, skipped: false, msg: first.message },
  };
}
