import { sourceMissing } from '../errors/inventory.js';
import type { Place } from '../model/source.js';
import type { ProjectEntry, ProjectFiles } from '../ports/project-files.js';
import type { SourceFolder } from './module.js';

/** A file or folder of the control side that is there. */
export interface FoundSource extends ProjectEntry {
  readonly path: string;
}

/**
 * Looks a source up as Ansible does: in `files/` (or `templates/`) beside the playbook, then beside the playbook; then in the
 * project's own `files/`, and in the project. Throws `file.source_missing`, which names them all.
 */
export async function findSource(
  project: ProjectFiles,
  playbook: string,
  folder: SourceFolder,
  src: string,
  /** Where the playbook names it. */
  at?: Place,
): Promise<FoundSource> {
  const name = src.replace(/(?<=.)\/+$/, '');
  const beside = playbook.includes('/') ? playbook.slice(0, playbook.lastIndexOf('/') + 1) : '';
  const places = name.startsWith('/')
    ? [name]
    : [...new Set([`${beside}${folder}/${name}`, `${beside}${name}`, `${folder}/${name}`, name])];
  for (const path of places) {
    const found = await project.stat(path);
    if (found !== undefined) return { path, ...found };
  }
  throw sourceMissing(src, places, at);
}

/** The last name of a path: `b` of `a/b` and of `a/b/`. */
export const lastName = (path: string): string => path.replace(/\/+$/, '').split('/').at(-1) ?? '';
