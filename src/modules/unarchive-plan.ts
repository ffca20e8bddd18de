import type { Pattern } from '../model/pattern/pattern.js';
import type { Manifest, TreeEntry } from './unarchive-manifest.js';

/** What of an archive is wanted, and how it is compared. */
export interface UnarchiveWish {
  readonly include: readonly Pattern[];
  readonly exclude: readonly Pattern[];
  /** A file of the host that is newer stays. */
  readonly keepNewer: boolean;
  /** Owners count: the task names one, or root unpacks an archive that does. */
  readonly owners: boolean;
}

/** What has to be done on the host. Paths are relative to the destination. */
export interface UnarchivePlan {
  /** All that is wanted of the archive, folders with a slash at their end. */
  readonly files: readonly string[];
  /** What was unpacked and is not wanted. */
  readonly drop: readonly string[];
  /** What stands in the way, a file or a link. */
  readonly clear: readonly string[];
  /** What is put in its place: files, and folders that are new with all in them. */
  readonly place: readonly string[];
  readonly adjust: readonly { readonly path: string; readonly mode: number; readonly owner: string }[];
  /** For people, one for each change. */
  readonly lines: readonly string[];
}

/** What cannot be unpacked onto what the host has. */
export interface UnarchiveFault {
  readonly fault: 'leads_out' | 'in_the_way';
  readonly path: string;
  readonly reason: string;
}

/** Compares an archive with what the host has in its places. */
export function planOf(manifest: Manifest, wish: UnarchiveWish): UnarchivePlan | UnarchiveFault {
  const { inArchive, onHost, named } = manifest;
  const wanted = wantedOf(manifest, wish);
  const paths = [...inArchive.keys()].sort();
  const drop = topmost(paths.filter((path) => !wanted.has(path)));
  const [clear, place, lines]: [string[], string[], string[]] = [[], [], []];
  const adjust: { path: string; mode: number; owner: string }[] = [];
  /** New folders, and how many things come with the topmost of each. */
  const moved = new Map<string, { count: number }>();
  const newFolders: { readonly line: number; readonly path: string }[] = [];
  for (const path of paths) {
    const entry = inArchive.get(path);
    if (entry === undefined || !wanted.has(path)) continue;
    const isFolder = entry.kind === 'directory';
    const above = moved.get(parentOf(path));
    const isInMoved = above !== undefined;
    if (above !== undefined) above.count += 1;
    if (isFolder && above !== undefined) moved.set(path, above);
    // Its owner could not take it out of the work folder otherwise, so it was made writable there.
    if (isFolder && (isInMoved || !onHost.has(path)) && (entry.mode & 0o700) !== 0o700)
      adjust.unshift({ path, mode: entry.mode, owner: '' });
    if (isInMoved) continue;
    const have = onHost.get(path);
    if (isFolder && have?.kind === 'link' && have.realFolder !== undefined) {
      if (isBelow(have.realFolder, manifest.dest)) continue;
      return { fault: 'leads_out', path, reason: `is a link to ${have.realFolder}` };
    }
    if (isFolder && have?.kind === 'directory') {
      const changes = named.has(path) ? differences(entry, have, wish) : [];
      if (changes.length === 0) continue;
      lines.push(...changes.map((change) => `${path}/ ${change}`));
      adjust.unshift({ path, mode: entry.mode, owner: wish.owners ? `${entry.uid}:${entry.gid}` : '' });
      continue;
    }
    if (!isFolder && have?.kind === 'directory')
      return { fault: 'in_the_way', path, reason: 'is a folder of the host' };
    const changes = have === undefined ? [] : differences(entry, have, wish);
    if (have !== undefined && changes.length === 0) continue;
    if (have?.kind === 'file' && entry.kind === 'file' && wish.keepNewer && have.mtime > entry.mtime)
      continue;
    if (have !== undefined && (isFolder || have.kind !== 'file')) clear.push(path);
    place.push(path);
    if (isFolder) {
      moved.set(path, { count: 0 });
      newFolders.push({ line: lines.length, path });
    }
    lines.push(have === undefined ? `new ${wordOf(entry)} ${path}` : `${path} ${changes.join(', ')}`);
  }
  for (const { line, path } of newFolders) {
    const count = moved.get(path)?.count ?? 0;
    lines[line] = `${lines[line] ?? ''}/ with ${count === 1 ? '1 thing' : `${count} things`} in it`;
  }
  const files = paths.filter((path) => wanted.has(path));
  return {
    files: files.map((path) => (inArchive.get(path)?.kind === 'directory' ? `${path}/` : path)),
    ...{ drop, clear, place, adjust, lines },
  };
}

/** The paths that are wanted, with the folders above them. */
function wantedOf({ inArchive }: Manifest, { include, exclude }: UnarchiveWish): ReadonlySet<string> {
  const wanted = new Set<string>();
  for (const path of inArchive.keys()) {
    const above = withParents(path);
    if (above.some((one) => exclude.some((pattern) => fitsAnyEnd(pattern, one)))) continue;
    if (include.length > 0 && !above.some((one) => include.some((pattern) => fits(pattern, one)))) continue;
    for (const one of above) wanted.add(one);
  }
  return wanted;
}

const fits = (pattern: Pattern, text: string): boolean => pattern.firstIn([text])[0] !== undefined;

/** As GNU tar excludes: the whole path, or what comes after one of its slashes. */
function fitsAnyEnd(pattern: Pattern, path: string): boolean {
  const steps = path.split('/');
  return pattern.firstIn(steps.map((_, index) => steps.slice(index).join('/'))).some(Boolean);
}

/** `a`, `a/b` and `a/b/c` of `a/b/c`. */
function withParents(path: string): readonly string[] {
  const steps = path.split('/');
  return steps.map((_, index) => steps.slice(0, index + 1).join('/'));
}

const parentOf = (path: string): string => path.slice(0, Math.max(0, path.lastIndexOf('/')));

/** Those that are below none of the others. */
function topmost(paths: readonly string[]): readonly string[] {
  const all = new Set(paths);
  return paths.filter(
    (path) =>
      !withParents(path)
        .slice(0, -1)
        .some((above) => all.has(above)),
  );
}

const isBelow = (folder: string, root: string): boolean =>
  folder === root || folder.startsWith(root === '/' ? '/' : `${root}/`);

const wordOf = ({ kind }: TreeEntry): string =>
  ({ file: 'file', directory: 'folder', link: 'link', other: 'special file' })[kind];

/** In words, what of an entry is not as in the archive. */
function differences(entry: TreeEntry, have: TreeEntry, { owners }: UnarchiveWish): readonly string[] {
  if (entry.kind !== have.kind) return [`${wordOf(have)} → ${wordOf(entry)}`];
  // A folder in one that is setgid gets the bit from there, wherever the archive was made.
  const [mode, before] =
    entry.kind === 'directory' && (entry.mode & 0o2000) === 0
      ? [entry.mode, have.mode & ~0o2000]
      : [entry.mode, have.mode];
  const isSame =
    entry.kind === 'file'
      ? entry.size === have.size && entry.sha256 !== undefined && entry.sha256 === have.sha256
      : entry.target === have.target;
  return [
    ...(isSame
      ? []
      : [entry.kind === 'link' ? 'leads elsewhere' : `content: ${have.size} → ${entry.size} bytes`]),
    ...(entry.kind === 'link' || mode === before ? [] : [`mode: ${octal(before)} → ${octal(mode)}`]),
    ...(owners && (entry.uid !== have.uid || entry.gid !== have.gid)
      ? [`owner: ${have.uid}:${have.gid} → ${entry.uid}:${entry.gid}`]
      : []),
  ];
}

const octal = (mode: number): string => mode.toString(8).padStart(4, '0');
