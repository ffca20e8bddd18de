import type { ProjectFiles } from '../../src/ports/project-files.js';

/** A project's files in memory: path to text. */
export class MemoryFiles implements ProjectFiles {
  constructor(readonly files: Readonly<Record<string, string>> = {}) {}

  read(path: string): Promise<string | undefined> {
    return Promise.resolve(this.files[path]);
  }

  list(folder: string): Promise<readonly string[]> {
    const prefix = folder === '' || folder === '.' ? '' : `${folder.replace(/\/$/, '')}/`;
    const names = Object.keys(this.files)
      .filter((path) => path.startsWith(prefix))
      .map((path) => path.slice(prefix.length).split('/')[0] ?? '');
    return Promise.resolve([...new Set(names)].sort());
  }
}
