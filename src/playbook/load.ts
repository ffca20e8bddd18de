import { Diagnostics } from '../errors/diagnostics.js';
import { emptyPlaybook, notAListOfPlays, unknownKeyword, wrongKeywordValue } from '../errors/playbook.js';
import { describeValue, isMapping } from '../expression/describe.js';
import { mayBeTemplate } from '../expression/templates.js';
import type { ProjectFiles } from '../ports/project-files.js';
import { PlaybookFiles, type OpenFile } from './files.js';
import { MappingReader } from './mapping-reader.js';
import type { ModulesByName } from '../modules/module.js';
import { readPlay, type ImportedWith } from './play-reader.js';
import { inheritedNothing, type Play, type Playbook } from './playbook.js';
import { Numbering, RoleHandlers, type PlaybookReading, type Reading } from './reading.js';

/**
 * Reads a playbook and the playbooks that it imports: their words are checked, their conditions and templates parsed, nothing is rendered.
 * All that is wrong is told at once, as AdfError or AdfErrors: `playbook.*`, `condition.*`, `template.*`, and `config.*` for YAML.
 */
export async function loadPlaybook(
  files: ProjectFiles,
  path: string,
  modules: ModulesByName,
): Promise<Playbook> {
  const diagnostics = new Diagnostics();
  const graph = new PlaybookFiles(files, diagnostics);
  const loader = new PlaybookLoader({ files, modules, diagnostics, graph });
  const plays = await diagnostics.collectAsync(() => loader.load(path));
  diagnostics.refuse();
  return { file: path, plays: plays ?? [] };
}

const importKeyword = 'import_playbook';
const importedKeywords = [importKeyword, 'name', 'vars', 'tags', 'when'];

class PlaybookLoader {
  #plays = 0;

  constructor(private readonly reading: PlaybookReading) {}

  async load(path: string): Promise<readonly Play[]> {
    return this.#playsOf(await this.reading.graph.open(path), { inherited: inheritedNothing, vars: [] });
  }

  async #playsOf(file: OpenFile, given: ImportedWith): Promise<readonly Play[]> {
    const { document } = file;
    const { value } = document;
    if (value === null || (Array.isArray(value) && value.length === 0)) throw emptyPlaybook(document.file);
    if (!Array.isArray(value)) throw notAListOfPlays(describeValue(value), document.placeOf([]));
    const plays: Play[] = [];
    for (const [index, item] of (value as readonly unknown[]).entries()) {
      if (isMapping(item) && Object.hasOwn(item, importKeyword)) {
        plays.push(...(await this.#imported(new MappingReader(document, item, [index]), file, given)));
        continue;
      }
      const play = await readPlay(file, item, [index], given, this.#reading(document.file));
      if (play !== undefined) plays.push(play);
    }
    return plays;
  }

  #reading(playbook: string): Reading {
    const numbering = new Numbering([this.#plays++]);
    return { ...this.reading, playbook, numbering, handlers: new RoleHandlers() };
  }

  /** The plays of an imported playbook, which take the place of the import. Its path is relative to the file that imports it. */
  async #imported(item: MappingReader, by: OpenFile, given: ImportedWith): Promise<readonly Play[]> {
    const { document } = by;
    const { diagnostics } = this.reading;
    for (const key of item.keys) {
      if (importedKeywords.includes(key)) continue;
      const hint = 'Write it in the plays of the imported playbook.';
      const place = document.placeOfKey(item.pathOf(key));
      diagnostics.report(unknownKeyword(key, importKeyword, importedKeywords, place, hint));
    }
    const handedOn: ImportedWith = {
      inherited: {
        ...given.inherited,
        tags: [...given.inherited.tags, ...item.words('tags')],
        when: [...given.inherited.when, ...item.conditions('when')],
      },
      vars: [...given.vars, item.variables('vars')],
    };
    const path = item.value(importKeyword);
    const place = document.placeOf(item.pathOf(importKeyword));
    if (typeof path !== 'string' || path === '' || mayBeTemplate(path)) {
      const what = describeValue(path);
      diagnostics.report(wrongKeywordValue(importKeyword, 'the path of a playbook', what, place));
      return [];
    }
    const plays = await diagnostics.collectAsync(async () =>
      this.#playsOf(await this.reading.graph.open(path, { place, by }), handedOn),
    );
    return plays ?? [];
  }
}
