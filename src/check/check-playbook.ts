import {
  factsSetBy,
  isSelected,
  onTop,
  playLayers,
  readRollout,
  renderPattern,
  variablesOf,
  type HostSession,
  type Maker,
  type TurnPlay,
} from '../engine/index.js';
import { checkCondition } from '../expression/condition.js';
import type { Layer } from '../expression/scope.js';
import { Variables } from '../expression/variables.js';
import type { Inventory } from '../inventory/inventory.js';
import { selectHosts } from '../inventory/patterns.js';
import { UnknownValue } from '../model/unknown.js';
import { dockerContainer } from '../modules/docker-container.js';
import { tasksOf, type Play, type Playbook, type Task } from '../playbook/playbook.js';
import { TaskChecker } from './check-task.js';
import { Findings } from './findings.js';

/** Names that only exist while a task runs. */
const taskNames = ['result', 'item'];

/**
 * Checks all conditions of a play for names that nothing defines and types that never fit: once for all hosts that have the same
 * names. Finds `expression.unknown_variable` and `condition.*`.
 */
function checkConditions(
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

/**
 * Checks a playbook for these hosts before anything runs: the patterns of its plays, their `vars_files` and what steers their roll,
 * every condition, and the arguments of every task on every host, as far as they are known. Names that a task would set have values
 * that are not known yet from there on. Throws what the run would throw, all of it at once, as AdfErrors.
 */
export async function checkPlaybook(
  { plays }: Playbook,
  sessions: readonly HostSession[],
  inventory: Inventory,
): Promise<void> {
  const [first] = sessions;
  if (first === undefined) return;
  const findings = new Findings();
  const facts = new FutureFacts();
  const makers = new MakersBeforeSwap();
  const bases = new Map(sessions.map((session) => [session, Variables.of(session.variables.layers)]));
  const base = (session: HostSession): Variables =>
    bases.get(session) ?? Variables.of(session.variables.layers);
  for (const play of plays) {
    // A pattern that means no host at all is refused now; one that this run's filters empty is passed over by the run.
    findings.among(sessions);
    const selected = findings.collectFor(
      sessions,
      () => new Set(selectHosts(inventory, renderPattern(play, first))),
    );
    const hosts = sessions.filter(({ host }) => selected?.has(host) === true);
    await checkPlay(play, plays, hosts, base, facts, makers, findings);
  }
  findings.refuse();
}

async function checkPlay(
  play: Play,
  plays: readonly Play[],
  hosts: readonly HostSession[],
  base: TurnPlay['base'],
  facts: FutureFacts,
  makers: MakersBeforeSwap,
  findings: Findings,
): Promise<void> {
  const [first] = hosts;
  if (first === undefined) return;
  findings.among(hosts);
  const layers = await findings.collectAsync(() => playLayers(play, base(first), first.run));
  if (layers === undefined) return;
  const { extraVars, tags } = first.run;
  findings.collectFor(hosts, () =>
    readRollout(play, hosts, (session) => onTop(base(session), [...layers, ...extraVars])),
  );
  const scope = { layers, base };
  checkConditions(play, plays, hosts, (session) => variablesOf(undefined, session, scope), findings);
  for (const task of tasksOf(play)) {
    if (!isSelected(task.tags, tags)) continue;
    const checker = new TaskChecker(task);
    for (const session of hosts) {
      const variables = variablesOf(task, session, scope, facts.of(session));
      findings.collectFor([session], () => checker.check(variables));
      makers.add(session, task, checker.takeMakers());
      await findings.collectAsync(() => checker.checkSources(first.run.ports.files), [session]);
      facts.add(session, task);
    }
  }
}

/** Notes on each host which tasks may put something there before its containers are replaced. */
class MakersBeforeSwap {
  readonly #swapped = new Set<HostSession>();

  add(session: HostSession, task: Task, makers: readonly Maker[]): void {
    if (this.#swapped.has(session)) return;
    if (makers.length > 0) session.makers = [...session.makers, ...makers];
    if (task.module === dockerContainer.name) this.#swapped.add(session);
  }
}

/** What `register` and `set_fact` will have kept of each host by the time its next task runs. */
class FutureFacts {
  readonly #layers = new Map<HostSession, Layer>();
  /** Hosts that ran the same tasks share one layer. */
  readonly #next = new Map<Layer, Map<Task, Layer>>();

  of(session: HostSession): Layer {
    return this.#layers.get(session) ?? none;
  }

  add(session: HostSession, task: Task): void {
    const names = [...factsSetBy(task), ...(task.register === undefined ? [] : [task.register])];
    if (names.length === 0) return;
    const before = this.of(session);
    const next = this.#next.get(before) ?? new Map<Task, Layer>();
    this.#next.set(before, next);
    const layer = next.get(task) ?? withUnknown(before, names, task);
    next.set(task, layer);
    this.#layers.set(session, layer);
  }
}

const none: Layer = { name: 'set_fact and register', values: {}, literal: true };

const withUnknown = (layer: Layer, names: readonly string[], task: Task): Layer => {
  const unknown = new UnknownValue(`the result of "${task.name.value}"`);
  return {
    ...layer,
    values: { ...layer.values, ...Object.fromEntries(names.map((name) => [name, unknown])) },
  };
};
