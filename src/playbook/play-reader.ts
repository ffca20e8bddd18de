import {
  missingKeyword,
  notSupportedYet,
  unknownHandler,
  unknownKeyword,
  wrongKeywordValue,
} from '../errors/playbook.js';
import { describeValue, isMapping } from '../expression/describe.js';
import { locateThrough, placeOf } from '../expression/place.js';
import { mayBeTemplate } from '../expression/templates.js';
import type { ValuePath } from '../model/source.js';
import type { PlaybookDocument } from './document.js';
import { handedOn } from './inherited.js';
import { elsewhereInPlays, laterInPlays, playKeywords } from './keywords.js';
import { MappingReader } from './mapping-reader.js';
import type { ModuleDirectory } from './modules.js';
import {
  handlerNames,
  inheritedNothing,
  walk,
  type Handler,
  type Play,
  type Raw,
  type Section,
  type Task,
} from './playbook.js';
import { TreeReader } from './tree-reader.js';

/** Reads a play; undefined when too little of it is right to go on. All that is wrong is reported. */
export function readPlay(
  document: PlaybookDocument,
  value: unknown,
  path: ValuePath,
  modules: ModuleDirectory,
): Play | undefined {
  if (!isMapping(value)) {
    const hint = 'A play is a mapping: "- hosts: api", and below it tasks.';
    document.diagnostics.report(
      wrongKeywordValue('play', 'a mapping', describeValue(value), document.placeOf(path), hint),
    );
    return undefined;
  }
  const play = new MappingReader(document, value, path);
  refuseUnknownKeywords(play, document, modules);
  // Facts come from the inventory; Ansible's own gathering is not done, so that asking for it must not go unheard.
  if (play.boolean('gather_facts', false)) {
    const place = document.placeOfKey([...path, 'gather_facts']);
    document.diagnostics.report(
      notSupportedYet('gather_facts', 'a play', place, 'Read what you need with a task and register it.'),
    );
  }
  const hosts = readHosts(play, document, path);
  const optional = {
    serial: play.raw('serial'),
    maxFailPercentage: play.raw('max_fail_percentage'),
    minHealthy: play.raw('min_healthy'),
    bake: play.raw('bake'),
    onFailure: play.raw('on_failure'),
  };
  return {
    name: play.text('name') ?? hosts.value,
    at: document.placeAt(path),
    hosts,
    vars: play.variables('vars'),
    varsFiles: play.rawTexts('vars_files'),
    ...withoutAbsent(optional),
    strategy: play.oneOf('strategy', ['free', 'linear']) ?? 'free',
    anyErrorsFatal: play.boolean('any_errors_fatal', false),
    ...readTasks(play, document, modules),
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

function readTasks(
  play: MappingReader,
  document: PlaybookDocument,
  modules: ModuleDirectory,
): Pick<Play, 'sections' | 'handlers'> {
  const inherited = handedOn(play, inheritedNothing);
  const tree = new TreeReader(document, modules);
  const sections = (['pre_tasks', 'tasks', 'post_tasks'] as const).flatMap((name): readonly Section[] => {
    const nodes = tree.nodes(play, name, inherited);
    return nodes.length === 0 ? [] : [{ kind: 'section', name, nodes }];
  });
  const handlers = tree.handlers(play, inherited);
  refuseUnknownHandlers([...walk(sections), ...handlers], handlers, document);
  return { sections, handlers };
}

/** What nothing answers to, as far as it is known before a run: neither the names of handlers nor what is notified may hold templates. */
function refuseUnknownHandlers(
  tasks: readonly Task[],
  handlers: readonly Handler[],
  { diagnostics }: PlaybookDocument,
): void {
  if (handlers.some(({ name }) => mayBeTemplate(name.value))) return;
  const known = handlerNames(handlers);
  const told = new Set<Raw>();
  for (const notify of tasks.flatMap((task) => task.notify)) {
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
  modules: ModuleDirectory,
): void {
  for (const key of play.keys) {
    if (playKeywords.some((keyword) => keyword === key)) continue;
    const place = document.placeOfKey(play.pathOf(key));
    const later = Object.hasOwn(laterInPlays, key) ? laterInPlays[key] : undefined;
    if (later !== undefined) {
      document.diagnostics.report(notSupportedYet(key, 'a play', place, later));
      continue;
    }
    const hint = Object.hasOwn(elsewhereInPlays, key)
      ? elsewhereInPlays[key]
      : modules.get(key) === undefined
        ? undefined
        : `${key} is a module: write it as a task, below "tasks:".`;
    document.diagnostics.report(unknownKeyword(key, 'a play', playKeywords, place, hint));
  }
}
