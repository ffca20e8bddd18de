import type { WriteOptions } from '../../ports/host-files.js';
import { quote } from '../quote.js';
import { assignments, modeWord, pathWord } from './script-words.js';
import { replaceScript, sharedScript, temporariesScript } from './shared-script.js';

/**
 * Takes the content from stdin. Prints the name of the backup, if one was made. Whoever may read the file in the end may do so from
 * its first moment and not before: the temporary is the owner's alone until it is whole.
 */
export const writeScript = (
  path: string,
  { sha256, nonce }: { readonly sha256: string; readonly nonce: string },
  { mode, owner, group, follow = false, backup = false, validate = [] }: WriteOptions,
): string =>
  `${sharedScript}${temporariesScript}${replaceScript}target=${pathWord(path)}\n` +
  assignments({
    nonce,
    sha256,
    mode: modeWord(mode),
    owner,
    group,
    follow,
    backup,
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
(set -C; : >"$temporary") || fail create
umask "$was"
if [ -n "$kept" ]; then
  have=$(stat -c %u:%g "$temporary"); want=\${kept##* }
  [ -z "$owner" ] || want=\${have%:*}:\${want#*:}
  [ -z "$group" ] || want=\${want%:*}:\${have#*:}
  [ "$want" = "$have" ] || chown "$want" "$temporary" || fail keep_owner
fi
base=\${kept%% *}
[ -n "$base" ] || base=$(printf %o $((0666 & ~0$was)))
[ -z "$owner" ] || chown -- "$owner" "$temporary" || fail owner
[ -z "$group" ] || chgrp -- "$group" "$temporary" || fail owner
cat >"$temporary" || fail write
arrived=$(sum <"$temporary") || exit 3
[ "$arrived" = "$sha256" ] || fail corrupted
case $mode in '' | *[!0-7]*) chmod -- "$base" "$temporary" || fail mode ;; esac
[ -z "$mode" ] || chmod -- "$mode" "$temporary" || fail mode
if [ -n "$validated" ]; then said=$(validate </dev/null 2>&1) || { printf '%s\\n' "$said" >&2; fail not_valid; }; fi
dd if=/dev/null of="$temporary" conv=notrunc,fsync 2>/dev/null || fail write
aside=
if [ -n "$backup" ] && [ -e "$target" ]; then
  aside=$target.$$.$(date +%Y-%m-%d@%H:%M:%S)~
  { [ ! -L "$target" ] && ln -- "$target" "$aside" 2>/dev/null; } || cp -p -- "$target" "$aside" || fail backup
  printf %s "$aside"
fi
replace "$temporary" "$target" || { [ -z "$aside" ] || rm -f -- "$aside"; fail move; }
`;
