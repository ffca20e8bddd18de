import { createHash } from 'node:crypto';
import type {
  FileDigest,
  NewProjectFile,
  ProjectEntry,
  ProjectFiles,
} from '../../src/ports/project-files.js';

/** A project's files in memory: path to text, or to bytes. */
export class MemoryFiles implements ProjectFiles {
  /** What `create` made, by path. */
  readonly written = new Map<string, Buffer>();

  constructor(readonly files: Readonly<Record<string, string | Uint8Array>> = {}) {}

  read(path: string): Promise<string | undefined> {
    return Promise.resolve(this.#bytes(path)?.toString());
  }

  list(folder: string): Promise<readonly string[]> {
    const prefix = folder === '' || folder === '.' ? '' : `${folder.replace(/\/$/, '')}/`;
    const names = Object.keys(this.files)
      .filter((path) => path.startsWith(prefix))
      .map((path) => path.slice(prefix.length).split('/')[0] ?? '');
    return Promise.resolve([...new Set(names)].sort());
  }

  async stat(path: string): Promise<ProjectEntry | undefined> {
    const bytes = this.#bytes(path);
    if (bytes !== undefined) return { kind: 'file', size: bytes.length, mode: 0o644 };
    return (await this.list(path)).length === 0 ? undefined : { kind: 'directory', size: 0, mode: 0o755 };
  }

  async *stream(path: string): AsyncIterable<Uint8Array> {
    yield this.#present(path);
  }

  digest(path: string): Promise<FileDigest> {
    const bytes = this.#present(path);
    return Promise.resolve({ size: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') });
  }

  create(path: string): Promise<NewProjectFile> {
    const chunks: Uint8Array[] = [];
    return Promise.resolve({
      write: async (chunk) => void chunks.push(chunk),
      commit: async () => void this.written.set(path, Buffer.concat(chunks)),
      discard: async () => undefined,
    });
  }

  #bytes(path: string): Buffer | undefined {
    const content = this.written.get(path) ?? this.files[path];
    return content === undefined ? undefined : Buffer.from(content);
  }

  #present(path: string): Buffer {
    const bytes = this.#bytes(path);
    if (bytes === undefined) throw new Error(`there is no ${path}`);
    return bytes;
  }
}
