import { Diagnostics } from '../errors/diagnostics.js';
import { emptyPlaybook, notAListOfPlays, unknownKeyword, wrongKeywordValue } from '../errors/playbook.js';
import { describeValue, isMapping } from '../expression/describe.js';
import { mayBeTemplate } from '../expression/templates.js';
import type { ProjectFiles } from '../ports/project-files.js';
import { PlaybookFiles, type OpenFile } from './files.js';
import type { ModuleDirectory } from './modules.js';
import { readPlay } from './play-reader.js';
import type { Play, Playbook } from './playbook.js';

/**
 * Reads a playbook and the playbooks that it imports: their words are checked, their conditions and templates parsed, nothing is rendered.
 * All that is wrong is told at once, as AdfError or AdfErrors: `playbook.*`, `condition.*`, `template.*`, and `config.*` for YAML.
 */
export async function loadPlaybook(
  files: ProjectFiles,
  path: string,
  modules: ModuleDirectory,
): Promise<Playbook> {
  const diagnostics = new Diagnostics();
  const loader = new PlaybookLoader(files, modules, diagnostics);
  const plays = await diagnostics.collectAsync(() => loader.load(path));
  diagnostics.refuse();
  return { file: path, plays: plays ?? [] };
}

const importKeyword = 'import_playbook';

class PlaybookLoader {
  readonly #graph: PlaybookFiles;

  constructor(
    files: ProjectFiles,
    private readonly modules: ModuleDirectory,
    private readonly diagnostics: Diagnostics,
  ) {
    this.#graph = new PlaybookFiles(files, diagnostics);
  }

  async load(path: string): Promise<readonly Play[]> {
    return this.#playsOf(await this.#graph.open(path));
  }

  async #playsOf(file: OpenFile): Promise<readonly Play[]> {
    const { document } = file;
    const { value } = document;
    if (value === null || (Array.isArray(value) && value.length === 0)) throw emptyPlaybook(document.file);
    if (!Array.isArray(value)) throw notAListOfPlays(describeValue(value), document.placeOf([]));
    const plays: Play[] = [];
    for (const [index, item] of (value as readonly unknown[]).entries()) {
      if (isMapping(item) && Object.hasOwn(item, importKeyword)) {
        plays.push(...(await this.#imported(item, index, file)));
        continue;
      }
      const play = readPlay(document, item, [index], this.modules);
      if (play !== undefined) plays.push(play);
    }
    return plays;
  }

  /** The plays of an imported playbook, which take the place of the import. Its path is relative to the file that imports it. */
  async #imported(
    item: Readonly<Record<string, unknown>>,
    index: number,
    by: OpenFile,
  ): Promise<readonly Play[]> {
    const { document } = by;
    const { [importKeyword]: path, ...others } = item;
    for (const key of Object.keys(others)) {
      const hint = 'Write it in the plays of the imported playbook.';
      const place = document.placeOfKey([index, key]);
      this.diagnostics.report(unknownKeyword(key, importKeyword, [importKeyword], place, hint));
    }
    const place = document.placeOf([index, importKeyword]);
    if (typeof path !== 'string' || path === '' || mayBeTemplate(path)) {
      const given = describeValue(path);
      this.diagnostics.report(wrongKeywordValue(importKeyword, 'the path of a playbook', given, place));
      return [];
    }
    const plays = await this.diagnostics.collectAsync(async () =>
      this.#playsOf(await this.#graph.open(path, { place, by })),
    );
    return plays ?? [];
  }
}
