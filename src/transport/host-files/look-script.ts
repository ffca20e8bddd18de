import type { FilePlace } from '../../ports/host-files.js';
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
