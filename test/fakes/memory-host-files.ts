import { createHash } from 'node:crypto';
import { fileProblems } from '../../src/errors/files.js';
import type { Host } from '../../src/model/host.js';
import { applyMode } from '../../src/model/schema/file-mode.js';
import type {
  FileAccess,
  FileAttributes,
  FileContent,
  FileLook,
  FilePlace,
  FileShape,
  HostContent,
  FileStat,
  FilesOfHosts,
  HostFiles,
  WriteOptions,
  WriteResult,
} from '../../src/ports/host-files.js';

interface Entry {
  readonly kind: 'file' | 'directory' | 'link';
  readonly bytes?: Buffer;
  readonly target?: string;
  readonly mode: number;
  readonly owner: string;
  readonly group: string;
}

/** The files of a world's hosts, in memory. Folders must be there, as on a real one; `/`, `/etc`, `/srv` and `/tmp` are. */
export class MemoryHostFiles implements FilesOfHosts {
  /** The users in whose name files were asked for, in order. */
  readonly accesses: FileAccess[] = [];
  readonly #hosts = new Map<string, MemoryFilesOfHost>();

  on(host: Host, access?: FileAccess): MemoryFilesOfHost {
    if (access !== undefined) this.accesses.push(access);
    const known = this.#hosts.get(host.id) ?? new MemoryFilesOfHost(host);
    this.#hosts.set(host.id, known);
    return known;
  }
}

export class MemoryFilesOfHost implements HostFiles {
  readonly entries = new Map<string, Entry>();
  /** What changed something: `write /etc/app`. */
  readonly done: string[] = [];

  constructor(readonly host: Host) {
    for (const path of ['/', '/etc', '/srv', '/tmp']) this.has(path, { kind: 'directory', mode: 0o755 });
  }

  has(path: string, entry: Partial<Entry>): void {
    this.entries.set(path, { kind: 'file', mode: 0o644, owner: 'root', group: 'root', ...entry });
  }

  hasFile(path: string, content: string, entry: Partial<Entry> = {}): void {
    this.has(path, { bytes: Buffer.from(content), ...entry });
  }

  text(path: string): string | undefined {
    return this.entries.get(path)?.bytes?.toString();
  }

  look(places: readonly FilePlace[]): Promise<readonly FileLook[]> {
    return Promise.resolve(
      places.map(({ path, into, follow = false, recurse = false }) => {
        const isInto =
          into !== undefined && (path.endsWith('/') || this.entries.get(path)?.kind === 'directory');
        const whole = isInto ? `${path.replace(/\/$/, '')}/${into}` : path;
        const entry = this.#entry(whole, follow);
        const below = [...this.entries].filter(([other]) => other.startsWith(`${whole}/`));
        return {
          path: whole,
          inFolder: this.entries.get(parentOf(whole))?.kind === 'directory',
          litter: false,
          ...(entry === undefined ? {} : { stat: statOf(entry) }),
          ...(recurse ? { below: below.map(([, one]) => statOf(one)) } : {}),
        };
      }),
    );
  }

  read(path: string, limit: number): Promise<Uint8Array | undefined> {
    const { bytes = Buffer.alloc(0) } = this.#present(path);
    return Promise.resolve(bytes.length > limit ? undefined : bytes);
  }

  async fetch(path: string, take: (chunk: Uint8Array) => Promise<void>): Promise<string> {
    const { bytes = Buffer.alloc(0) } = this.#present(path);
    await take(bytes);
    return sha256(bytes);
  }

  async write(
    path: string,
    content: FileContent | HostContent,
    options: WriteOptions = {},
  ): Promise<WriteResult> {
    const { mode, owner, group, backup = false, follow = false, validate, expected } = options;
    const target = this.entries.get(path)?.target;
    const whole = follow && target !== undefined ? target : path;
    if (this.entries.get(parentOf(whole))?.kind !== 'directory')
      throw fileProblems.no_folder(this.host, path, '');
    const before = this.entries.get(whole);
    const present = before?.bytes === undefined ? 'absent' : sha256(before.bytes);
    if (expected !== undefined && expected !== present) throw fileProblems.overtaken(this.host, path);
    const chunks: Uint8Array[] = [];
    if (!('open' in content)) throw new Error('scripts are for hosts that are real');
    const given = content.open();
    if (given instanceof Uint8Array) chunks.push(given);
    else for await (const chunk of given) chunks.push(chunk);
    this.done.push(`write ${path}${validate === undefined ? '' : ` after ${validate.join(' ')}`}`);
    if (backup && before !== undefined) this.entries.set(`${whole}.1~`, before);
    this.has(whole, {
      bytes: Buffer.concat(chunks),
      mode: applyMode(mode ?? before?.mode ?? 0o644, before?.mode ?? 0o644, false),
      owner: owner ?? before?.owner ?? 'root',
      group: group ?? before?.group ?? 'root',
    });
    return backup && before !== undefined ? { backup: `${whole}.1~` } : {};
  }

  async shape(path: string, wanted: FileShape, attributes: FileAttributes = {}): Promise<void> {
    this.done.push(`${wanted.kind} ${path}`);
    const before = this.entries.get(path);
    if (wanted.kind === 'absent') {
      for (const other of this.entries.keys()) {
        if (other === path || other.startsWith(`${path}/`)) this.entries.delete(other);
      }
      return;
    }
    if (wanted.kind === 'directory' && !this.entries.has(parentOf(path))) {
      await this.shape(parentOf(path), wanted, attributes);
    }
    if (wanted.kind === 'link') this.has(path, { kind: 'link', target: wanted.target, mode: 0o777 });
    else if (before === undefined) {
      const kind = wanted.kind === 'directory' ? 'directory' : 'file';
      this.has(path, { kind, mode: kind === 'directory' ? 0o755 : 0o644 });
    }
    this.#change(path, attributes);
    if (attributes.recurse !== true) return;
    for (const other of this.entries.keys())
      if (other.startsWith(`${path}/`)) this.#change(other, attributes);
  }

  sweep(path: string): Promise<void> {
    this.done.push(`sweep ${path}`);
    return Promise.resolve();
  }

  #change(path: string, { mode, owner, group }: FileAttributes): void {
    const entry = this.entries.get(path);
    if (entry === undefined) return;
    this.entries.set(path, {
      ...entry,
      mode: mode === undefined ? entry.mode : applyMode(mode, entry.mode, entry.kind === 'directory'),
      owner: owner ?? entry.owner,
      group: group ?? entry.group,
    });
  }

  #entry(path: string, follow: boolean): Entry | undefined {
    const entry = this.entries.get(path);
    return follow && entry?.target !== undefined ? this.entries.get(entry.target) : entry;
  }

  #present(path: string): Entry {
    const entry = this.#entry(path, true);
    if (entry === undefined) throw fileProblems.not_found(this.host, path);
    if (entry.kind !== 'file') throw fileProblems.not_a_file(this.host, path);
    return entry;
  }
}

const parentOf = (path: string): string => path.slice(0, Math.max(1, path.lastIndexOf('/')));

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

const statOf = ({ kind, bytes = Buffer.alloc(0), target, mode, owner, group }: Entry): FileStat => ({
  kind,
  size: bytes.length,
  mode,
  owner,
  group,
  uid: owner === 'root' ? 0 : 1000,
  gid: group === 'root' ? 0 : 1000,
  ...(kind === 'file' ? { sha256: sha256(bytes) } : {}),
  ...(target === undefined ? {} : { target }),
});
