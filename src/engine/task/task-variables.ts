import type { Layer } from '../../expression/scope.js';
import { Variables } from '../../expression/variables.js';
import type { Task } from '../../playbook/playbook.js';
import type { Run } from '../run.js';
import type { HostSession } from '../host-session.js';
import type { TurnPlay } from '../roll/turn-play.js';

/** The layers in their order: the session's own, play vars, vars files, vars of blocks and task, facts, extra vars. */
export function variablesOf(
  task: Task | undefined,
  session: HostSession,
  play: Pick<TurnPlay, 'layers' | 'base'>,
  facts: Layer = session.variables.facts,
): Variables {
  const taskVars = (task?.vars ?? []).map(({ value, locate }): Layer => ({
    name: 'task vars',
    values: value,
    locate,
  }));
  return [...play.layers, ...taskVars, facts, ...session.run.extraVars].reduce(
    (variables, layer) => (Object.keys(layer.values).length === 0 ? variables : variables.with(layer)),
    play.base(session),
  );
}

/** The variables of a host outside any play. */
export const variablesOfSession = ({ variables, run }: HostSession): Variables =>
  variablesOfLayers([...variables.layers, variables.facts], run);

/** These, and the run's own extra vars above them. */
export const variablesOfLayers = (
  layers: readonly Layer[],
  { extraVars }: Pick<Run, 'extraVars'>,
): Variables => extraVars.reduce((variables, layer) => variables.with(layer), Variables.of(layers));

/** In conditions about its own result, a task's result is `result`, and what `register` calls it. */
export function withResult(
  variables: Variables,
  task: Task,
  result: Readonly<Record<string, unknown>>,
): Variables {
  const values = { result, ...(task.register === undefined ? {} : { [task.register]: result }) };
  return variables.with({ name: 'result', values, literal: true });
}
