import type { FoundEntry } from './find-filter.js';
import { coarseGlob } from './fnmatch.js';
import { hostScript } from './host-script.js';
import { beginListing, runListing } from './listing.js';
import type { ModuleHost } from './module.js';
import { readStatLine, statFormat } from './stat-values.js';

/** What the host can leave out by itself, so that not every name of a large tree has to be told. */
interface Narrowing {
  readonly file_type: 'file' | 'directory' | 'link' | 'any';
  readonly recurse: boolean;
  readonly depth?: number | undefined;
  readonly hidden: boolean;
  readonly follow: boolean;
  /** Patterns of names, one of which must fit; none when all do. */
  readonly globs: readonly string[];
}

interface Walk {
  readonly entries: FoundEntry[];
  /** How many there were in all. */
  readonly examined: number;
  /** Why a path could not be looked at. */
  readonly skipped: Readonly<Record<string, string>>;
  /** The host's time, in seconds since 1970. */
  readonly now: number;
}

/** Everything below these folders, but for what certainly is not wanted. Throws `module.failed` and `module.too_much`. */
export async function foundBelow(
  paths: readonly string[],
  narrowing: Narrowing,
  host: ModuleHost,
): Promise<Walk> {
  const named = Object.fromEntries(paths.map((path, index) => [`path_${index}`, path]));
  const calls = paths.map((_, index) => `walk ${index} "$path_${index}"\n`).join('');
  const command = hostScript(beginListing + walking + calls, {
    paths: named,
    words: { find: findWords(narrowing) },
  });
  const said = await runListing(host, command, `look through ${paths.join(', ')}`);
  return readWalk(paths, said);
}

/**
 * Arguments of find(1), GNU's and busybox's. What fits is told by stat, all else only counted. Records are set apart by `//`, which is in no
 * path that begins with `./`; names may hold line breaks.
 */
function findWords({ file_type: type, recurse, depth, hidden, follow, globs }: Narrowing): readonly string[] {
  const levels = recurse ? depth : 1;
  const letter = { file: ['f'], directory: ['d'], link: ['l'], any: [] }[type];
  // Through a link, find sees the kind of what it leads to.
  const ofKind = follow ? [] : letter.flatMap((one) => ['-type', one]);
  // busybox lets no wildcard take the dot at the beginning of a name.
  const names = hidden ? [] : globs.flatMap((glob) => ['-o', '-name', coarseGlob(glob)]).slice(1);
  const filter = [...ofKind, ...(names.length === 0 ? [] : ['(', ...names, ')'])];
  const tell = ['-exec', 'stat', '-c', `//${statFormat}/%n`, '{}', '+'];
  const count = ['-exec', 'sh', '-c', 'printf "//#%s\\n" "$#"', 'sh', '{}', '+'];
  return [
    ...(follow ? ['-L'] : []),
    '.',
    ...(levels === undefined ? [] : ['-maxdepth', String(levels)]),
    // busybox forgets an -exec with a + that stands in parentheses.
    ...['!', '-name', '.', ...filter, ...tell],
    ...['-o', '!', '-name', '.', ...count],
  ];
}

/** `//= HOME` begins a path. `//?REASON` says that it is no folder that can be entered, `//!LINES` what find complained of. */
const walking = `unset CDPATH; exec 3>&1
printf '//@now %s\\n' "$(date +%s)"
walk() {
  printf '//=%s %s\\n' "$1" "$HOME"
  if [ ! -d "$2" ]; then
    said=$(stat -L "$2" 2>&1 >/dev/null) && said='not a directory'
    printf '//?%s\\n' "\${said##*: }"
    return
  fi
  said=$( { cd "$2" && words_find find; } 2>&1 >&3 )
  printf '//!%s\\n' "$said"
}
`;

function readWalk(paths: readonly string[], said: string): Walk {
  const entries: FoundEntry[] = [];
  const skipped: Record<string, string> = {};
  let [now, examined, folder] = [0, 0, ''];
  for (const record of said.split('//').slice(1)) {
    const text = record.replace(/\n$/, '');
    const rest = text.slice(1);
    if (text.startsWith('@now ')) now = Number(text.slice(5));
    else if (text.startsWith('=')) folder = folderOf(paths, rest);
    else if (text.startsWith('#')) examined += Number(rest);
    else if (text.startsWith('?')) skipped[folder] = lowerFirst(rest);
    else if (text.startsWith('!')) Object.assign(skipped, complaints(folder, rest));
    else {
      const at = text.indexOf('/./');
      const below = text.slice(at + 3);
      const path = folder === '/' ? `/${below}` : `${folder}/${below}`;
      entries.push({ path, name: below.split('/').at(-1) ?? '', stat: readStatLine(text.slice(0, at)) });
      examined += 1;
    }
  }
  return { entries, examined, skipped, now };
}

/** The path as it was asked for, with the home folder in it, and without slashes at its end. */
function folderOf(paths: readonly string[], said: string): string {
  const [index = '', ...home] = said.split(' ');
  const path = (paths[Number(index)] ?? '').replace(/^~(?=\/|$)/, () => home.join(' '));
  return path.replace(/(?<=.)\/+$/, '');
}

/** `find: './a': Permission denied`; the quotes are GNU's alone. What vanished meanwhile is no matter. */
function complaints(folder: string, lines: string): Readonly<Record<string, string>> {
  const told = lines.split('\n').flatMap((line) => {
    const [, below, reason = line] = /^find: '?\.\/?(.*?)'?: (.*)$/.exec(line) ?? [];
    if (line === '' || line.includes('No such file or directory')) return [];
    const path = below === undefined || below === '' ? folder : `${folder.replace(/^\/$/, '')}/${below}`;
    return [[path, lowerFirst(reason)] as const];
  });
  return Object.fromEntries(told);
}

const lowerFirst = (text: string): string => text.charAt(0).toLowerCase() + text.slice(1);
