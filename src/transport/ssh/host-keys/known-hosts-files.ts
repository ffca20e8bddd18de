import { readFile, realpath, stat } from 'node:fs/promises';
import { AdfError } from '../../../errors/adf-error.js';
import { hostKeyRejected } from '../../../errors/host-key.js';
import type { ErrorHost } from '../../../errors/ssh.js';
import { parseKnownHosts, type KnownHostLine } from './known-hosts.js';

/** Reads known_hosts files, each once for as long as it does not change. */
export class KnownHostsFiles {
  readonly #parsed = new Map<string, { stamp: string; lines: Promise<readonly KnownHostLine[]> }>();

  /**
   * The lines of all files, in order. A file that is not there has none. Throws `ssh.host_key` for one that is there and cannot be
   * read: it may hold the line that revokes a key, or contradicts it. (OpenSSH 9.2 passes over such a file.)
   */
  async linesOf(host: ErrorHost, files: readonly string[]): Promise<readonly KnownHostLine[]> {
    return (await Promise.all(files.map((file) => this.#read(host, file)))).flat();
  }

  async #read(host: ErrorHost, file: string): Promise<readonly KnownHostLine[]> {
    try {
      const stats = await stat(file);
      if (!stats.isFile()) return await this.#readSpecial(host, file);
      const stamp = `${stats.mtimeMs} ${stats.size} ${stats.ino}`;
      const before = this.#parsed.get(file);
      if (before?.stamp === stamp) return await before.lines;
      const lines = readFile(file, 'latin1').then((text) => parseKnownHosts(file, text));
      this.#parsed.set(file, { stamp, lines });
      return await lines;
    } catch (error) {
      this.#parsed.delete(file);
      if (error instanceof AdfError || !(error instanceof Error && 'code' in error)) throw error;
      if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return [];
      throw hostKeyRejected(host, { kind: 'unreadable', file, reason: String(error.code) });
    }
  }

  /** A pipe would keep us waiting, a folder is a mistake; only /dev/null is a usual way to say "no file". */
  async #readSpecial(host: ErrorHost, file: string): Promise<readonly KnownHostLine[]> {
    if ((await realpath(file)) === '/dev/null') return [];
    throw hostKeyRejected(host, { kind: 'unreadable', file, reason: 'it is no regular file' });
  }
}
