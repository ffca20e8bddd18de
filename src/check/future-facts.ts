import { namesSetBy, type HostSession } from '../engine/index.js';
import type { Layer } from '../expression/scope.js';
import { UnknownValue } from '../model/unknown.js';
import { givenBy } from '../playbook/later-hosts.js';
import type { Include, Task } from '../playbook/playbook.js';

/** What `register` and `set_fact` will have kept of each host by the time its next task runs. */
export class FutureFacts {
  readonly #layers = new Map<HostSession, Layer>();
  /** Hosts that ran the same tasks share one layer. */
  readonly #next = new Map<Layer, Map<Task | Include, Map<string, Layer>>>();

  /** With what it has kept so far, where the run has begun. */
  all(session: HostSession): readonly Layer[] {
    return [...session.variables.facts, this.#of(session)];
  }

  #of(session: HostSession): Layer {
    return this.#layers.get(session) ?? none;
  }

  /** `included` are the names of the variables that the task reads from files. */
  add(session: HostSession, task: Task | Include, included: readonly string[] = []): void {
    const names = [...namesSetBy(task), ...included];
    if (names.length === 0) return;
    const before = this.#of(session);
    const next = this.#next.get(before) ?? new Map<Task | Include, Map<string, Layer>>();
    this.#next.set(before, next);
    // The files that hosts include may be different ones.
    const byNames = next.get(task) ?? new Map<string, Layer>();
    next.set(task, byNames);
    const layer = byNames.get(names.join(' ')) ?? withUnknown(before, names, task);
    byNames.set(names.join(' '), layer);
    this.#set(session, layer);
  }

  /** A task that adds hosts may name one that there is, and give it variables. */
  mayGain(sessions: readonly HostSession[], task: Task): void {
    const given = givenBy(task);
    if (given === undefined) return;
    for (const session of sessions.filter(({ host }) => given.mayBe(host))) {
      if (given.names === 'any')
        this.mayHaveSet(session, new UnknownValue(`what "${task.name.value}" gives`));
      else if (given.names.length > 0) this.#set(session, withUnknown(this.#of(session), given.names, task));
    }
  }

  /** From here on any name may have been set. */
  mayHaveSet(session: HostSession, otherwise: UnknownValue): void {
    this.#set(session, { ...this.#of(session), otherwise });
  }

  #set(session: HostSession, layer: Layer): void {
    this.#layers.set(session, layer);
    session.variables.foreseen = [...session.variables.facts, layer];
  }
}

const none: Layer = { name: 'set_fact and register', values: {}, literal: true };

const withUnknown = (layer: Layer, names: readonly string[], task: Task | Include): Layer => {
  const unknown = new UnknownValue(`the result of "${task.name.value}"`);
  return {
    ...layer,
    values: {
      ...layer.values,
      ...Object.fromEntries(names.map((name) => [name, unknown])),
      ...(task.kind === 'task' ? task.does.foresees?.(unknown) : {}),
    },
  };
};
