import type { Layer } from '../../expression/scope.js';
import { Variables } from '../../expression/variables.js';
import type { Inherited, RoleScope, Task, TaskVars } from '../../playbook/playbook.js';
import type { Run } from '../run.js';
import type { HostSession } from '../host-session.js';
import type { TurnPlay } from '../roll/turn-play.js';

/**
 * The layers in their order: defaults of roles, the session's own, play vars, vars files, vars of roles, vars of blocks and task, facts, extra
 * vars.
 */
export function variablesOf(
  task: Inherited | undefined,
  session: HostSession,
  play: Pick<TurnPlay, 'layers' | 'base'>,
  facts: readonly Layer[] = session.variables.facts,
): Variables {
  const base = layersOf('role defaults', [
    ...(task?.published?.defaults ?? []),
    ...(task?.role?.defaults ?? []),
  ]).reduce((variables, layer) => variables.withDefaults(layer), play.base(session));
  const layers = [
    ...play.layers,
    ...layersOf('role vars', [...(task?.published?.vars ?? []), ...(task?.role?.vars ?? [])]),
    ...(task?.role === undefined ? [] : [layerOfRole(task.role)]),
    ...layersOf('task vars', task?.vars ?? []),
    ...facts,
    ...session.run.extraVars,
  ];
  return layers.reduce(
    (variables, layer) =>
      Object.keys(layer.values).length === 0 && layer.otherwise === undefined
        ? variables
        : variables.with(layer),
    base,
  );
}

const layersOf = (name: string, all: readonly TaskVars[]): readonly Layer[] =>
  all.map(({ value, locate, literal = false }) => ({ name, values: value, locate, literal }));

const layerOfRole = ({ name, path }: RoleScope): Layer => ({
  name: 'role',
  values: { role_name: name, role_path: path },
  literal: true,
});

/** The variables of a host outside any play. */
export const variablesOfSession = ({ variables, run }: HostSession): Variables =>
  variablesOfLayers([...variables.layers, ...variables.facts], run);

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
