import { readdirSync, statSync } from 'node:fs';
import { isAbsolute, join, resolve } from 'node:path';
import { missingProject } from '../errors/cli.js';
import type { SourceLines } from '../report/error-view.js';
import { readRegularSync } from '../system/regular-file.js';

/** The project's folder as an absolute path. Throws `cli.missing_project`. */
export function projectFolder(given: string): string {
  const folder = resolve(given);
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() !== true) throw missingProject(given);
  return folder;
}

/** The environments of a project: the files of its inventory folder, but for `endpoints.yml`. */
export function environmentsOf(folder: string): readonly string[] {
  try {
    return readdirSync(join(folder, 'inventory'), { withFileTypes: true })
      .filter((entry) => entry.isFile() && /\.ya?ml$/.test(entry.name))
      .map((entry) => entry.name.replace(/\.ya?ml$/, ''))
      .filter((name) => name !== 'endpoints')
      .sort();
  } catch {
    // No folder, no environments: what the question asks for.
    return [];
  }
}

/** Lines of a project's files, for the caret under an error. */
export const sourceLinesOf =
  (folder: string): SourceLines =>
  (file, line) => {
    try {
      const path = isAbsolute(file) ? file : join(folder, file);
      return readRegularSync(path).toString().split(/\r?\n/)[line - 1];
    } catch {
      // An error is told without its line rather than not at all.
      return undefined;
    }
  };
