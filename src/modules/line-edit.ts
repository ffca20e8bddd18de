import { expand, type Replacement } from '../model/pattern/replacement.js';
import type { Pattern, PatternMatch } from '../model/pattern/pattern.js';
import { lineEndOf, linesOf, type Edited, type PlaceInText } from './text-edit.js';

/** What `lineinfile` wants of a file, in the file's own encoding. */
export interface WantedLine {
  /** Which lines it is about. */
  readonly finder: Pattern | { readonly text: string } | undefined;
  readonly line: string;
  /** The line with what the groups of the pattern matched: where nothing matches, nothing is done. */
  readonly backrefs: Replacement | undefined;
  /** Where a new line goes. */
  readonly place: PlaceInText;
  readonly firstmatch: boolean;
}

/** Puts one line into a text, where it replaces the line that matches, as Ansible's lineinfile does. */
export function putLine(text: string, wanted: WantedLine): Edited {
  const { finder, line, backrefs, place, firstmatch } = wanted;
  const lines = linesOf(text);
  const end = lineEndOf(text);
  const found = pick(matchesOf(lines, finder), firstmatch);
  if (found !== undefined) {
    const [index, match] = found;
    return replaced(lines, index, backrefs === undefined ? line : expand(backrefs, match), end);
  }
  if (backrefs !== undefined) return { text, message: '' };
  const same = lines.findLastIndex((one) => bare(one) === line);
  if (same !== -1) return replaced(lines, same, line, end);
  if (place === 'BOF') return added([`${line}${end}`, ...lines]);
  const beside = place === 'EOF' ? undefined : pick(matchesOf(lines, place.pattern), firstmatch);
  const before =
    beside === undefined ? lines.length : beside[0] + (place !== 'EOF' && place.side === 'after' ? 1 : 0);
  const [above, below] = [lines.slice(0, before), lines.slice(before)];
  const last = above.at(-1);
  // The last line of a file may have no end.
  if (last !== undefined && !last.endsWith('\n')) above[above.length - 1] = last + end;
  return added([...above, `${line}${end}`, ...below]);
}

/** Removes every line that matches, or that is the line. */
export function removeLines(
  text: string,
  finder: Pattern | { readonly text: string } | { readonly line: string },
): Edited {
  const lines = linesOf(text);
  const found = new Set(
    'line' in finder
      ? lines.flatMap((line, index) => (bare(line) === finder.line ? [index] : []))
      : matchesOf(lines, finder).map(([index]) => index),
  );
  return {
    text: lines.filter((_, index) => !found.has(index)).join(''),
    message: found.size === 0 ? '' : `${found.size} line(s) removed`,
    values: { found: found.size },
  };
}

const added = (lines: readonly string[]): Edited => ({ text: lines.join(''), message: 'line added' });

/** A line keeps its own end; the last one of a file gets one. */
function replaced(lines: readonly string[], index: number, line: string, end: string): Edited {
  const own = /\r?\n$/.exec(lines[index] ?? '')?.[0] ?? end;
  const next = line.endsWith('\n') ? line : line + own;
  return { text: lines.with(index, next).join(''), message: 'line replaced' };
}

type Found = readonly [index: number, match: PatternMatch];

/** Ansible takes the last line that matches, unless the first is asked for. */
const pick = (found: readonly Found[], firstmatch: boolean): Found | undefined =>
  firstmatch ? found[0] : found.at(-1);

/** The lines that match. As for Python, `$` holds before the end of a line, and `\s` or `\n` can match that end. */
export function matchesOf(
  lines: readonly string[],
  finder: Pattern | { readonly text: string } | undefined,
): readonly Found[] {
  if (finder === undefined) return [];
  if ('text' in finder) {
    const { text } = finder;
    return lines.flatMap((line, index) => (line.includes(text) ? [[index, nothing] as const] : []));
  }
  const within = finder.firstIn(lines.map((line) => line.replace(/\n$/, '')));
  const whole = finder.firstIn(lines.map((line, index) => (within[index] === undefined ? line : '')));
  return lines.flatMap((_, index) => {
    const match = within[index] ?? whole[index];
    return match === undefined ? [] : [[index, match] as const];
  });
}

const nothing: PatternMatch = { start: 0, end: 0, groups: [], starts: [] };

/** Without its end. */
const bare = (line: string): string => line.replace(/[\r\n]+$/, '');
