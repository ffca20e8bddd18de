import { ZodError } from 'zod';
import {
  allHold,
  explainArguments,
  itemsOf,
  layerOfItem,
  renderArguments,
  renderBecomeUser,
  renderEnvironment,
  type Maker,
} from '../engine/index.js';
import { checkCondition, parseCondition } from '../expression/condition.js';
import { placeInScalar } from '../expression/place.js';
import { render, renderFile } from '../expression/templates.js';
import type { Reads, Variables } from '../expression/variables.js';
import { locateWithin, type Place } from '../model/source.js';
import { UnknownValue } from '../model/unknown.js';
import { includeVars, namesIncludedBy } from '../modules/include-vars.js';
import type { SourceFile } from '../modules/module.js';
import { findSource } from '../modules/source-files.js';
import { stepOf, type Step } from './roll-order.js';
import { sourceFolders, type Task } from '../playbook/playbook.js';
import { readVarsFile } from '../playbook/vars-files.js';
import type { ProjectFiles } from '../ports/project-files.js';

type Arguments = Readonly<Record<string, unknown>>;

/** Makes files and folders below a place, or at it. */
const intoFolders = ['copy', 'template'];
const commands = ['command', 'shell', 'script'];

/**
 * What a task may put on a host, from its rendered arguments; undefined for a task that puts nothing there. What a command does
 * is not known: it may make each path that it names.
 */
function makerOf(module: string, args: unknown, task: string, at: Place): Maker | undefined {
  if (![...intoFolders, ...commands, 'file'].includes(module)) return undefined;
  if (args instanceof UnknownValue) return { task, at, mayMake: () => true };
  if (typeof args !== 'object' || args === null) return undefined;
  const mayMake = makes(module, args as Arguments);
  return mayMake === undefined ? undefined : { task, at, mayMake };
}

function makes(module: string, args: Arguments): Maker['mayMake'] | undefined {
  if (commands.includes(module)) {
    const text = JSON.stringify(args);
    return (path) => text.includes(path);
  }
  const place = args['dest'] ?? args['path'];
  if (place instanceof UnknownValue) return () => true;
  if (typeof place !== 'string') return undefined;
  if (intoFolders.includes(module)) return (path) => isWithin(path, place) || isWithin(place, path);
  // A folder is made with those above it; a file is not.
  const state = args['state'];
  const makesIt = state === 'directory' || state === 'link' || state === 'touch';
  return makesIt ? (path) => isWithin(place, path) : undefined;
}

/** It is that place, or somewhere below it. */
const isWithin = (path: string, place: string): boolean => {
  const folder = place.replace(/\/+$/, '');
  return path.replace(/\/+$/, '') === folder || path.startsWith(`${folder}/`);
};

/** What a task comes to on a host. */
export interface FoundOfTask {
  /** What it would fail with whatever the host does. */
  readonly errors: readonly unknown[];
  /** What it may put on the host. */
  readonly makers: readonly Maker[];
  /** The names of the hosts that it would change in the place of its own. */
  readonly delegates: readonly string[];
  /** The variables that it brings from files of the project. */
  readonly included: readonly string[];
  /** What it does to the service of its host. */
  readonly steps: readonly Step[];
}

/** How many hosts that differ in what a task reads are kept, to compare the next ones with. */
const mostKept = 4;

/** Checks one task, host after host; what was found for one is not looked for again for the next that has the same. */
export class TaskChecker {
  readonly #known: { readonly variables: Variables; readonly reads: Reads; readonly found: FoundOfTask }[] =
    [];
  readonly #right = new Set<string>();
  readonly #needed: { readonly source: SourceFile; readonly variables: Variables }[] = [];

  readonly #makers: Maker[] = [];
  readonly #delegates: string[] = [];
  readonly #steps: Step[] = [];
  #included: unknown[] = [];

  constructor(readonly task: Task) {}

  /** What was found for another host to which all that the task reads means the same. */
  known(variables: Variables): FoundOfTask | undefined {
    return this.#known.find((one) => variables.meansTheSame(one.variables, one.reads))?.found;
  }

  /** Nothing is found for hosts that its `when` leaves out already. */
  async find(variables: Variables, project: ProjectFiles): Promise<FoundOfTask> {
    const reads: Reads = { names: new Set(), readAll: false };
    const found = await this.#find(variables.watchedBy(reads), project);
    // The same mistake may stand in a file of each host.
    if (found.errors.length === 0 && this.#known.length < mostKept)
      this.#known.push({ variables, reads, found });
    return found;
  }

  async #find(variables: Variables, project: ProjectFiles): Promise<FoundOfTask> {
    const errors: unknown[] = [];
    try {
      this.#check(variables);
    } catch (error) {
      errors.push(error);
    }
    await this.#checkSources(project).catch((error: unknown) => errors.push(error));
    const included = await this.#takeIncluded(project).catch((error: unknown) => {
      errors.push(error);
      return [];
    });
    const [makers, delegates, steps] = [
      this.#makers.splice(0),
      this.#delegates.splice(0),
      this.#steps.splice(0),
    ];
    return { errors, makers, delegates, included, steps };
  }

  /** Throws what the task would fail with whatever the host does, but for what is in files of the project. */
  #check(variables: Variables): void {
    const { task } = this;
    if (task.loop === undefined) {
      this.#checkItem(variables);
      return;
    }
    const { loop } = task;
    const items = itemsOf(loop, variables, task);
    for (const [index, item] of (items instanceof UnknownValue ? [items] : items).entries()) {
      this.#checkItem(variables.with(layerOfItem(loop, item, index)));
    }
  }

  #checkItem(variables: Variables): void {
    const { task } = this;
    const { does: module } = task;
    const holds = allHold(task.when, variables);
    if (holds === false) return;
    renderEnvironment(task.environment, variables);
    renderBecomeUser(task, variables);
    this.#checkNamed(variables);
    this.#checkDelegate(variables);
    const args = renderArguments(task, module, variables);
    const maker = makerOf(task.module, args, task.name.value, task.at);
    if (maker !== undefined) this.#makers.push(maker);
    const step = stepOf(task, args, holds === true);
    if (step !== undefined) this.#steps.push(step);
    if (args instanceof UnknownValue) return;
    if (task.module === includeVars.name) this.#included.push(args);
    const key = JSON.stringify(args);
    try {
      if (!this.#right.has(key)) module.validate(args);
      const source = module.source?.(args);
      if (source !== undefined) this.#needed.push({ source, variables });
    } catch (error) {
      throw error instanceof ZodError ? explainArguments(error, task) : error;
    }
    this.#right.add(key);
  }

  /** The variables that the task brings from files of the project, as the last `check` found. Throws as the task would. */
  async #takeIncluded(project: ProjectFiles): Promise<readonly string[]> {
    const given = this.#included;
    this.#included = [];
    const folders = sourceFolders(this.task);
    const names = await Promise.all(
      given.map((args) => namesIncludedBy(args, project, folders, (path) => readVarsFile(project, path))),
    );
    return names.flat();
  }

  /**
   * Looks for the files of the control side that the last `check` found to be needed, and renders those that are templates. Throws the
   * first of `file.source_missing`, `template.*` and `expression.*`.
   */
  async #checkSources(project: ProjectFiles): Promise<void> {
    const { task } = this;
    for (const { source, variables } of this.#needed.splice(0)) {
      const { argument, src, folder, template = false } = source;
      const at = task.args.locate([argument]) ?? task.at;
      const { path, kind } = await findSource(project, sourceFolders(task), folder, src, at);
      if (!template || kind !== 'file') continue;
      const text = await project.read(path);
      if (text !== undefined) renderFile({ file: path, text }, variables);
    }
  }

  #checkDelegate(variables: Variables): void {
    const { delegateTo, does: module } = this.task;
    if (delegateTo === undefined || module.effect === 'reads') return;
    const name = render(delegateTo, variables);
    if (typeof name === 'string') this.#delegates.push(name);
  }

  /** Arguments that are conditions or names of variables, which a module reads only when it runs. */
  #checkNamed(variables: Variables): void {
    const { does: module, args, at } = this.task;
    if (typeof args.value !== 'object' || args.value === null) return;
    for (const [argument, value] of Object.entries(args.value)) {
      const texts: readonly unknown[] = Array.isArray(value) ? value : [value];
      texts.forEach((text, index) => {
        if (typeof text !== 'string') return;
        const inside = Array.isArray(value) ? [argument, index] : [argument];
        const place = args.locate(inside) ?? at;
        if (module.conditionArguments.includes(argument)) {
          const condition = parseCondition(text, place, placeInScalar(args.locate, inside, text));
          checkCondition(condition, new Set(variables.names()));
        }
        if (module.variableArguments.includes(argument) && !text.includes('{{')) {
          render({ value: `{{ ${text} }}`, locate: locateWithin(() => place, []) }, variables);
        }
      });
    }
  }
}
