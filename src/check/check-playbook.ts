import {
  namesSetBy,
  onTop,
  playLayers,
  playVariables,
  readRollout,
  variablesOf,
  type HostSession,
  type TurnPlay,
} from '../engine/index.js';
import type { ErrorPlace } from '../errors/adf-error.js';
import { checkCondition } from '../expression/condition.js';
import { Variables } from '../expression/variables.js';
import { includeVars } from '../modules/include-vars.js';
import { givenBy } from '../playbook/later-hosts.js';
import type { ProjectFiles } from '../ports/project-files.js';
import {
  includesOf,
  rolesOf,
  tasksOf,
  type Include,
  type Play,
  type Playbook,
  type RoleVariables,
  type Task,
} from '../playbook/playbook.js';
import { MakersBeforeSwap, NodeChecker } from './check-nodes.js';
import { RollOrder } from './roll-order.js';
import { TaskChecker } from './check-task.js';
import { Findings } from './findings.js';
import { FutureFacts } from './future-facts.js';

/** The names of the hosts that tasks delegate changes to, as far as they are known before the run; each with where it is written. */
export type Delegated = ReadonlyMap<string, ErrorPlace>;

/** Names that only exist while a task runs. */
const taskNames = ['result', 'item'];

/**
 * Checks all conditions of a play for names that nothing defines and types that never fit: once for all hosts that have the same
 * names. Finds `expression.unknown_variable` and `condition.*`.
 */
function checkConditions(
  play: Play,
  setByTasks: readonly string[] | 'any',
  hosts: readonly HostSession[],
  variablesOf: (session: HostSession) => Variables,
  findings: Findings,
): void {
  // What is not known before the run may set any name.
  if (setByTasks === 'any') return;
  const tasks = [...tasksOf(play), ...includesIn(play)].filter((task) => conditionsOf(task).length > 0);
  if (tasks.length === 0) return;
  const byNames = Map.groupBy(hosts, (session) => variablesOf(session).names().join(' '));
  for (const [names, alike] of byNames) {
    const everywhere = [...names.split(' '), ...setByTasks, ...publishedIn(play), ...taskNames];
    for (const task of tasks) {
      const known = new Set([
        ...everywhere,
        ...task.vars.flatMap(({ value, names = [] }) => [...Object.keys(value), ...names]),
        ...namesOfRole(task),
        ...loopNames(task),
      ]);
      for (const condition of conditionsOf(task)) {
        findings.collectFor(alike, () => checkCondition(condition, known));
      }
    }
  }
}

const loopNames = ({ loop }: Task | Include): readonly string[] =>
  loop === undefined ? [] : [loop.itemVar, ...(loop.indexVar === undefined ? [] : [loop.indexVar])];

const namesOfRole = ({ role }: Task | Include): readonly string[] =>
  role === undefined ? [] : ['role_name', 'role_path', ...namesOf(role)];

const namesOf = ({ defaults, vars }: RoleVariables): readonly string[] =>
  [...defaults, ...vars].flatMap(({ value }) => Object.keys(value));

const includesIn = ({ sections, handlers }: Play): readonly Include[] =>
  includesOf([...sections, ...handlers]);

/** All names that tasks set, wherever they are. Of a file whose name one host alone knows, the names come from there. */
async function namesSetIn(
  plays: readonly Play[],
  variables: Variables | undefined,
  files: ProjectFiles | undefined,
): Promise<readonly string[] | 'any'> {
  const includes = plays.flatMap(includesIn);
  if (includes.some(({ included }) => included === undefined)) return 'any';
  const tasks = plays.flatMap(tasksOf);
  const names = [...tasks, ...includes].flatMap(namesSetBy);
  for (const task of tasks) {
    const given = givenBy(task)?.names ?? [];
    if (given === 'any') return 'any';
    names.push(...given);
  }
  for (const task of tasks) {
    if (task.module !== includeVars.name || variables === undefined || files === undefined) continue;
    // What is wrong with it is told where the task itself is checked.
    const { included } = await new TaskChecker({ ...task, when: [] }).find(variables, files);
    names.push(...included);
  }
  return names;
}

/** The names that roles of a play show to the tasks after them. */
const publishedIn = (play: Play): readonly string[] =>
  [...rolesOf(play.sections), ...includesIn(play).flatMap(({ included }) => included ?? [])].flatMap(
    ({ publishes }) => (publishes === undefined ? [] : namesOf(publishes)),
  );

const conditionsOf = (task: Task | Include): Task['when'] =>
  task.kind === 'include'
    ? task.when
    : [
        ...task.when,
        ...(task.until === undefined ? [] : [task.until]),
        ...task.failedWhen,
        ...task.changedWhen,
      ];

/**
 * Checks a playbook for these hosts before anything runs: the patterns of its plays (by `hostsOf`), their `vars_files` and what steers their roll,
 * every condition, and the arguments of every task on every host, as far as they are known. Names that a task would set have values
 * that are not known yet from there on. `rolls` says that it deploys: then the order is checked in which hosts leave service and come back. Gives the hosts that tasks delegate changes to. Throws what the run would throw, all of
 * it at once, as AdfErrors.
 */
export async function checkPlaybook(
  { plays }: Playbook,
  sessions: readonly HostSession[],
  hostsOf: (play: Play) => readonly HostSession[],
  { rolls = false }: { readonly rolls?: boolean } = {},
): Promise<Delegated> {
  if (sessions.length === 0) return new Map();
  const findings = new Findings();
  const facts = new FutureFacts();
  const makers = new MakersBeforeSwap();
  const order = new RollOrder();
  const bases = new Map(sessions.map((session) => [session, Variables.of(session.variables.layers)]));
  const base = (session: HostSession): Variables =>
    bases.get(session) ?? Variables.of(session.variables.layers);
  const [any] = sessions;
  const setByTasks = await namesSetIn(plays, any && base(any), any?.run.ports.files);
  const delegates = new Map<string, ErrorPlace>();
  for (const play of plays) {
    // A pattern that means no host at all is refused now; one that this run's filters empty is passed over by the run.
    findings.among(sessions);
    const hosts = findings.collectFor(sessions, () => hostsOf(play)) ?? [];
    const ofPlay = await checkPlay(play, setByTasks, hosts, sessions, base, facts, makers, order, findings);
    for (const [name, place] of ofPlay) delegates.set(name, place);
  }
  for (const { variables } of sessions) variables.foreseen = undefined;
  findings.among(sessions);
  if (rolls) for (const [session, fault] of order.faults()) findings.keep([session], fault);
  findings.refuse();
  return delegates;
}

async function checkPlay(
  play: Play,
  setByTasks: readonly string[] | 'any',
  hosts: readonly HostSession[],
  sessions: readonly HostSession[],
  base: TurnPlay['base'],
  facts: FutureFacts,
  makers: MakersBeforeSwap,
  order: RollOrder,
  findings: Findings,
): Promise<Delegated> {
  const [first] = hosts;
  if (first === undefined) return new Map();
  findings.among(hosts);
  const own = await findings.collectAsync(() => playLayers(play, base(first), first.run));
  if (own === undefined) return new Map();
  const layers = [playVariables(play, hosts), ...own];
  const { extraVars } = first.run;
  findings.collectFor(hosts, () =>
    readRollout(play, hosts, (session) => onTop(base(session), [...layers, ...extraVars])),
  );
  const scope = { layers, base };
  checkConditions(play, setByTasks, hosts, (session) => variablesOf(undefined, session, scope), findings);
  const visits = hosts.map((session) => ({ session, frame: undefined }));
  const checker = new NodeChecker(scope, facts, makers, order, findings, sessions);
  await checker.check(play.sections, visits);
  await checker.check(play.handlers, visits, false);
  return checker.delegates;
}
