import {
  nameOfPlay,
  onTop,
  playLayers,
  playVariables,
  renderPattern,
  titleOf,
  type HostSession,
} from '../engine/index.js';
import { Variables } from '../expression/variables.js';
import type { PlayPlan, TaskPlan } from '../model/plan.js';
import { formatPlace } from '../model/source.js';
import {
  leaves,
  type Include,
  type Play,
  type Playbook,
  type Task,
  type TaskNode,
} from '../playbook/playbook.js';
import { isSelected } from '../playbook/tags.js';
import type { GroupSessions } from '../run/group-sessions.js';

/** What a playbook does on a group, for the plan. It was checked for these hosts. */
export async function plannedPlays(
  { plays }: Playbook,
  { sessions: [first] }: Pick<GroupSessions, 'sessions'>,
): Promise<readonly PlayPlan[]> {
  if (first === undefined) return [];
  return Promise.all(plays.map((play) => plannedPlay(play, first)));
}

async function plannedPlay(play: Play, session: HostSession): Promise<PlayPlan> {
  const { run, variables } = session;
  const base = Variables.of(variables.layers);
  const layers = [playVariables(play, [session]), ...(await playLayers(play, base, run))];
  const scope = { layers, base: () => base };
  const tasks = tasksIn(play.sections).filter(({ tags }) => isSelected(tags, run.tags));
  const all = onTop(base, [...layers, ...run.extraVars]);
  return {
    name: nameOfPlay(play, all),
    hosts: renderPattern(play, all),
    tasks: tasks.map((task): TaskPlan => ({
      name: titleOf(task, session, scope),
      module: task.module,
      at: formatPlace(task.at),
      ...(task.kind === 'task' && task.oneWay ? { oneWay: true } : {}),
      ...(task.runOnce ? { runOnce: true } : {}),
    })),
  };
}

/** Tasks in their order; in the place of an include what it brings in, where that is known. */
const tasksIn = (nodes: readonly TaskNode[]): readonly (Task | Include)[] =>
  leaves(nodes).flatMap((node) =>
    node.kind === 'include' && node.included !== undefined ? tasksIn(node.included.nodes) : [node],
  );
