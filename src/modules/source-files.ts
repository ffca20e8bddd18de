import { posix } from 'node:path';
import { sourceMissing } from '../errors/inventory.js';
import type { Place } from '../model/source.js';
import type { ProjectEntry, ProjectFiles } from '../ports/project-files.js';
import type { SourceFolder } from './module.js';

/** A file or folder of the control side that is there. */
export interface FoundSource extends ProjectEntry {
  readonly path: string;
}

/**
 * Where the files of a task are looked up first: beside the file that it stands in; or in these folders, the nearest first.
 */
export type SourcePlace = string | readonly string[];

/**
 * Looks a source up as Ansible does: in `files/` (or `templates/`) of the task's folders, then in these folders themselves; then in the
 * project's own `files/`, and in the project. Throws `file.source_missing`, which names them all.
 */
export async function findSource(
  project: ProjectFiles,
  from: SourcePlace,
  folder: SourceFolder,
  src: string,
  /** Where the playbook names it. */
  at?: Place,
): Promise<FoundSource> {
  const name = src.replace(/(?<=.)\/+$/, '');
  const folders = [...(typeof from === 'string' ? [folderOf(from)] : from), ''];
  const places = name.startsWith('/')
    ? [name]
    : [...new Set(folders.flatMap((at) => [posix.join(at, folder, name), posix.join(at, name)]))];
  for (const path of places) {
    const found = await project.stat(path);
    if (found !== undefined) return { path, ...found };
  }
  throw sourceMissing(src, places, at);
}

const folderOf = (file: string): string => (file.includes('/') ? file.slice(0, file.lastIndexOf('/')) : '');

/** The last name of a path: `b` of `a/b` and of `a/b/`. */
export const lastName = (path: string): string => path.replace(/\/+$/, '').split('/').at(-1) ?? '';
