import { ZodError } from 'zod';
import type { Variables } from '../../expression/variables.js';
import { defined } from '../../model/defined.js';
import { touchesHost } from '../../model/hold.js';
import { UnknownValue } from '../../model/unknown.js';
import type { CheckedTask, ModuleResult, RegisteredModule } from '../../modules/module.js';
import { sourceFolders } from '../../playbook/playbook.js';
import type { HostTarget } from '../host-target.js';
import { isOnlyChecked, refuseRealChange, saysItReads } from './check-mode.js';
import { renderEnvironment, TaskHost } from './module-host.js';
import { explainArguments, factsSetBy, renderArguments } from './task-arguments.js';
import { isOwnFailure, type Attempt, type TaskCall } from './task-call.js';
import { skippedAsUnknown, type TaskOutcome } from './task-outcome.js';
import { renderBecomeUser } from './task-user.js';
import { judge, judgeThrown } from './task-verdict.js';

type Changing = Extract<CheckedTask, { changes: true }>;

/** Renders the arguments, checks, opens the holds, applies. What the module throws is judged as what it returns. */
export async function callModule(
  call: TaskCall,
  target: HostTarget,
  variables: Variables,
  attempt: Attempt,
): Promise<TaskOutcome> {
  const { task, module, session, event } = call;
  refuseRealChange(task, module, target.run);
  const isCheck = isOnlyChecked(task, target.run);
  const args = renderArguments(task, module, variables);
  if (args instanceof UnknownValue) return skippedAsUnknown(args, factsSetBy(task));
  const becomeUser = renderBecomeUser(task, variables);
  if (becomeUser instanceof UnknownValue) return skippedAsUnknown(becomeUser, factsSetBy(task));
  const host = new TaskHost(
    target,
    {
      event,
      at: task.at,
      folders: sourceFolders(task),
      become: task.become,
      ...defined({ becomeUser, async: task.async }),
      asJob: task.asJob,
      turn: session.host.id,
      locate: task.args.locate,
      noLog: task.noLog,
      checkMode: isCheck,
      environment: renderEnvironment(task.environment, variables),
    },
    variables,
    positionOf(call, attempt),
  );
  try {
    const unseen = isCheck ? whyUnseen(module, target) : undefined;
    if (unseen !== undefined) {
      module.validate(args);
      return skippedAsUnknown(unseen);
    }
    // Many modules ask their host nothing before they change it, and so does a hold of nothing.
    const perhaps = { isAnswer: 'perhaps' } as const;
    const checked = await target.outlast(() => module.check(args, host), perhaps);
    if (!checked.changes && checked.unknown !== undefined) return skippedAsUnknown(checked.unknown);
    if (!checked.changes) {
      const result = task.asJob ? host.endedJob(checked.result) : checked.result;
      return perhapsOtherwise(judge(task, session, variables, result), call, target);
    }
    if (isCheck)
      return target.run.checkMode ? wouldChange(checked, call, target) : onlyChecked(checked, call);
    target.run.gate.requireLeases(checked.summary);
    // What is held already is only looked at again.
    await target.outlast(() => target.run.holds.open(target.host, checked.takes), perhaps);
    const change = { where: module.where, host: target.host, what: checked.summary };
    await target.outlast(() => target.run.gate.admit(change, target.activity.signal));
    if (task.oneWay) await recordOneWay(call);
    // A dry run writes nothing down on a host where its author says that the command only reads.
    const isRecorded = !target.run.checkMode || !saysItReads(task);
    if (module.effect === 'one_way' && isRecorded) host.beginSteps();
    return judge(task, session, variables, await applied(checked, args, module, host, target));
  } catch (thrown) {
    const error: unknown = thrown instanceof ZodError ? explainArguments(thrown, task) : thrown;
    return perhapsOtherwise(judgeThrown(task, session, variables, error), call, target);
  }
}

/** In a dry run: what fails at the host as it is now may go well after what is only said to be done before it. */
function perhapsOtherwise(
  outcome: TaskOutcome,
  { module, task }: TaskCall,
  { run, known: { comesFirst } }: HostTarget,
): TaskOutcome {
  const { error } = outcome;
  const looks = module.effect !== 'reads' || module.looksAtHost;
  if (error === undefined || !isOwnFailure(error) || !looks) return outcome;
  if (comesFirst === undefined || !run.checkMode || !isOnlyChecked(task, run)) return outcome;
  const now = error.message.replace(/\.$/, '');
  return skippedAsUnknown(
    new UnknownValue(`it would fail now (${now}), but ${comesFirst}`),
    factsSetBy(task),
  );
}

/**
 * What came of a change. A module of which it does not matter how often it runs looks at the host again after a blip, and changes what is not
 * as wanted yet. All others look after their own requests: steps by their records, containers and registrations behind the interlocks.
 */
function applied(
  checked: Changing,
  args: unknown,
  module: RegisteredModule,
  host: TaskHost,
  target: HostTarget,
): Promise<ModuleResult> {
  if (module.effect !== 'idempotent') return checked.apply();
  let next: CheckedTask | undefined = checked;
  return target.outlast(async () => {
    const now = next ?? (await module.check(args, host));
    next = undefined;
    return now.changes ? now.apply() : { ...now.result, changed: true };
  });
}

/** Where in its run a task is, in words that are no one's secret: the same again when the same run would come here again. */
function positionOf({ play, task }: TaskCall, { item, attempt }: Attempt): string {
  const loop = item === undefined ? '' : `.item-${item + 1}`;
  const { position, at } = task;
  const place = position.map((number) => number + 1).join('-');
  return `${play.play.name}.task-${place}.line-${at.line}${loop}.attempt-${attempt}`;
}

/** In a dry run, why a look at the host would not see what the run would. */
const whyUnseen = (
  { looksAtHost }: RegisteredModule,
  { run, known: { wouldChange: before } }: HostTarget,
): UnknownValue | undefined =>
  run.checkMode && looksAtHost && before !== undefined
    ? new UnknownValue(`"${before}" would come first`)
    : undefined;

/** What a dry run tells of a change. From a container that would be another, and from what is final, nothing is known to stay. */
function wouldChange(
  { summary, diff, takes }: Changing,
  { module, event }: TaskCall,
  { known }: HostTarget,
): TaskOutcome {
  const isFinal = module.effect === 'one_way';
  if (module.where === 'host') known.pretended.add(event.name);
  if (isFinal || touchesHost(takes)) known.wouldChange ??= event.name;
  return {
    status: 'changed',
    message: isFinal ? `${summary} (cannot be taken back)` : summary,
    registered: new UnknownValue(`the result of "${event.name}"`),
    ...defined({ diff }),
  };
}

/** What a real run tells of a task with `check_mode: true`. As in Ansible, what only running a command could tell is skipped. */
function onlyChecked({ summary, diff }: Changing, { module }: TaskCall): TaskOutcome {
  const isFinal = module.effect === 'one_way';
  const message = `check_mode: would ${summary}`;
  return {
    status: isFinal ? 'skipped' : 'changed',
    message,
    registered: { changed: !isFinal, failed: false, skipped: isFinal, msg: message },
    ...defined({ diff }),
  };
}

/** Recorded before it runs: once begun it counts as run. */
async function recordOneWay({ task, session: { run, host } }: TaskCall): Promise<void> {
  const record = { type: 'one_way.ran', host: host.id, task: task.name.value } as const;
  await run.ports.journal.append({ at: run.ports.clock.now(), ...record });
  run.tally.ranOneWay(task.name.value);
}
