import { posix } from 'node:path';
import {
  copiesOf,
  inFrame,
  refuseAdding,
  refuseDelegation,
  refuseRealChange,
  unknownCopy,
  variablesOf,
  type Copy,
  type Frame,
  type HostSession,
  type Maker,
  type TurnPlay,
} from '../engine/index.js';
import type { ErrorPlace } from '../errors/adf-error.js';
import { unknownDelegate } from '../errors/playbook.js';
import { placeOf } from '../expression/place.js';
import { UnknownValue } from '../model/unknown.js';
import { dockerContainer } from '../modules/docker-container.js';
import type { Include, Included, RoleVariables, Task, TaskNode } from '../playbook/playbook.js';
import { isSelected } from '../playbook/tags.js';
import type { RollOrder } from './roll-order.js';
import { TaskChecker } from './check-task.js';
import type { Findings } from './findings.js';
import type { FutureFacts } from './future-facts.js';

/** A host that comes to some nodes, and the copy of what was included that they are in. */
interface Visit {
  readonly session: HostSession;
  readonly frame: Frame | undefined;
}

/** Checks what the hosts of a play will run, node after node, and what they include. */
export class NodeChecker {
  /** The names of the hosts that tasks would change in the place of their own, as far as they are known, with where that is written. */
  readonly delegates = new Map<string, ErrorPlace>();

  /** The variables of the roles that are public so far. */
  readonly #published = new Map<HostSession, RoleVariables>();

  constructor(
    private readonly scope: Pick<TurnPlay, 'layers' | 'base'>,
    private readonly facts: FutureFacts,
    private readonly makers: MakersBeforeSwap,
    private readonly order: RollOrder,
    private readonly findings: Findings,
    /** Of all plays. */
    private readonly sessions: readonly HostSession[],
  ) {}

  /**
   * All hosts come to each node before one comes to the next. `isHandler` says that tags don't decide; `mayNotRun` that something else than
   * conditions of tasks decides whether they run.
   */
  async check(
    nodes: readonly TaskNode[],
    visits: readonly Visit[],
    isHandler = false,
    mayNotRun = false,
  ): Promise<void> {
    for (const node of nodes) {
      if (node.kind === 'task') await this.#task(node, visits, isHandler, mayNotRun);
      else if (node.kind === 'include') await this.#include(node, visits, isHandler, mayNotRun);
      else if (node.kind === 'block') {
        await this.check(node.nodes, visits, isHandler, mayNotRun);
        await this.check(node.rescue, visits, isHandler, true);
        await this.check(node.always, visits, isHandler, mayNotRun);
      } else await this.check(node.nodes, visits, isHandler, mayNotRun);
      if (node.kind === 'role') this.#publish(node.publishes, visits);
    }
  }

  async #task(task: Task, visits: readonly Visit[], isHandler: boolean, mayNotRun: boolean): Promise<void> {
    const { findings, facts } = this;
    this.#refuse(task, visits, isHandler);
    const checker = new TaskChecker(task);
    for (const { session, frame } of visits) {
      const { run } = session;
      if (!isHandler && !isSelected(task.tags, run.tags)) return;
      const own = inFrame(task, frame, this.#published.get(session));
      const variables = variablesOf(own, session, this.scope, facts.all(session));
      const found = checker.known(variables) ?? (await checker.find(variables, run.ports.files));
      for (const error of found.errors) findings.keep([session], error);
      for (const name of found.delegates) this.#delegate(name, task, session);
      this.makers.add(session, task, found.makers);
      const isSure = !isHandler && !mayNotRun;
      this.order.add(session, isSure ? found.steps : found.steps.map((step) => ({ ...step, isSure })));
      facts.add(session, task, found.included);
    }
    if (visits.length > 0) facts.mayGain(this.sessions, task);
  }

  #delegate(name: string, { delegateTo }: Task, session: HostSession): void {
    const { targetOf, growth } = session.run;
    const place = delegateTo === undefined ? {} : placeOf(delegateTo.locate);
    this.delegates.set(name, this.delegates.get(name) ?? place);
    if (targetOf === undefined || targetOf(name) !== undefined || growth?.mayAdd(name) === true) return;
    this.findings.collectFor([session], () => {
      throw unknownDelegate(name, place);
    });
  }

  /** What a dry run must not do, and what cannot be delegated, whatever the hosts are. */
  #refuse(task: Task, visits: readonly Visit[], isHandler: boolean): void {
    const { does: module } = task;
    const [first] = visits;
    if (first === undefined) return;
    const { run } = first.session;
    if (!isHandler && !isSelected(task.tags, run.tags)) return;
    const hosts = visits.map(({ session }) => session);
    this.findings.collectFor(hosts, () => {
      refuseRealChange(task, module, run);
      refuseDelegation(task, module, run);
      refuseAdding(task.at, module, run);
    });
  }

  /** What is included where that is known; where it is not, whatever a name means after it is not known either. */
  async #include(
    include: Include,
    visits: readonly Visit[],
    isHandler: boolean,
    mayNotRun: boolean,
  ): Promise<void> {
    const brought = new Map<Included, Visit[]>();
    for (const visit of visits) {
      const { session } = visit;
      if (!isHandler && !isSelected(include.tags, session.run.tags)) return;
      const copies = await this.findings.collectAsync(
        () => this.#copies(include, visit, isHandler),
        [session],
      );
      for (const { included, frame } of copies ?? []) {
        const comes = brought.get(included) ?? [];
        comes.push({ session, frame });
        brought.set(included, comes);
      }
      this.facts.add(session, include);
    }
    for (const [included, comes] of brought) {
      await this.check(included.nodes, comes, isHandler, mayNotRun || include.when.length > 0);
      await this.check(included.handlers, comes, true);
      this.#publish(included.publishes, comes);
    }
  }

  async #copies(include: Include, { session, frame }: Visit, isHandler: boolean): Promise<readonly Copy[]> {
    const own = inFrame(include, frame, this.#published.get(session));
    const variables = variablesOf(own, session, this.scope, this.facts.all(session));
    const copies = await copiesOf(own, variables, frame, isHandler);
    if (!(copies instanceof UnknownValue)) return copies;
    if (include.included !== undefined) return [unknownCopy(own, include.included, copies, frame, isHandler)];
    this.facts.mayHaveSet(session, copies);
    this.order.isOpen(session);
    // Any file beside it may be the one that is included: a resume of this run needs all of them unchanged.
    await session.run.ports.files.stat(posix.dirname(include.at.file));
    return [];
  }

  #publish(role: RoleVariables | undefined, visits: readonly Visit[]): void {
    if (role === undefined) return;
    for (const { session } of visits) {
      const { defaults, vars } = this.#published.get(session) ?? { defaults: [], vars: [] };
      this.#published.set(session, {
        defaults: [...defaults, ...role.defaults],
        vars: [...vars, ...role.vars],
      });
    }
  }
}

/** Notes on each host which tasks may put something there before its containers are replaced. */
export class MakersBeforeSwap {
  readonly #swapped = new Set<HostSession>();

  add(session: HostSession, task: Task, makers: readonly Maker[]): void {
    if (this.#swapped.has(session)) return;
    session.makers.push(...makers);
    if (task.module === dockerContainer.name) this.#swapped.add(session);
  }
}
