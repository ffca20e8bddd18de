import type { WriteOptions } from '../../ports/host-files.js';
import { quote } from '../quote.js';
import { assignments, modeWord, pathWord } from './script-words.js';
import { replaceScript, sharedScript, temporariesScript } from './shared-script.js';

/** What the file is filled with: stdin, whose sum is known; or what a script prints. */
interface WrittenContent {
  readonly sha256: string | undefined;
  readonly script: string | undefined;
  readonly nonce: string;
}

/**
 * Takes the content from stdin. Prints the name of the backup, if one was made. Whoever may read the file in the end may do so from
 * its first moment and not before: the temporary is the owner's alone until it is whole. It is held open, and filled and given its owner and mode
 * through that: whoever owns its folder could put a link in its place meanwhile, and have root do all that to a file of root's.
 */
export const writeScript = (
  path: string,
  { sha256, nonce, script }: WrittenContent,
  { mode, owner, group, follow = false, backup = false, validate = [], expected }: WriteOptions,
): string =>
  // In a subshell, so that the content's own variables and functions stay its own.
  `${script === undefined ? 'content() { cat; }' : `content() (\n${script}\n)`}\n` +
  `${sharedScript}${temporariesScript}${replaceScript}target=${pathWord(path)}\n` +
  assignments({
    nonce,
    sha256,
    mode: modeWord(mode),
    owner,
    group,
    follow,
    backup,
    expected,
    validated: validate.length > 0,
  }) +
  // `command`, so that no function of this script is taken for the program.
  `validate() { command ${validate.length === 0 ? ':' : validate.map(validateWord).join(' ')}; }\n${write}`;

/** The temporary stands where the word has `%s`. */
const validateWord = (word: string): string => word.split('%s').map(quoteSome).join('"$temporary"');

const quoteSome = (text: string): string => (text === '' ? '' : quote(text));

const write = `if [ -n "$follow" ] && [ -L "$target" ]; then
  target=$(readlink -f "$target" && echo .) || fail no_folder
  target=\${target%??}
fi
names "$target"
[ -d "$dir" ] || { stat "$dir" >/dev/null; fail no_folder; }
if [ -L "$target" ]; then kept=
elif [ -d "$target" ]; then fail is_folder
elif [ -f "$target" ]; then kept=$(stat -c '%a %u:%g' "$target") || fail unseen
elif [ -e "$target" ]; then fail special
else kept=; fi
litter rm -f --
temporary
trap 'rm -f -- "$temporary"' EXIT
trap 'exit 129' HUP INT TERM PIPE
was=$(umask)
umask 077
set -C
command exec 7>"$temporary" || fail create
set +C
umask "$was"
own=/proc/$$/fd/7; [ -e "$own" ] || own=$temporary
have=$(stat -c %u:%g "$temporary") || fail unseen
want=\${kept##* }; [ -n "$want" ] || want=$have
[ -z "$owner" ] || want=$owner:\${want#*:}
[ -z "$group" ] || want=\${want%:*}:$group
if [ "$want" != "$have" ]; then
  # Both at once: busybox takes the other one from the link in /proc.
  chown -- "$want" "$own" || { if [ -n "$owner$group" ]; then fail owner; else fail keep_owner; fi; }
fi
base=\${kept%% *}
[ -n "$base" ] || base=$(printf %o $((0666 & ~0$was)))
if [ -n "$sha256" ]; then
  content >&7 || fail write
  arrived=$(sum <"$temporary") || exit 3
  [ "$arrived" = "$sha256" ] || fail corrupted
else content >&7 || fail content; fi
case $mode in '' | *[!0-7]*) chmod -- "$base" "$own" || fail mode ;; esac
[ -z "$mode" ] || chmod -- "$mode" "$own" || fail mode
dd if=/dev/null conv=notrunc,fsync >&7 2>/dev/null || fail write
exec 7>&-
if [ -n "$validated" ]; then said=$(validate </dev/null 2>&1) || { printf '%s\\n' "$said" >&2; fail not_valid; }; fi
case $expected in
  '') ;;
  absent) if [ -e "$target" ] || [ -L "$target" ]; then fail overtaken; fi ;;
  *) [ "$(sum <"$target")" = "$expected" ] || fail overtaken ;;
esac
aside=
if [ -n "$backup" ] && [ -e "$target" ]; then
  aside=$target.$$.$(date +%Y-%m-%d@%H:%M:%S)~
  { [ ! -L "$target" ] && ln -- "$target" "$aside" 2>/dev/null; } || cp -p -- "$target" "$aside" || fail backup
  printf %s "$aside"
fi
replace "$temporary" "$target" || { [ -z "$aside" ] || rm -f -- "$aside"; fail move; }
`;
