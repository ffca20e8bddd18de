import type { HostSession } from '../engine/host-session.js';
import { variablesOfSession } from '../engine/task-variables.js';
import { AdfErrors, errorsOf, type AdfError } from '../errors/adf-error.js';
import { checkCondition } from '../expression/condition.js';
import type { Playbook, Task } from '../playbook/playbook.js';

/** Names that only exist while a task runs. */
const taskNames = ['result', 'item'];

/**
 * Checks every condition of a playbook before anything runs: names that nothing defines, and types that never fit. Throws
 * `expression.unknown_variable` and `condition.*`, all of them at once.
 */
export function checkPlaybook({ plays }: Playbook, session: HostSession): void {
  const tasks = plays.flatMap(({ sections }) => sections.flatMap((section) => section.tasks));
  const everywhere = [
    ...variablesOfSession(session).names(),
    ...plays.flatMap(({ vars }) => Object.keys(vars.value)),
    ...tasks.flatMap(namesSetBy),
    ...taskNames,
  ];
  // What a vars file defines is known only when its path is rendered.
  if (plays.some(({ varsFiles }) => varsFiles.value.length > 0)) return;
  const errors: AdfError[] = [];
  for (const task of tasks) {
    const known = new Set([...everywhere, ...Object.keys(task.vars.value), task.loopVar]);
    for (const condition of conditionsOf(task)) {
      try {
        checkCondition(condition, known);
      } catch (thrown) {
        errors.push(...errorsOf(thrown));
      }
    }
  }
  const [first, ...others] = errors;
  if (first !== undefined) throw new AdfErrors([first, ...others]);
}

function namesSetBy({ register, module, args }: Task): readonly string[] {
  const facts =
    module === 'set_fact' && typeof args.value === 'object' && args.value !== null
      ? Object.keys(args.value)
      : [];
  return [...(register === undefined ? [] : [register]), ...facts];
}

const conditionsOf = ({ when, until, failedWhen, changedWhen }: Task): Task['when'] => [
  ...when,
  ...(until === undefined ? [] : [until]),
  ...failedWhen,
  ...changedWhen,
];
