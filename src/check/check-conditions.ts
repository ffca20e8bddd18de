import { factsSetBy, type HostSession } from '../engine/index.js';
import { checkCondition } from '../expression/condition.js';
import type { Variables } from '../expression/variables.js';
import { tasksOf, type Play, type Task } from '../playbook/playbook.js';
import type { Findings } from './findings.js';

/** Names that only exist while a task runs. */
const taskNames = ['result', 'item'];

/**
 * Checks all conditions of a play for names that nothing defines and types that never fit: once for all hosts that have the same
 * names. Finds `expression.unknown_variable` and `condition.*`.
 */
export function checkConditions(
  play: Play,
  plays: readonly Play[],
  hosts: readonly HostSession[],
  variablesOf: (session: HostSession) => Variables,
  findings: Findings,
): void {
  const setByTasks = plays.flatMap(tasksOf).flatMap(namesSetBy);
  const tasks = tasksOf(play).filter((task) => conditionsOf(task).length > 0);
  if (tasks.length === 0) return;
  const byNames = Map.groupBy(hosts, (session) => variablesOf(session).names().join(' '));
  for (const [names, alike] of byNames) {
    const everywhere = [...names.split(' '), ...setByTasks, ...taskNames];
    for (const task of tasks) {
      const known = new Set([
        ...everywhere,
        ...task.vars.flatMap(({ value }) => Object.keys(value)),
        ...loopNames(task),
      ]);
      for (const condition of conditionsOf(task)) {
        findings.collectFor(alike, () => checkCondition(condition, known));
      }
    }
  }
}

const loopNames = ({ loop }: Task): readonly string[] =>
  loop === undefined ? [] : [loop.itemVar, ...(loop.indexVar === undefined ? [] : [loop.indexVar])];

const namesSetBy = (task: Task): readonly string[] => [
  ...(task.register === undefined ? [] : [task.register]),
  ...factsSetBy(task),
];

const conditionsOf = ({ when, until, failedWhen, changedWhen }: Task): Task['when'] => [
  ...when,
  ...(until === undefined ? [] : [until]),
  ...failedWhen,
  ...changedWhen,
];
