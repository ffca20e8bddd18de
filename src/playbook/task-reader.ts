import {
  argumentsNotAMapping,
  noModule,
  notSupportedYet,
  retriesWithoutUntil,
  severalModules,
  unknownArgument,
  unknownKeyword,
  unknownModule,
  wrongKeywordValue,
} from '../errors/playbook.js';
import { describeValue, isMapping } from '../expression/describe.js';
import { locateThrough } from '../expression/place.js';
import { checkTemplates, mayBeTemplate } from '../expression/templates.js';
import { defined } from '../model/defined.js';
import { locateWithin, type ValuePath } from '../model/source.js';
import type { PlaybookDocument } from './document.js';
import { elsewhereInTasks, isOldLoop, laterInTasks, taskKeywords } from './keywords.js';
import { MappingReader } from './mapping-reader.js';
import type { ModuleDirectory, ModuleWords } from './modules.js';
import { inheritedBelow } from './inherited.js';
import type { Inherited, Raw, Task } from './playbook.js';

/** How often and how far apart Ansible retries when nothing else is said. */
const defaultRetries = 3;
const defaultDelay = 5_000;

/** Reads a task; undefined when too little of it is right to go on. All that is wrong is reported. */
export function readTask(
  document: PlaybookDocument,
  value: Readonly<Record<string, unknown>>,
  path: ValuePath,
  modules: ModuleDirectory,
  { index, ...above }: Inherited & Pick<Task, 'index'>,
  keywords: readonly string[] = taskKeywords,
): Task | undefined {
  const task = new MappingReader(document, value, path);
  const module = moduleOf(task, document, path, modules, keywords);
  const rest = readKeywords(task, document, above);
  if (module === undefined) return undefined;
  const [name, words] = module;
  return {
    kind: 'task',
    index,
    name: task.rawText('name') ?? { value: name, locate: locateWithin(document.locate, path) },
    at: document.placeAt(path),
    module: name,
    args: readArguments(document, name, words, value[name], task.pathOf(name)),
    ...rest,
  };
}

function readKeywords(
  task: MappingReader,
  document: PlaybookDocument,
  above: Inherited,
): Omit<Task, 'kind' | 'index' | 'name' | 'at' | 'module' | 'args'> {
  const loop = readLoop(task, document);
  const register = task.variableName('register');
  const until = task.condition('until');
  refuseRetriesWithoutUntil(task, document);
  return {
    ...inheritedBelow(task, above),
    ...defined({ loop }),
    loopVar: readLoopVariable(task, document),
    ...defined({ register, until }),
    retries: task.wholeNumber('retries') ?? defaultRetries,
    delay: task.duration('delay') ?? defaultDelay,
    failedWhen: task.conditions('failed_when'),
    changedWhen: task.conditions('changed_when'),
    oneWay: task.boolean('one_way', false),
  };
}

/** The one key that is no keyword. Everything else that is no keyword is reported. */
function moduleOf(
  task: MappingReader,
  document: PlaybookDocument,
  path: ValuePath,
  modules: ModuleDirectory,
  keywords: readonly string[],
): readonly [string, ModuleWords] | undefined {
  let found: readonly [string, ModuleWords] | undefined;
  let unknown = false;
  for (const key of task.keys) {
    if (keywords.includes(key)) continue;
    const words = modules.get(key);
    if (words === undefined) {
      unknown = true;
      reportUnknown(key, task, document, modules);
    } else if (found === undefined) {
      found = [key, words];
    } else {
      document.diagnostics.report(severalModules(found[0], key, document.placeOfKey(task.pathOf(key))));
    }
  }
  if (found === undefined && !unknown)
    document.diagnostics.report(noModule(document.placeOf(path), modules.names));
  return found;
}

function reportUnknown(
  key: string,
  task: MappingReader,
  document: PlaybookDocument,
  modules: ModuleDirectory,
): void {
  const place = document.placeOfKey(task.pathOf(key));
  const later = Object.hasOwn(laterInTasks, key) ? laterInTasks[key] : undefined;
  if (later !== undefined) {
    document.diagnostics.report(notSupportedYet(key, 'a task', place, later));
    return;
  }
  const hint = isOldLoop(key)
    ? `Write loop instead of ${key}; the element is {{ item }}.`
    : Object.hasOwn(elsewhereInTasks, key)
      ? elsewhereInTasks[key]
      : undefined;
  document.diagnostics.report(unknownModule(key, modules.names, taskKeywords, place, hint));
}

function readArguments(
  document: PlaybookDocument,
  module: string,
  words: ModuleWords,
  given: unknown,
  path: ValuePath,
): Raw {
  document.diagnostics.collect(() => {
    checkTemplates(given, document.locate, path);
  });
  const locate = locateWithin(document.locate, path);
  if (given === null || given === undefined) return { value: {}, locate };
  if (isMapping(given)) {
    for (const argument of Object.keys(given)) {
      if (words.arguments.length === 0 || words.arguments.includes(argument)) continue;
      const place = document.placeOfKey([...path, argument]);
      document.diagnostics.report(unknownArgument(argument, module, words.arguments, place));
    }
    return { value: given, locate };
  }
  if (words.freeform === undefined) {
    // A variable may be the whole mapping: it is known, and checked by the module, when the task runs.
    if (isOneExpression(given)) return { value: given, locate };
    const place = document.placeOf(path);
    document.diagnostics.report(argumentsNotAMapping(module, describeValue(given), words.arguments, place));
    return { value: {}, locate };
  }
  // The bare value stands where the module's mapping would.
  const freeform = locateThrough(locate, (inside) => inside.slice(1));
  return { value: { [words.freeform]: given }, locate: freeform };
}

const isOneExpression = (given: unknown): boolean =>
  typeof given === 'string' && /^\s*\{\{[^]*\}\}\s*$/.test(given);

function readLoop(task: MappingReader, document: PlaybookDocument): Raw | undefined {
  const loop = task.raw('loop');
  if (loop === undefined || Array.isArray(loop.value)) return loop;
  if (typeof loop.value === 'string' && mayBeTemplate(loop.value)) return loop;
  const place = document.placeOf(task.pathOf('loop'));
  const hint = 'Write a list, or a template that is one: loop: "{{ ports }}".';
  document.diagnostics.report(wrongKeywordValue('loop', 'a list', describeValue(loop.value), place, hint));
  return undefined;
}

function readLoopVariable(task: MappingReader, document: PlaybookDocument): string {
  const { value } = task.mapping('loop_control');
  const control = new MappingReader(document, value, task.pathOf('loop_control'));
  for (const key of control.keys.filter((known) => known !== 'loop_var')) {
    const place = document.placeOfKey(control.pathOf(key));
    document.diagnostics.report(unknownKeyword(key, 'loop_control', ['loop_var'], place));
  }
  return control.variableName('loop_var') ?? 'item';
}

function refuseRetriesWithoutUntil(task: MappingReader, document: PlaybookDocument): void {
  if (task.value('until') !== undefined) return;
  const lone = ['retries', 'delay'].find((keyword) => task.value(keyword) !== undefined);
  if (lone !== undefined)
    document.diagnostics.report(retriesWithoutUntil(lone, document.placeOfKey(task.pathOf(lone))));
}
