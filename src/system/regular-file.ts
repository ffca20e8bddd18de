import { closeSync, constants, fstatSync, openSync, readSync, type Stats } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';

/** What is read whole must fit into memory, in bytes. */
const most = 64 * 1024 * 1024;
const chunk = 1024 * 1024;

/** A pipe or a device would be waited for, for ever. */
const withoutWaiting = constants.O_RDONLY | constants.O_NONBLOCK;

/** Why a file is not read: `it is a named pipe; only regular files are read`. */
export class UnreadFile extends Error {
  override readonly name = 'UnreadFile';
}

/** Opens a regular file. Throws `UnreadFile` for anything else, at once, and the errors of the file system. */
export async function openRegular(path: string): Promise<FileHandle> {
  const file = await open(path, withoutWaiting);
  try {
    refuseOthers(await file.stat());
    return file;
  } catch (error) {
    await file.close();
    throw error;
  }
}

/** A whole regular file. Throws `UnreadFile` for anything else and for more than 64 MiB, and the errors of the file system. */
export async function readRegular(path: string): Promise<Buffer> {
  const file = await openRegular(path);
  try {
    const parts = new Parts();
    for (;;) {
      const { bytesRead, buffer } = await file.read(Buffer.alloc(chunk), 0, chunk);
      if (bytesRead === 0) return parts.whole();
      parts.add(buffer.subarray(0, bytesRead));
    }
  } finally {
    await file.close();
  }
}

/** As `readRegular`. */
export function readRegularSync(path: string): Buffer {
  const file = openSync(path, withoutWaiting);
  try {
    refuseOthers(fstatSync(file));
    const parts = new Parts();
    for (;;) {
      const buffer = Buffer.alloc(chunk);
      const bytesRead = readSync(file, buffer, 0, chunk, null);
      if (bytesRead === 0) return parts.whole();
      parts.add(buffer.subarray(0, bytesRead));
    }
  } finally {
    closeSync(file);
  }
}

/** A file may say that it is smaller than it is, as those of /proc do. */
class Parts {
  readonly #parts: Buffer[] = [];
  #size = 0;

  add(part: Buffer): void {
    this.#size += part.length;
    if (this.#size > most) throw new UnreadFile(`it is larger than ${most / 1024 / 1024} MiB`);
    this.#parts.push(part);
  }

  whole(): Buffer {
    return Buffer.concat(this.#parts);
  }
}

function refuseOthers(stats: Stats): void {
  if (stats.isFile()) return;
  throw new UnreadFile(`it is ${kindOf(stats)}; only regular files are read`);
}

const kindOf = (stats: Stats): string =>
  stats.isDirectory()
    ? 'a directory'
    : stats.isFIFO()
      ? 'a named pipe'
      : stats.isSocket()
        ? 'a socket'
        : 'a device';
