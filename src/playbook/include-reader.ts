import { unknownKeyword, wrongKeywordValue } from '../errors/playbook.js';
import { describeValue, isMapping } from '../expression/describe.js';
import { locateThrough, placeOf } from '../expression/place.js';
import { mayBeTemplate } from '../expression/templates.js';
import { defined } from '../model/defined.js';
import { isOnWay } from './files.js';
import { openTasks } from './import-reader.js';
import { hintForKeyword, loopInstead } from './ansible-keywords.js';
import { inheritedBelow } from './inherited.js';
import { includeKeywords, inheritedKeywords, isOldLoop } from './keywords.js';
import type { MappingReader } from './mapping-reader.js';
import type { Include, Included, IncludeSource, Inherited, TaskVars } from './playbook.js';
import { whileRunning, withinInclude } from './reading.js';
import { readRoleArguments, roleFiles, type RoleArguments } from './role-arguments.js';
import { openRole, readRole } from './role-reader.js';
import { readLoop } from './task-reader.js';
import type { TreeReader } from './tree-reader.js';

/** What brings tasks in while the playbook runs. */
export const includeModules = ['include_tasks', 'include_role'] as const;

/**
 * Reads an include, and what it brings in where that is known already. As in Ansible, its `when`, `loop` and `tags` decide on the include
 * itself; its other keywords are handed on to the tasks, as those of `apply` are. Undefined when too little of it is right to go on.
 */
export async function readInclude(
  module: Include['module'],
  node: MappingReader,
  { index, position, ...above }: Inherited & Pick<Include, 'index' | 'position'>,
  tree: TreeReader,
  isHandler: boolean,
): Promise<Include | undefined> {
  refuseOtherKeywords(module, node, isHandler);
  const args = module === 'include_role' ? readRoleArguments(module, node) : undefined;
  const source = module === 'include_role' ? args?.source : readFile(node);
  const own = inheritedBelow(node, above);
  const loop = readLoop(node, tree.file.document);
  const register = node.variableName('register');
  const names =
    loop === undefined ? [] : [loop.itemVar, ...(loop.indexVar === undefined ? [] : [loop.indexVar])];
  const item: TaskVars = { value: {}, locate: () => undefined, literal: true, names };
  const handedOn = { ...own, tags: above.tags, when: above.when, vars: [...own.vars, item] };
  const apply = readApply(module, node);
  const inherited = apply === undefined ? handedOn : inheritedBelow(apply, handedOn);
  if (source === undefined) return undefined;
  const what: What = { source, inherited, ...defined({ args }) };
  const given = Object.values(source.value);
  return {
    kind: 'include',
    index,
    position,
    ...own,
    name: node.rawText('name') ?? { value: given.join(' '), locate: source.locate },
    at: node.at,
    module,
    source,
    item,
    ...defined({ loop, register, included: await readKnown(what, tree) }),
    read: readLater(what, tree),
  };
}

/** What an include brings in, and what it hands on to that. */
interface What {
  readonly source: Include['source'];
  readonly inherited: Inherited;
  /** Of a role. */
  readonly args?: RoleArguments;
}

/** Read with the playbook where its path has no template; undefined where it includes itself: how often is known when it runs. */
async function readKnown(what: What, tree: TreeReader): Promise<Included | undefined> {
  const { value } = what.source;
  if (Object.values(value).some((text) => typeof text !== 'string' || mayBeTemplate(text))) return undefined;
  const reader = tree.of(tree.file, withinInclude(tree.reading));
  const isWanted = (path: string): boolean => !isOnWay(tree.file, path);
  return tree.reading.diagnostics.collectAsync(() => bring(what, value, reader, isWanted));
}

/** Reads it while the playbook runs, for all hosts once. */
function readLater(what: What, tree: TreeReader): Include['read'] {
  const known = new Map<string, Promise<Included>>();
  const read = async (given: IncludeSource): Promise<Included> => {
    const reading = whileRunning(tree.reading);
    const brought = await bring(what, given, tree.of(tree.file, reading));
    reading.diagnostics.refuse();
    return brought ?? { nodes: [], handlers: [] };
  };
  return (given) => {
    const key = JSON.stringify(given);
    const reading = known.get(key) ?? read(given);
    known.set(key, reading);
    return reading;
  };
}

/** Undefined when the file of tasks is not wanted. */
async function bring(
  { source: { locate }, inherited, args }: What,
  given: IncludeSource,
  tree: TreeReader,
  isWanted: (path: string) => boolean = () => true,
): Promise<Included | undefined> {
  if (args === undefined) {
    const place = placeOf(locate, ['file']);
    const file = await openTasks(String(given['file']), inherited, tree, { place, isInclude: true });
    if (!isWanted(file.document.file)) return undefined;
    return { nodes: await tree.of(file).all(inherited), handlers: [] };
  }
  const place = placeOf(locate, ['name']);
  const use = { files: roleFiles(given), place, inherited, isInclude: true, own: args.own };
  const role = await openRole(use, tree);
  if (role.tasks !== undefined && !isWanted(role.tasks.document.file)) return undefined;
  const { nodes, variables } = await readRole(role, { ...use, mayRepeat: args.mayRepeat }, tree);
  const handlers = tree.reading.handlers.take();
  return { nodes, handlers, ...(args.isPublic ? { publishes: variables } : {}) };
}

/** The file of `include_tasks`, given as it is or as `file`. */
function readFile(node: MappingReader): Include['source'] | undefined {
  const raw = node.raw('include_tasks');
  const value = isMapping(raw?.value) ? raw.value['file'] : raw?.value;
  if (raw !== undefined && typeof value === 'string' && value !== '') {
    const locate = isMapping(raw.value) ? raw.locate : locateThrough(raw.locate, (path) => path.slice(1));
    return { value: { file: value }, locate };
  }
  const place = raw === undefined ? node.placeOfKey('include_tasks') : placeOf(raw.locate);
  node.report(wrongKeywordValue('include_tasks', 'the path of a file of tasks', describeValue(value), place));
  return undefined;
}

/** What all tasks that are brought in get: `apply`, an argument of the include, or beside it in `args`. */
function readApply(module: Include['module'], node: MappingReader): MappingReader | undefined {
  const apply = [module, 'args'].flatMap((key) => {
    const value = node.value(key);
    return isMapping(value) && value['apply'] !== undefined ? [node.within(key)] : [];
  })[0];
  const keywords = apply?.within('apply');
  for (const key of keywords?.keys ?? []) {
    if (inheritedKeywords.includes(key)) continue;
    keywords?.report(unknownKeyword(key, 'apply', inheritedKeywords, keywords.placeOfKey(key)));
  }
  return keywords;
}

function refuseOtherKeywords(module: Include['module'], node: MappingReader, isHandler: boolean): void {
  const known = [module, ...includeKeywords, ...(isHandler ? ['listen'] : [])];
  for (const key of node.keys.filter((one) => !known.includes(one))) {
    const hint = isOldLoop(key) ? loopInstead(key, node.value(key)) : hintForKeyword(key, 'block');
    node.report(unknownKeyword(key, module, includeKeywords, node.placeOfKey(key), hint));
  }
  const args = module === 'include_tasks' ? node.value(module) : undefined;
  if (isMapping(args)) refuseArguments(module, node.within(module), ['file', 'apply']);
  if (node.value('args') !== undefined) refuseArguments('args', node.within('args'), ['apply']);
}

function refuseArguments(owner: string, args: MappingReader, known: readonly string[]): void {
  for (const key of args.keys) {
    if (!known.includes(key)) args.report(unknownKeyword(key, owner, known, args.placeOfKey(key)));
  }
}
