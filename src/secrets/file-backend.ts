import { isUtf8 } from 'node:buffer';
import { isAbsolute, join, normalize } from 'node:path';
import type { SecretBackend, SecretContent } from '../ports/secret-backend.js';

/** A folder with a file for each secret, as container platforms mount them. */
export class FileBackend implements SecretBackend {
  readonly description: string;

  constructor(
    private readonly directory: string,
    /** A file by its path, absolute or within the project; undefined when there is none. */
    private readonly read: (path: string) => Uint8Array | undefined,
  ) {
    this.description = `the folder ${directory}`;
  }

  nameOf(name: string): string {
    return name;
  }

  /** Each as it is, but for one final newline, which editors add. */
  fetch(names: readonly string[]): Promise<ReadonlyMap<string, SecretContent>> {
    const found = new Map<string, SecretContent>();
    for (const name of names) {
      const bytes = isInside(name) ? this.read(join(this.directory, name)) : undefined;
      if (bytes !== undefined) found.set(name, contentOf(bytes));
    }
    return Promise.resolve(found);
  }
}

/** No name leads out of the folder. */
const isInside = (name: string): boolean => !isAbsolute(name) && !/^\.\.?(\/|$)/.test(normalize(name));

const contentOf = (bytes: Uint8Array): SecretContent =>
  isUtf8(bytes)
    ? { kind: 'text', text: Buffer.from(bytes).toString().replace(/\n$/, '') }
    : { kind: 'unusable', why: 'not_text' };
