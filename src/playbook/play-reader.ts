import { posix } from 'node:path';
import type { Diagnostics } from '../errors/diagnostics.js';
import {
  missingKeyword,
  unknownHandler,
  unknownKeyword,
  windowAndBatches,
  wrongKeywordValue,
} from '../errors/playbook.js';
import { describeValue, isMapping } from '../expression/describe.js';
import { locateThrough, placeOf } from '../expression/place.js';
import { mayBeTemplate } from '../expression/templates.js';
import type { ValuePath } from '../model/source.js';
import type { PlaybookDocument } from './document.js';
import type { OpenFile } from './files.js';
import { hintForKeyword } from './ansible-keywords.js';
import { handedOn } from './inherited.js';
import { elsewhereInPlays, playKeywords } from './keywords.js';
import { MappingReader } from './mapping-reader.js';
import type { ModulesByName } from '../modules/module.js';
import {
  handlerNames,
  includesOf,
  inheritedNothing,
  playOrders,
  walk,
  type Handler,
  type Include,
  type Inherited,
  type Play,
  type Raw,
  type Section,
  type TaskNode,
  type VariableTexts,
} from './playbook.js';
import { readPrompts } from './prompt-reader.js';
import { withinInclude, type Reading } from './reading.js';
import { readRoles } from './role-reader.js';
import { TreeReader } from './tree-reader.js';

/** What the imports on the way to a playbook hand on to its plays. */
export interface ImportedWith {
  readonly inherited: Inherited;
  /** The lowest first. */
  readonly vars: readonly Raw<VariableTexts>[];
}

/** Reads a play; undefined when too little of it is right to go on. All that is wrong is reported. */
export async function readPlay(
  file: OpenFile,
  value: unknown,
  path: ValuePath,
  given: ImportedWith,
  reading: Reading,
): Promise<Play | undefined> {
  const { document } = file;
  const { modules } = reading;
  if (!isMapping(value)) {
    const hint = 'A play is a mapping: "- hosts: api", and below it tasks.';
    document.diagnostics.report(
      wrongKeywordValue('play', 'a mapping', describeValue(value), document.placeOf(path), hint),
    );
    return undefined;
  }
  const play = new MappingReader(document, value, path);
  refuseUnknownKeywords(play, document, modules);
  const hosts = readHosts(play, document, path);
  if (play.value('serial') !== undefined && play.value('max_unavailable') !== undefined)
    document.diagnostics.report(windowAndBatches(document.placeOfKey([...path, 'max_unavailable'])));
  const prompts = readPrompts(play, document);
  const optional = {
    serial: play.raw('serial'),
    maxUnavailable: play.raw('max_unavailable'),
    maxFailPercentage: play.raw('max_fail_percentage'),
    maxFailures: play.raw('max_failures'),
    minHealthy: play.raw('min_healthy'),
    bake: play.raw('bake'),
    onFailure: play.raw('on_failure'),
  };
  return {
    name: play.text('name') ?? hosts.value,
    at: document.placeAt(path),
    hosts,
    vars: play.variables('vars'),
    ...(given.vars.length === 0 ? {} : { importVars: given.vars }),
    ...(prompts.length === 0 ? {} : { prompts }),
    varsFiles: play.rawTexts('vars_files'),
    ...withoutAbsent(optional),
    order: play.oneOf('order', playOrders) ?? 'inventory',
    strategy: play.oneOf('strategy', ['free', 'linear']) ?? 'free',
    anyErrorsFatal: play.boolean('any_errors_fatal', false),
    ...(await readTasks(play, file, given, reading)),
  };
}

function withoutAbsent<K extends string>(
  values: Readonly<Record<K, Raw | undefined>>,
): Partial<Record<K, Raw>> {
  const present: Partial<Record<K, Raw>> = {};
  for (const key in values) {
    const value = values[key];
    if (value !== undefined) present[key] = value;
  }
  return present;
}

/** A pattern, or a list of patterns that is their union. */
function readHosts(play: MappingReader, document: PlaybookDocument, path: ValuePath): Raw<string> {
  const { value: patterns, locate } = play.rawTexts('hosts');
  if (play.value('hosts') === undefined) {
    const hint = 'Name a group or a pattern: hosts: api, or hosts: api:&canary.';
    document.diagnostics.report(missingKeyword('hosts', 'the play', document.placeOf(path), hint));
  }
  return { value: patterns.join(':'), locate: locateThrough(locate, () => [0]) };
}

/** `roles` come before the `tasks` of the play, and are one section with them. */
async function readTasks(
  play: MappingReader,
  file: OpenFile,
  given: ImportedWith,
  reading: Reading,
): Promise<Pick<Play, 'sections' | 'handlers'>> {
  const folders = [posix.dirname(file.document.file)];
  const inherited = handedOn(play, { ...given.inherited, folders });
  const tree = new TreeReader(file, reading);
  const sections: Section[] = [];
  const add = (name: Section['name'], nodes: readonly TaskNode[]): void => {
    if (nodes.length > 0) sections.push({ kind: 'section', name, nodes });
  };
  const gathering = play.boolean('gather_facts', false)
    ? await tree.nodes(gatherFacts(play, file.document), 'gather_facts', { ...inheritedNothing, folders })
    : [];
  add('pre_tasks', [...gathering, ...(await tree.nodes(play, 'pre_tasks', inherited))]);
  const ofPreTasks = reading.handlers.take();
  const roles = await readRoles(play, inherited, tree);
  const ofRoles = reading.handlers.take();
  add('tasks', [...roles, ...(await tree.nodes(play, 'tasks', inherited))]);
  add('post_tasks', await tree.nodes(play, 'post_tasks', inherited));
  const ofTasks = [...ofPreTasks, ...reading.handlers.take()];
  const own = await tree.of(file, withinInclude(reading)).handlers(play, inherited);
  // As in Ansible: of several handlers of one name the last answers to it, so that those of the play come after its roles'.
  const handlers = [...ofRoles, ...own, ...ofTasks].map((handler) => ({
    ...handler,
    ...reading.numbering.next(),
  }));
  refuseUnknownHandlers([...sections, ...handlers], handlers, reading.diagnostics);
  return { sections, handlers };
}

/**
 * The task that `gather_facts: true` stands for. It runs before all others, whatever `--tags` says, and as the login user: facts need no
 * root. They have a limit of their own, so that a host that hangs while it is asked does not hold up the play.
 */
function gatherFacts(play: MappingReader, document: PlaybookDocument): MappingReader {
  const task = { name: 'Gather facts', setup: null, tags: ['always'], timeout: '20s' };
  return new MappingReader(document, { gather_facts: [task] }, play.pathOf('gather_facts').slice(0, -1));
}

/** What nothing answers to, as far as it is known before a run: neither the names of handlers nor what is notified may hold templates. */
function refuseUnknownHandlers(
  nodes: readonly TaskNode[],
  handlers: readonly Handler[],
  diagnostics: Diagnostics,
): void {
  // A role that is not known yet brings its handlers along.
  const mayBring = ({ module, included }: Include): boolean =>
    module === 'include_role' && included === undefined;
  if (handlers.some(({ name }) => mayBeTemplate(name.value)) || includesOf(nodes).some(mayBring)) return;
  const known = handlerNames(handlers);
  const told = new Set<Raw>();
  for (const notify of walk(nodes).flatMap((task) => task.notify)) {
    // A block's own is handed on to each of its tasks.
    if (told.has(notify)) continue;
    told.add(notify);
    for (const [index, name] of notify.value.entries()) {
      if (mayBeTemplate(name) || known.includes(name)) continue;
      diagnostics.report(unknownHandler(name, known, placeOf(notify.locate, [index])));
    }
  }
}

function refuseUnknownKeywords(
  play: MappingReader,
  document: PlaybookDocument,
  modules: ModulesByName,
): void {
  for (const key of play.keys) {
    if (playKeywords.some((keyword) => keyword === key)) continue;
    const place = document.placeOfKey(play.pathOf(key));
    const hint = Object.hasOwn(elsewhereInPlays, key)
      ? elsewhereInPlays[key]
      : modules.get(key) === undefined
        ? hintForKeyword(key, 'play')
        : `${key} is a module: write it as a task, below "tasks:".`;
    document.diagnostics.report(unknownKeyword(key, 'a play', playKeywords, place, hint));
  }
}
