import { Diagnostics } from '../errors/diagnostics.js';
import { emptyPlaybook, notAListOfPlays, playbookNotFound } from '../errors/playbook.js';
import { describeValue } from '../expression/describe.js';
import type { ProjectFiles } from '../ports/project-files.js';
import { PlaybookDocument } from './document.js';
import type { ModuleDirectory } from './modules.js';
import { readPlay } from './play-reader.js';
import type { Play, Playbook } from './playbook.js';

/**
 * Reads a playbook: its words are checked, its conditions and templates parsed, nothing is rendered. All that is wrong
 * is told at once, as AdfError or AdfErrors: `playbook.*`, `condition.*`, `template.*`, and `config.*` for its YAML.
 */
export async function loadPlaybook(
  files: ProjectFiles,
  path: string,
  modules: ModuleDirectory,
): Promise<Playbook> {
  const text = await files.read(path);
  if (text === undefined) throw playbookNotFound(path);
  return readPlaybook(path, text, modules);
}

/** The same from text. */
export function readPlaybook(file: string, text: string, modules: ModuleDirectory): Playbook {
  const diagnostics = new Diagnostics();
  const document = new PlaybookDocument(file, text, diagnostics);
  const { value } = document;
  if (value === null || (Array.isArray(value) && value.length === 0)) throw emptyPlaybook(file);
  if (!Array.isArray(value)) throw notAListOfPlays(describeValue(value), document.placeOf([]));
  const plays = value.flatMap((play: unknown, index): readonly Play[] => {
    const read = readPlay(document, play, [index], modules);
    return read === undefined ? [] : [read];
  });
  diagnostics.refuse();
  return { file, plays };
}
