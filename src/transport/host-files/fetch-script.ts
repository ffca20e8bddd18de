import { assignments, pathWord } from './script-words.js';
import { sharedScript } from './shared-script.js';

/** Before the sum, on stderr. */
export const sumMark = 'adfpush-sum:';

/** What a file must be to be read. */
const readable = `there "$target"
[ -f "$target" ] || fail not_a_file
[ -r "$target" ] || { head -c 1 "$target" >/dev/null; fail unreadable; }
`;

/** The first `limit` bytes. */
export const readScript = (path: string, limit: number): string =>
  `${sharedScript}target=${pathWord(path)}\n${assignments({ limit })}${readable}head -c "$limit" "$target" || fail unreadable\n`;

/**
 * As much of the file as was there at the beginning, then its sum on stderr: a log that grows meanwhile is whole as it was then. Where
 * the kernel tells no size, as in /proc, all there is.
 */
export const fetchScript = (path: string): string =>
  `${sharedScript}target=${pathWord(path)}\n${readable}size=$(stat -L -c %s "$target") || fail unreadable
if [ "$size" -gt 0 ]; then content() { head -c "$size" "$target"; }; else content() { cat "$target"; }; fi
content || fail unreadable
hash=$(content | sum) || exit 3
printf '\\n${sumMark}%s\\n' "$hash" >&2
`;
