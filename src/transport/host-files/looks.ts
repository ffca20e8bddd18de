import type { FileKind, FileLook, FilePlace, FileStat } from '../../ports/host-files.js';
import { quote } from '../quote.js';
import { pathWord } from './script-words.js';
import { sharedScript, temporariesScript } from './shared-script.js';

/**
 * One line for each place, `@ INTO IN_FOLDER LITTER MODE SIZE UID GID SHA256 TARGET OWNER/GROUP`, which ends after LITTER when nothing
 * is there; then lines `+ MODE UID GID OWNER/GROUP` for what is below. MODE is the kernel's, in hex, and so is TARGET, byte by byte.
 */
export const lookScript = (places: readonly FilePlace[]): string =>
  `${sharedScript}${temporariesScript}${look}${places
    .map(({ path, into = '', follow = false, recurse = false }) =>
      ['look', pathWord(path), quote(into), follow ? '-L' : "''", recurse ? '1' : "''"].join(' '),
    )
    .join('\n')}\n`;

const look = `look() {
  path=$1; inside=0
  if [ -n "$2" ]; then
    case $path in
      */) path=$path$2; inside=1 ;;
      *) if [ -d "$path" ]; then path=$path/$2; inside=1; fi ;;
    esac
  fi
  follow=$3; recurse=$4
  names "$path"
  folder=0; [ -d "$dir" ] && folder=1
  found=0; litter found
  if told=$(stat $follow -c '%f %s %u %g %U/%G' "$path" 2>&1); then
    hash=-; target=-
    case $told in
      8*) if [ -r "$path" ]; then hash=$(sum <"$path") || exit 3; fi ;;
      a*) target=$(readlink -n "$path" | od -An -v -tx1 | tr -d ' \\n') ;;
    esac
    set -- $told
    printf '@ %s %s %s %s %s %s %s %s %s' $inside $folder $found "$1" "$2" "$3" "$4" "\${hash:--}" "\${target:--}"
    shift 4
    printf ' %s\\n' "$*"
    if [ -n "$recurse" ] && [ -d "$path" ]; then
      (cd "$path" && find . ! -name . -exec stat -c '+ %f %u %g %U/%G' {} +) || fail unseen
    fi
    return
  fi
  case $told in
    *'No such file or directory' | *'Not a directory') printf '@ %s %s %s\\n' $inside $folder $found ;;
    *) printf '%s\\n' "$told" >&2; fail unseen ;;
  esac
}
found() { found=1; }
`;

/** What the look script printed about these places. */
export function parseLooks(places: readonly FilePlace[], output: string): readonly FileLook[] {
  const parts = output.split(/^@ /m).slice(1);
  return places.flatMap((place, index) => {
    const [first = '', ...below] = (parts[index] ?? '').trimEnd().split('\n');
    const { path, into, recurse = false } = place;
    const [inside, inFolder, litter, ...stat] = first.split(' ');
    return [
      {
        path: inside === '1' && into !== undefined ? `${path.replace(/\/$/, '')}/${into}` : path,
        inFolder: inFolder === '1',
        litter: litter === '1',
        ...(stat.length === 0 ? {} : { stat: parseStat(stat) }),
        ...(recurse ? { below: below.map(parseBelow) } : {}),
      },
    ];
  });
}

function parseStat([mode = '', size, uid, gid, sha256, target = '-', ...names]: readonly string[]): FileStat {
  return {
    ...kindAndMode(mode),
    size: Number(size),
    ...ownerAndGroup(uid, gid, names),
    ...(sha256 === undefined || sha256 === '-' ? {} : { sha256 }),
    ...(target === '-' ? {} : { target: Buffer.from(target, 'hex').toString() }),
  };
}

function parseBelow(line: string): NonNullable<FileLook['below']>[number] {
  const [, mode = '', uid, gid, ...names] = line.split(' ');
  return { ...kindAndMode(mode), ...ownerAndGroup(uid, gid, names) };
}

const kinds: Readonly<Record<number, FileKind>> = { 0o10: 'file', 0o04: 'directory', 0o12: 'link' };

/** The kernel's st_mode: four bits of kind, twelve of permissions. */
function kindAndMode(hex: string): Pick<FileStat, 'kind' | 'mode'> {
  const bits = Number.parseInt(hex, 16);
  return { kind: kinds[bits >> 12] ?? 'other', mode: bits & 0o7777 };
}

/** stat(1) says UNKNOWN for a number that has no name. Names may hold blanks, where they come from a directory service. */
function ownerAndGroup(
  uid = '',
  gid = '',
  names: readonly string[],
): Pick<FileStat, 'owner' | 'group' | 'uid' | 'gid'> {
  const [owner = '', group = ''] = names.join(' ').split('/');
  return {
    owner: owner === 'UNKNOWN' ? uid : owner,
    group: group === 'UNKNOWN' ? gid : group,
    uid: Number(uid),
    gid: Number(gid),
  };
}
