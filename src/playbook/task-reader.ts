import {
  argumentsNotAMapping,
  argumentsTwice,
  argumentTwice,
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
import { locateWithin, type Locate, type ValuePath } from '../model/source.js';
import type { PlaybookDocument } from './document.js';
import { elsewhereInTasks, isOldLoop, laterInTasks, taskKeywords } from './keywords.js';
import { MappingReader } from './mapping-reader.js';
import type { ModuleDirectory, ModuleWords } from './modules.js';
import { inheritedBelow } from './inherited.js';
import type { Inherited, Loop, Raw, Task } from './playbook.js';

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
    args: withMore(
      readArguments(document, name, words, value[name], task.pathOf(name)),
      task,
      document,
      name,
      words,
    ),
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

/** `args` stands beside the module, and says more of its arguments. */
function withMore(
  args: Raw,
  task: MappingReader,
  document: PlaybookDocument,
  module: string,
  words: ModuleWords,
): Raw {
  if (task.value('args') === undefined) return args;
  const { value: more } = task.mapping('args');
  const path = task.pathOf('args');
  const given = readArguments(document, module, { arguments: words.arguments }, more, path);
  if (!isMapping(args.value)) {
    document.diagnostics.report(argumentsTwice(module, document.placeOfKey(path)));
    return args;
  }
  for (const name of Object.keys(more).filter(
    (one) => isMapping(args.value) && Object.hasOwn(args.value, one),
  )) {
    document.diagnostics.report(argumentTwice(name, module, document.placeOfKey([...path, name])));
  }
  const locate: Locate = (inside, part) =>
    (Object.hasOwn(more, String(inside[0])) ? given : args).locate(inside, part);
  const { text } = args.locate;
  return {
    value: { ...args.value, ...more },
    locate: text === undefined ? locate : Object.assign(locate, { text }),
  };
}

const isOneExpression = (given: unknown): boolean =>
  typeof given === 'string' && /^\s*\{\{[^]*\}\}\s*$/.test(given);

const loopKeywords = ['loop_var', 'index_var', 'label', 'pause'] as const;

function readLoop(task: MappingReader, document: PlaybookDocument): Loop | undefined {
  const items = task.raw('loop');
  const { value } = task.mapping('loop_control');
  const control = new MappingReader(document, value, task.pathOf('loop_control'));
  for (const key of control.keys.filter((one) => !loopKeywords.some((known) => known === one))) {
    const place = document.placeOfKey(control.pathOf(key));
    document.diagnostics.report(unknownKeyword(key, 'loop_control', loopKeywords, place));
  }
  const [indexVar, label] = [control.variableName('index_var'), control.rawText('label')];
  const loop = {
    itemVar: control.variableName('loop_var') ?? 'item',
    pause: control.duration('pause') ?? 0,
    ...defined({ indexVar, label }),
  };
  if (items === undefined) return undefined;
  const mayBeList = typeof items.value === 'string' && mayBeTemplate(items.value);
  if (Array.isArray(items.value) || mayBeList) return { items, ...loop };
  const place = document.placeOf(task.pathOf('loop'));
  const hint = 'Write a list, or a template that is one: loop: "{{ ports }}".';
  document.diagnostics.report(wrongKeywordValue('loop', 'a list', describeValue(items.value), place, hint));
  return undefined;
}

function refuseRetriesWithoutUntil(task: MappingReader, document: PlaybookDocument): void {
  if (task.value('until') !== undefined) return;
  const lone = ['retries', 'delay'].find((keyword) => task.value(keyword) !== undefined);
  if (lone !== undefined)
    document.diagnostics.report(retriesWithoutUntil(lone, document.placeOfKey(task.pathOf(lone))));
}
