import { isUtf8 } from 'node:buffer';
import { createHash, randomBytes } from 'node:crypto';
import { mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { fileInUtf16, fileNotUtf8, unreadableFile, unwritableFile } from '../errors/config.js';
import type { Place } from '../model/source.js';
import { openRegular, readRegular } from '../system/regular-file.js';
import type { FileDigest, NewProjectFile, ProjectEntry, ProjectFiles } from '../ports/project-files.js';

/** The files of a project in a folder of this machine. */
export class NodeProjectFiles implements ProjectFiles {
  /** By path and by what changes with the content, so that one file for many hosts is read once. */
  readonly #digests = new Map<string, { readonly version: string; readonly digest: Promise<FileDigest> }>();

  constructor(
    /** The project's root. */
    private readonly directory: string,
  ) {}

  /** Throws `config.unreadable_file` for a file that is there and cannot be read, `config.not_utf8` at its place for one that is no text. */
  async read(path: string): Promise<string | undefined> {
    let bytes: Buffer;
    try {
      bytes = await readRegular(this.#resolve(path));
    } catch (error) {
      if (isAbsent(error)) return undefined;
      throw unreadableFile(path, error);
    }
    return textOfFile(path, bytes);
  }

  async list(path: string): Promise<readonly string[]> {
    try {
      return (await readdir(this.#resolve(path))).sort();
    } catch (error) {
      if (isAbsent(error)) return [];
      throw unreadableFile(path, error);
    }
  }

  async stat(path: string): Promise<ProjectEntry | undefined> {
    try {
      const found = await stat(this.#resolve(path));
      const kind = found.isFile() ? 'file' : found.isDirectory() ? 'directory' : 'other';
      return { kind, size: found.size, mode: found.mode & 0o7777 };
    } catch (error) {
      if (isAbsent(error)) return undefined;
      throw unreadableFile(path, error);
    }
  }

  async *stream(path: string): AsyncIterable<Uint8Array> {
    try {
      const file = await openRegular(this.#resolve(path));
      for await (const chunk of file.createReadStream({ highWaterMark: 256 * 1024 })) {
        yield chunk as Uint8Array;
      }
    } catch (error) {
      throw unreadableFile(path, error);
    }
  }

  async digest(path: string): Promise<FileDigest> {
    const whole = this.#resolve(path);
    try {
      const { size, mtimeMs, ino } = await stat(whole);
      const version = `${size} ${mtimeMs} ${ino}`;
      const known = this.#digests.get(whole);
      if (known?.version === version) return await known.digest;
      const digest = this.#digest(path);
      this.#digests.set(whole, { version, digest });
      return await digest;
    } catch (error) {
      this.#digests.delete(whole);
      throw unreadableFile(path, error);
    }
  }

  /** Throws `config.unwritable_file`. */
  async create(path: string): Promise<NewProjectFile> {
    const whole = this.#resolve(path);
    const temporary = join(
      dirname(whole),
      `.${basename(whole).slice(0, 180)}.${randomBytes(6).toString('hex')}`,
    );
    const explained = async <T>(act: () => Promise<T>): Promise<T> => {
      try {
        return await act();
      } catch (error) {
        throw unwritableFile(path, error);
      }
    };
    const file = await explained(async () => {
      await mkdir(dirname(whole), { recursive: true });
      return open(temporary, 'wx');
    });
    return {
      write: (chunk) => explained(() => file.appendFile(chunk)),
      commit: () =>
        explained(async () => {
          await file.sync();
          await file.close();
          await rename(temporary, whole);
        }),
      async discard() {
        await file.close();
        await rm(temporary, { force: true });
      },
    };
  }

  async #digest(path: string): Promise<FileDigest> {
    const hash = createHash('sha256');
    let size = 0;
    for await (const chunk of this.stream(path)) {
      hash.update(chunk);
      size += chunk.length;
    }
    return { size, sha256: hash.digest('hex') };
  }

  #resolve(path: string): string {
    return resolve(this.directory, path);
  }
}

/** No such file, or a file where a folder of its path should be. */
const isAbsent = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR');

/** The text of a file. Throws `config.not_utf8`. */
export function textOfFile(path: string, bytes: Buffer): string {
  if (isUtf16(bytes)) throw fileInUtf16(path);
  if (!isUtf8(bytes)) throw fileNotUtf8(placeOfWrongByte(path, bytes));
  return bytes.toString();
}

/** By its byte order mark, or by the NUL in its first character. */
function isUtf16([first, second]: Buffer): boolean {
  const isMark = (first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff);
  return isMark || (second !== undefined && (first === 0) !== (second === 0));
}

/** Where the first byte stands that is no UTF-8. Node reads it as U+FFFD, which a file may also hold as itself. */
function placeOfWrongByte(file: string, bytes: Buffer): Place {
  const text = bytes.toString();
  const isWrong = (index: number): boolean =>
    bytes.indexOf('\uFFFD', Buffer.byteLength(text.slice(0, index))) !==
    Buffer.byteLength(text.slice(0, index));
  let index = text.indexOf('\uFFFD');
  while (index >= 0 && !isWrong(index)) index = text.indexOf('\uFFFD', index + 1);
  const before = text.slice(0, Math.max(0, index));
  return { file, line: before.split('\n').length, column: before.length - before.lastIndexOf('\n') };
}
