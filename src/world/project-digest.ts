import { scryptSync } from 'node:crypto';
import { sha256 } from '../model/sha256.js';
import type { Layer } from '../expression/scope.js';
import { canonical } from '../model/canonical-json.js';
import type { RunId } from '../model/ids.js';
import type { ProjectDigest } from '../model/run-record.js';
import type { FileDigest, NewProjectFile, ProjectEntry, ProjectFiles } from '../ports/project-files.js';
import type { ProjectSecrets } from './project-secrets.js';

const absent = 'absent';
type Kind = ProjectEntry['kind'] | typeof absent;

/** The files of a project, and a record of what was read: `resume` must find the same. */
export class RecordedFiles implements ProjectFiles {
  readonly #read = new Map<string, string>();
  readonly #folders = new Map<string, readonly string[]>();
  /** Looked at and not read yet: what a task copies is read while it runs. */
  readonly #found = new Map<string, Kind>();

  constructor(private readonly files: ProjectFiles) {}

  async read(path: string): Promise<string | undefined> {
    const text = await this.files.read(path);
    this.#read.set(path, digestOf(text));
    return text;
  }

  /** For what was read by another way. */
  note(path: string, text: string | undefined): void {
    this.#read.set(path, digestOf(text));
  }

  async list(path: string): Promise<readonly string[]> {
    const names = await this.files.list(path);
    this.#folders.set(path, names.filter(matters(path)));
    return names;
  }

  async stat(path: string): Promise<ProjectEntry | undefined> {
    const entry = await this.files.stat(path);
    this.#found.set(path, entry?.kind ?? absent);
    return entry;
  }

  stream(path: string): AsyncIterable<Uint8Array> {
    return this.files.stream(path);
  }

  digest(path: string): Promise<FileDigest> {
    return this.files.digest(path);
  }

  create(path: string): Promise<NewProjectFile> {
    return this.files.create(path);
  }

  /** All that was read so far, and all that was found to be needed. */
  async seen(): Promise<Pick<ProjectDigest, 'files' | 'folders'>> {
    const files = new Map(this.#read);
    const folders = new Map(this.#folders);
    for (const [path, kind] of this.#found) await this.#add(path, kind, files, folders);
    return { files: sorted(files), folders: sorted(folders) };
  }

  async #add(
    path: string,
    kind: Kind,
    files: Map<string, string>,
    folders: Map<string, readonly string[]>,
  ): Promise<void> {
    if (kind === absent && !files.has(path)) files.set(path, absent);
    if (kind === 'file' && !files.has(path)) files.set(path, (await this.files.digest(path)).sha256);
    if (kind !== 'directory') return;
    const names = await this.files.list(path);
    folders.set(path, names);
    for (const name of names) {
      const entry = await this.files.stat(`${path}/${name}`);
      if (entry !== undefined) await this.#add(`${path}/${name}`, entry.kind, files, folders);
    }
  }
}

/** What of a project is not any more as a run found it, a sentence each: `inventory/group_vars/api.yml was changed`. */
export async function changesOf(
  before: Pick<ProjectDigest, 'files' | 'folders'>,
  files: ProjectFiles,
): Promise<readonly string[]> {
  const changes = await Promise.all([
    ...Object.entries(before.files).map(async ([path, digest]) => changeOfFile(path, digest, files)),
    ...Object.entries(before.folders).map(async ([path, names]) => newIn(path, names, before, files)),
  ]);
  return changes.flat().sort();
}

async function changeOfFile(path: string, before: string, files: ProjectFiles): Promise<readonly string[]> {
  const entry = await files.stat(path);
  if (before === absent) return entry === undefined ? [] : [`${path} is new`];
  if (entry?.kind !== 'file') return [`${path} is gone`];
  // Of a text that was read, the digest of its bytes is the same.
  return (await files.digest(path)).sha256 === before ? [] : [`${path} was changed`];
}

/** A file that is new may say something of the hosts of the run. */
async function newIn(
  folder: string,
  before: readonly string[],
  { files: known }: Pick<ProjectDigest, 'files'>,
  files: ProjectFiles,
): Promise<readonly string[]> {
  const had = new Set(before);
  const names = (await files.list(folder)).filter(matters(folder));
  return names
    .map((name) => [name, `${folder}/${name}`] as const)
    .filter(([name, path]) => !had.has(name) && known[path] === undefined)
    .map(([, path]) => `${path} is new`);
}

/** In the folder of environments another one says nothing of this one; in those beside it only variables count. */
const matters =
  (folder: string) =>
  (name: string): boolean =>
    folder !== 'inventory' && (!folder.startsWith('inventory/') || /^[^.].*\.ya?ml$/.test(name));

/**
 * A digest of the values of `--extra-vars`, whatever layers they came in; undefined when there are none. A password is among them more
 * often than in a file, and short: so it is slow to be guessed from the journal, and another one in each run.
 */
export function digestOfExtraVars(layers: readonly Layer[], run: RunId): string | undefined {
  const values: Record<string, unknown> = {};
  for (const layer of layers) Object.assign(values, layer.values);
  return Object.keys(values).length === 0 ? undefined : slowDigest(values, run);
}

/** A digest of what secrets of these names are, all together; undefined when there are none. As slow to be guessed, and another in each run. */
export async function digestOfSecrets(
  names: readonly string[],
  secrets: ProjectSecrets | undefined,
  run: RunId,
): Promise<string | undefined> {
  return secrets === undefined || names.length === 0
    ? undefined
    : slowDigest(await secrets.contentsOf(names), run);
}

const slowDigest = (values: unknown, run: RunId): string =>
  scryptSync(canonical(values), run, 32, { N: 2 ** 14, r: 8, p: 1 }).toString('hex');

const digestOf = (text: string | undefined): string => (text === undefined ? absent : sha256(text));

const sorted = <T>(entries: ReadonlyMap<string, T>): Readonly<Record<string, T>> =>
  Object.fromEntries([...entries].sort(([a], [b]) => (a < b ? -1 : 1)));
