import {
  argumentsNotAMapping,
  argumentsTwice,
  argumentTwice,
  asyncOfNoCommand,
  noModule,
  pollWithoutAsync,
  retriesWithoutUntil,
  severalModules,
  unknownArgument,
  unknownKeyword,
  unknownModule,
  wrongKeywordValue,
} from '../errors/playbook.js';
import { describeValue, isMapping } from '../expression/describe.js';
import { parseCondition } from '../expression/condition.js';
import { locateThrough, placeInScalar } from '../expression/place.js';
import { checkTemplates, mayBeTemplate } from '../expression/templates.js';
import { defined } from '../model/defined.js';
import { locateWithin, type Locate, type ValuePath } from '../model/source.js';
import type { PlaybookDocument } from './document.js';
import { asyncModules, elsewhereInTasks, isOldLoop, taskKeywords } from './keywords.js';
import { hintForKeyword, loopInstead } from './ansible-keywords.js';
import { hintForModule } from './ansible-modules.js';
import { MappingReader } from './mapping-reader.js';
import type { ModulesByName, RegisteredModule } from '../modules/module.js';
import { argumentsInText, asMapping } from './key-value-text.js';
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
  modules: ModulesByName,
  { index, position, ...above }: Inherited & Pick<Task, 'index' | 'position'>,
  keywords: readonly string[] = taskKeywords,
): Task | undefined {
  const task = new MappingReader(document, value, path);
  const named = moduleOf(task, document, path, modules, keywords);
  const rest = readKeywords(task, document, above);
  if (named === undefined) return undefined;
  const { key, module } = named;
  const { name } = module;
  const given = readArguments(document, module, value[key], task.pathOf(key));
  const args = withMore(given, task, document, module);
  checkConditions(args, module, document);
  return {
    kind: 'task',
    index,
    position,
    name: task.rawText('name') ?? { value: name, locate: locateWithin(document.locate, path) },
    at: document.placeAt(path),
    module: name,
    does: module,
    args,
    ...rest,
    runOnce: module.addsHosts && rest.runOnce === false ? 'batch' : rest.runOnce,
  };
}

/** Parses the conditions that are arguments of a module, those of `assert`, so that what is wrong is told with all else. */
function checkConditions(
  args: Raw,
  { conditionArguments }: RegisteredModule,
  document: PlaybookDocument,
): void {
  const { value, locate } = args;
  for (const argument of conditionArguments) {
    const given: unknown = isMapping(value) ? value[argument] : undefined;
    const texts: readonly unknown[] = Array.isArray(given) ? given : [given];
    for (const [index, text] of texts.entries()) {
      const path = Array.isArray(given) ? [argument, index] : [argument];
      const at = locate(path);
      if (typeof text !== 'string' || at === undefined) continue;
      document.diagnostics.collect(() => parseCondition(text, at, placeInScalar(locate, path, text)));
    }
  }
}

function readKeywords(
  task: MappingReader,
  document: PlaybookDocument,
  above: Inherited,
): Omit<Task, 'kind' | 'index' | 'position' | 'name' | 'at' | 'module' | 'does' | 'args'> {
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
    ...readAsync(task, document),
  };
}

/** A module, and the key that names it. */
interface NamedModule {
  readonly key: string;
  readonly module: RegisteredModule;
}

/** What is read like a module, and is none of the directory. */
const filesAndRoles = ['import_tasks', 'include_tasks', 'import_role', 'include_role'];

/** The one key that is no keyword. Everything else that is no keyword is reported. */
function moduleOf(
  task: MappingReader,
  document: PlaybookDocument,
  path: ValuePath,
  modules: ModulesByName,
  keywords: readonly string[],
): NamedModule | undefined {
  let found: NamedModule | undefined;
  let unknown = false;
  for (const key of task.keys) {
    if (keywords.includes(key)) continue;
    const module = modules.get(key);
    if (module === undefined) {
      unknown = true;
      reportUnknown(key, task, document, modules);
      const meant = underFullName(key, modules);
      found ??= meant === undefined ? undefined : { key, module: meant };
    } else if (found === undefined) {
      found = { key, module };
    } else {
      document.diagnostics.report(severalModules(found.key, key, document.placeOfKey(task.pathOf(key))));
    }
  }
  if (found === undefined && !unknown)
    document.diagnostics.report(noModule(document.placeOf(path), [...modules.keys()]));
  return found;
}

/** `ansible.builtin.copy` is no name here, but what stands below it is read as `copy`, so that all that differs is told. */
const underFullName = (key: string, modules: ModulesByName): RegisteredModule | undefined =>
  key.includes('.') ? modules.get(key.split('.').at(-1) ?? key) : undefined;

function reportUnknown(
  key: string,
  task: MappingReader,
  document: PlaybookDocument,
  modules: ModulesByName,
): void {
  const place = document.placeOfKey(task.pathOf(key));
  const hint = isOldLoop(key)
    ? loopInstead(key, task.value(key))
    : Object.hasOwn(elsewhereInTasks, key)
      ? elsewhereInTasks[key]
      : (hintForKeyword(key, 'task') ?? hintForModule(key, [...modules.keys(), ...filesAndRoles]));
  document.diagnostics.report(unknownModule(key, [...modules.keys()], taskKeywords, place, hint));
}

function readArguments(
  document: PlaybookDocument,
  {
    name,
    arguments: known,
    freeform,
    refusedArguments,
  }: Pick<RegisteredModule, 'name' | 'arguments' | 'freeform' | 'refusedArguments'>,
  given: unknown,
  path: ValuePath,
): Raw {
  document.diagnostics.collect(() => {
    checkTemplates(given, locateWithin(document.locate, path));
  });
  const locate = locateWithin(document.locate, path);
  if (given === null || given === undefined) return { value: {}, locate };
  if (isMapping(given)) {
    for (const argument of Object.keys(given)) {
      if (known.length === 0 || known.includes(argument)) continue;
      const place = document.placeOfKey([...path, argument]);
      const reason = refusedArguments?.[argument];
      document.diagnostics.report(unknownArgument(argument, name, known, place, reason));
    }
    return { value: given, locate };
  }
  if (freeform === undefined) {
    // A variable may be the whole mapping: it is known, and checked by the module, when the task runs.
    if (isOneExpression(given)) return { value: given, locate };
    const place = document.placeOf(path);
    const hint = typeof given === 'string' ? asMapping(name, given, known) : undefined;
    document.diagnostics.report(argumentsNotAMapping(name, describeValue(given), known, place, hint));
    return { value: {}, locate };
  }
  const hint = typeof given === 'string' ? argumentsInText(name, given, known) : undefined;
  if (hint !== undefined) {
    const place = document.placeOf(path);
    document.diagnostics.report(argumentsNotAMapping(name, describeValue(given), known, place, hint));
  }
  // The bare value stands where the module's mapping would.
  return { value: { [freeform]: given }, locate: locateThrough(locate, (inside) => inside.slice(1)) };
}

/** `args` stands beside the module, and says more of its arguments. */
function withMore(
  args: Raw,
  task: MappingReader,
  document: PlaybookDocument,
  { name: module, arguments: known, refusedArguments }: RegisteredModule,
): Raw {
  if (task.value('args') === undefined) return args;
  const { value: more } = task.mapping('args');
  const path = task.pathOf('args');
  const words = { name: module, arguments: known, ...defined({ refusedArguments }) };
  const given = readArguments(document, words, more, path);
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

/** `loop` and `loop_control`; undefined without a loop, and when it is none, which is reported. */
export function readLoop(task: MappingReader, document: PlaybookDocument): Loop | undefined {
  const items = task.raw('loop');
  const { value } = task.mapping('loop_control');
  const control = new MappingReader(document, value, task.pathOf('loop_control'));
  for (const key of control.keys.filter((one) => !loopKeywords.some((known) => known === one))) {
    const place = document.placeOfKey(control.pathOf(key));
    const hint = hintForKeyword(key, 'loop_control');
    document.diagnostics.report(unknownKeyword(key, 'loop_control', loopKeywords, place, hint));
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

/** `async` and `poll`. A task of 0 seconds is an ordinary one, as in Ansible. */
function readAsync(task: MappingReader, document: PlaybookDocument): Pick<Task, 'async' | 'asJob'> {
  const { diagnostics } = document;
  const limit = task.duration('async');
  const poll = task.duration('poll');
  if (task.value('poll') !== undefined && task.value('async') === undefined)
    diagnostics.report(pollWithoutAsync(document.placeOfKey(task.pathOf('poll'))));
  if (limit === undefined || limit === 0) return { asJob: false };
  if (!task.keys.some((key) => asyncModules.includes(key)))
    diagnostics.report(asyncOfNoCommand(asyncModules, poll, document.placeOfKey(task.pathOf('async'))));
  return { async: limit, asJob: poll === 0 };
}

function refuseRetriesWithoutUntil(task: MappingReader, document: PlaybookDocument): void {
  if (task.value('until') !== undefined) return;
  const lone = ['retries', 'delay'].find((keyword) => task.value(keyword) !== undefined);
  if (lone !== undefined)
    document.diagnostics.report(retriesWithoutUntil(lone, document.placeOfKey(task.pathOf(lone))));
}
