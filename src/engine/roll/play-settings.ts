import { noHosts, rolloutDiffers } from '../../errors/engine.js';
import type { Layer } from '../../expression/scope.js';
import { render } from '../../expression/templates.js';
import type { Variables } from '../../expression/variables.js';
import { UnknownValue } from '../../model/unknown.js';
import type { Play, PlayRollout } from '../../playbook/playbook.js';
import { readPlayRollout } from '../../playbook/rollout.js';
import { loadVarsFiles } from '../../playbook/vars-files.js';
import type { HostSession } from '../host-session.js';
import type { Run } from '../run.js';
import { variablesOfSession } from '../task/task-variables.js';

/** The pattern of a play, rendered with what all hosts share. */
export const renderPattern = (play: Play, shared: Variables): string => String(render(play.hosts, shared));

/** The play's name with its templates rendered; as it stands in the file when they cannot be. */
export const nameForPeople = (play: Play, session: HostSession): string =>
  nameOfPlay(play, variablesOfSession(session));

/** The same, with these variables. */
export function nameOfPlay(play: Play, variables: Variables): string {
  try {
    return String(render({ value: play.name, locate: () => play.at }, variables));
  } catch {
    // What is wrong with a template in a name does no harm: it is for people.
    return play.name;
  }
}

/**
 * The variables that a play brings along: its `vars`, the answers to its `vars_prompt`, then its `vars_files`, whose paths are rendered for its
 * first host. Until a person is asked, the answers are unknown.
 */
export async function playLayers(play: Play, first: Variables, run: Run): Promise<readonly Layer[]> {
  const playVars: Layer = { name: 'play vars', values: play.vars.value, locate: play.vars.locate };
  const own = [playVars, ...answersOf(play)];
  const files = render(play.varsFiles, onTop(first, [...own, ...run.extraVars]));
  return [...own, ...(await loadVarsFiles(run.ports.files, files, play.varsFiles))];
}

function answersOf({ prompts = [], answers }: Play): readonly Layer[] {
  if (answers !== undefined) return [answers];
  if (prompts.length === 0) return [];
  const values = Object.fromEntries(
    prompts.map(({ name, question }) => [name, new UnknownValue(`the answer to "${question}"`)]),
  );
  return [{ name: 'vars_prompt', values, literal: true }];
}

export const onTop = (variables: Variables, layers: readonly Layer[]): Variables =>
  layers.reduce((below, layer) => below.with(layer), variables);

/** The keywords that steer the roll, the same for every host of the play. Throws `playbook.rollout_differs`. */
export function readRollout(
  play: Play,
  sessions: readonly HostSession[],
  variablesOf: (session: HostSession) => Variables,
): PlayRollout {
  const [first, ...others] = sessions;
  if (first === undefined) throw noHosts(play.name, play.hosts.value, play.at);
  const rollout = readPlayRollout(play, variablesOf(first));
  const wanted = new Map(Object.entries(rollout).map(([keyword, value]) => [keyword, JSON.stringify(value)]));
  for (const other of others) {
    for (const [keyword, value] of Object.entries(readPlayRollout(play, variablesOf(other)))) {
      if (JSON.stringify(value) === wanted.get(keyword)) continue;
      throw rolloutDiffers(play.name, keyword, first.host, other.host);
    }
  }
  return rollout;
}
