import { readStatLine } from './stat-values.js';

/** What is at a path, in an archive or on the host. */
export interface TreeEntry {
  readonly kind: 'file' | 'directory' | 'link' | 'other';
  /** Permission bits. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Bytes. */
  readonly size: number;
  /** Seconds since 1970. */
  readonly mtime: number;
  /** Of a file, when it can be read. */
  readonly sha256?: string;
  /** Of a link, in hex, byte by byte. */
  readonly target?: string;
  /** The folder that a link leads to, with no link in its path. */
  readonly realFolder?: string;
}

/** What is in an archive, and what stands in its places on the host. Paths are relative to the destination. */
export interface Manifest {
  readonly inArchive: ReadonlyMap<string, TreeEntry>;
  readonly onHost: ReadonlyMap<string, TreeEntry>;
  /** The folders that the archive names itself; others are made for what is in them. */
  readonly named: ReadonlySet<string>;
  /** The program that it was unpacked by. */
  readonly program: string;
  /** The destination, with no link in its path. */
  readonly dest: string;
  /** What stat says of the destination. */
  readonly destValues: Readonly<Record<string, unknown>>;
  readonly isRoot: boolean;
}

/** Reads what `compareScript` printed; undefined when what the task creates is there. */
export function readManifest(said: string): Manifest | undefined {
  if (said.startsWith('//@skip')) return undefined;
  const namesAt = said.lastIndexOf('//*\n');
  const trees = { T: new Map<string, TreeEntry>(), D: new Map<string, TreeEntry>() };
  const told: Record<string, string> = {};
  let link = '';
  for (const record of said.slice(0, namesAt).split('//').slice(1)) {
    const [letter = '', text] = [record[0], record.slice(1).replace(/\n$/, '')];
    if (letter === '@') {
      const [, word = '', rest = ''] = /^(\w+) ([^]*)$/.exec(text) ?? [];
      told[word] = rest;
    } else if (letter === 'T' || letter === 'D') readEntry(trees[letter], text);
    else if (letter === 'S') addSums(trees.T, text);
    else if (letter === 'U') addSums(trees.D, text);
    else if (letter === 'R') link = normal(text);
    else if (letter === '=') setOf(trees.D, link, { realFolder: text });
    else addLink(letter === 'L' ? trees.T : trees.D, text);
  }
  const names = said.slice(namesAt + 4).split('\n');
  return {
    inArchive: trees.T,
    onHost: trees.D,
    named: new Set(names.filter((name) => name.endsWith('/')).map(normal)),
    program: told['kind'] ?? '',
    dest: told['at'] ?? '',
    destValues: readStatLine(told['dest'] ?? '').values,
    isRoot: told['id'] === '0',
  };
}

/** A path as the manifest has it: `a/b` for `./a//b/`. */
export const normal = (path: string): string =>
  path
    .split('/')
    .filter((step) => step !== '' && step !== '.')
    .join('/');

const kinds: Readonly<Record<number, TreeEntry['kind']>> = { 0o10: 'file', 0o04: 'directory', 0o12: 'link' };

function readEntry(tree: Map<string, TreeEntry>, text: string): void {
  const at = text.indexOf('/');
  const [hex = '', uid, gid, size, mtime] = text.slice(0, at).split(' ');
  const bits = Number.parseInt(hex, 16);
  tree.set(normal(text.slice(at + 1)), {
    kind: kinds[bits >> 12] ?? 'other',
    mode: bits & 0o7777,
    ...{ uid: Number(uid), gid: Number(gid), size: Number(size), mtime: Number(mtime) },
  });
}

function addLink(tree: Map<string, TreeEntry>, text: string): void {
  const at = text.indexOf('/');
  setOf(tree, normal(text.slice(at + 1)), { target: text.slice(0, at) });
}

function setOf(tree: Map<string, TreeEntry>, path: string, more: Partial<TreeEntry>): void {
  const entry = tree.get(path);
  if (entry !== undefined) tree.set(path, { ...entry, ...more });
}

/** Lines of sha256sum. GNU's program begins one with a backslash when it wrote signs of the name otherwise. */
function addSums(tree: Map<string, TreeEntry>, text: string): void {
  for (const line of text.split(/\n(?=\\?[0-9a-f]{64} [ *]\.\/)/)) {
    const [, isEscaped, sha256, name = ''] = /^(\\?)([0-9a-f]{64}) [ *]([^]*)$/.exec(line) ?? [];
    const path = normal(
      isEscaped === '\\' ? name.replace(/\\(.)/g, (_, sign) => (sign === 'n' ? '\n' : String(sign))) : name,
    );
    if (sha256 !== undefined) setOf(tree, path, { sha256 });
  }
}
