import { ZodError } from 'zod';
import {
  allHold,
  explainArguments,
  itemsOf,
  layerOfItem,
  renderArguments,
  renderEnvironment,
  type Maker,
} from '../engine/index.js';
import { checkCondition, parseCondition } from '../expression/condition.js';
import { render, renderFile } from '../expression/templates.js';
import type { Variables } from '../expression/variables.js';
import { locateWithin, type Place } from '../model/source.js';
import { UnknownValue } from '../model/unknown.js';
import { modules } from '../modules/catalogue.js';
import type { SourceFile } from '../modules/module.js';
import { findSource } from '../modules/source-files.js';
import type { Task } from '../playbook/playbook.js';
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

/** Checks one task, host after host; what was found right for one is not looked at again for the next that has the same. */
export class TaskChecker {
  readonly #right = new Set<string>();
  readonly #needed: { readonly source: SourceFile; readonly variables: Variables }[] = [];

  readonly #makers: Maker[] = [];

  constructor(readonly task: Task) {}

  /** Throws what the task would fail with whatever the host does. Nothing for hosts that its `when` leaves out already. */
  check(variables: Variables): void {
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
    const module = modules.get(task.module);
    if (module === undefined || allHold(task.when, variables) === false) return;
    renderEnvironment(task.environment, variables);
    this.#checkNamed(variables);
    const args = renderArguments(task, module, variables);
    const maker = makerOf(task.module, args, task.name.value, task.at);
    if (maker !== undefined) this.#makers.push(maker);
    if (args instanceof UnknownValue) return;
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

  /** What the task may put on the host, as the last `check` found. */
  takeMakers(): readonly Maker[] {
    return this.#makers.splice(0);
  }

  /**
   * Looks for the files of the control side that the last `check` found to be needed, and renders those that are templates. Throws the
   * first of `file.source_missing`, `template.*` and `expression.*`.
   */
  async checkSources(project: ProjectFiles): Promise<void> {
    const { task } = this;
    for (const { source, variables } of this.#needed.splice(0)) {
      const { argument, src, folder, template = false } = source;
      const at = task.args.locate([argument]) ?? task.at;
      const { path, kind } = await findSource(project, task.at.file, folder, src, at);
      if (!template || kind !== 'file') continue;
      const text = await project.read(path);
      if (text !== undefined) renderFile({ file: path, text }, variables);
    }
  }

  /** Arguments that are conditions or names of variables, which a module reads only when it runs. */
  #checkNamed(variables: Variables): void {
    const { module: name, args, at } = this.task;
    const module = modules.get(name);
    if (module === undefined || typeof args.value !== 'object' || args.value === null) return;
    for (const [argument, value] of Object.entries(args.value)) {
      const texts: readonly unknown[] = Array.isArray(value) ? value : [value];
      texts.forEach((text, index) => {
        if (typeof text !== 'string') return;
        const place = args.locate(Array.isArray(value) ? [argument, index] : [argument]) ?? at;
        if (module.conditionArguments.includes(argument)) {
          checkCondition(parseCondition(text, place), new Set(variables.names()));
        }
        if (module.variableArguments.includes(argument) && !text.includes('{{')) {
          render({ value: `{{ ${text} }}`, locate: locateWithin(() => place, []) }, variables);
        }
      });
    }
  }
}
