import type { Pattern } from '../model/pattern/pattern.js';
import { matchesOf } from './line-edit.js';
import { lineEndOf, linesOf, type Edited, type PlaceInText } from './text-edit.js';

/** What `blockinfile` wants of a file, in the file's own encoding. */
export interface WantedBlock {
  /** The lines around the block. */
  readonly begin: string;
  readonly end: string;
  /** Empty: the block and its markers are removed. */
  readonly block: string;
  /** Where a new block goes. */
  readonly place: PlaceInText;
  readonly prependNewline: boolean;
  readonly appendNewline: boolean;
}

/** Puts a block between its markers, or removes both, as Ansible's blockinfile does. */
export function putBlock(text: string, wanted: WantedBlock): Edited {
  const { begin, end, block, place, prependNewline, appendNewline } = wanted;
  const newline = lineEndOf(text);
  const [lines, at] = withoutBlock(linesOf(text), begin, end);
  const index = at ?? (block === '' ? undefined : placeOf(text, lines, place));
  if (index === undefined) return { text, message: '' };
  const above = lines.slice(0, index);
  const below = lines.slice(index);
  const last = above.at(-1);
  if (last !== undefined && !last.endsWith('\n')) above[above.length - 1] = last + newline;
  const middle =
    block === '' ? [] : [begin, ...withoutLastEnd(block).split(/\r?\n/), end].map((line) => line + newline);
  const blankAbove = middle.length > 0 && prependNewline && above.length > 0 && !isBlank(above.at(-1));
  const blankBelow = middle.length > 0 && appendNewline && below.length > 0 && !isBlank(below[0]);
  return {
    text: [
      ...above,
      ...(blankAbove ? [newline] : []),
      ...middle,
      ...(blankBelow ? [newline] : []),
      ...below,
    ].join(''),
    message: block === '' ? 'Block removed' : 'Block inserted',
  };
}

/** What is left when the markers are there, and where they were. */
function withoutBlock(
  lines: readonly string[],
  begin: string,
  end: string,
): readonly [readonly string[], number | undefined] {
  const first = lines.findLastIndex((line) => bare(line) === begin);
  const last = lines.findLastIndex((line) => bare(line) === end);
  if (first === -1 || last === -1) return [lines, undefined];
  const [from, to] = first < last ? [first, last] : [last, first];
  return [lines.toSpliced(from, to - from + 1), from];
}

function placeOf(text: string, lines: readonly string[], place: WantedBlock['place']): number {
  if (place === 'BOF') return 0;
  if (place === 'EOF') return lines.length;
  const { side, pattern } = place;
  const found = pattern.multiline ? lineInWhole(text, pattern, side) : matchesOf(lines, pattern).at(-1)?.[0];
  return found === undefined ? lines.length : found + (side === 'after' ? 1 : 0);
}

/** A pattern that begins with (?m) is looked for in the whole text: the line in which its first match ends or begins. */
function lineInWhole(text: string, pattern: Pattern, side: 'after' | 'before'): number | undefined {
  const [match] = pattern.firstIn([text]);
  return match && text.slice(0, side === 'after' ? match.end : match.start).split('\n').length - 1;
}

const withoutLastEnd = (block: string): string => block.replace(/\r?\n$/, '');

const isBlank = (line: string | undefined): boolean => line === '\n' || line === '\r\n';

const bare = (line: string): string => line.replace(/\r?\n$/, '');
