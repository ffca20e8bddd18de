import { readFile, readdir } from 'node:fs/promises';
import { resolve } from 'node:path';
import { unreadableFile } from '../errors/config.js';
import type { ProjectFiles } from '../ports/project-files.js';

/** The files of a project in a folder of this machine. */
export class NodeProjectFiles implements ProjectFiles {
  constructor(
    /** The project's root. */
    private readonly directory: string,
  ) {}

  /** Throws `config.unreadable_file` for a file that is there and cannot be read. */
  async read(path: string): Promise<string | undefined> {
    try {
      return await readFile(resolve(this.directory, path), 'utf8');
    } catch (error) {
      if (isAbsent(error)) return undefined;
      throw unreadableFile(path, error);
    }
  }

  async list(path: string): Promise<readonly string[]> {
    try {
      return (await readdir(resolve(this.directory, path))).sort();
    } catch (error) {
      if (isAbsent(error)) return [];
      throw unreadableFile(path, error);
    }
  }
}

/** No such file, or a file where a folder of its path should be. */
const isAbsent = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR');
