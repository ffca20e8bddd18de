/** How many pieces of a folded list are shown. */
const defaultPieces = 12;

/**
 * Many host names as few words, in the notation of Ansible's inventories: `api-[1:40], web-7`. Names keep their order
 * except that a number next to its predecessor joins it. Beyond `pieces` it ends with `and 12 more`.
 */
export function foldHosts(names: readonly string[], pieces = defaultPieces): string {
  const ranges = rangesOf(names);
  const shown = ranges.slice(0, pieces);
  const hidden = ranges.slice(pieces).reduce((count, range) => count + range.last - range.first + 1, 0);
  const words = shown.flatMap(formatRange);
  return hidden === 0 ? words.join(', ') : `${words.join(', ')} and ${hidden} more`;
}

/** `4 hosts`, `1 host`. */
export const countHosts = (count: number): string => (count === 1 ? '1 host' : `${count} hosts`);

interface Range {
  readonly prefix: string;
  /** False for a name without a number at its end. */
  readonly numbered: boolean;
  /** Digits to fill up with zeros; 0 when the names have no leading zeros. */
  readonly padding: number;
  /** Of the number as it was written. */
  readonly digits: number;
  readonly first: number;
  last: number;
}

function rangesOf(names: readonly string[]): readonly Range[] {
  const ordered = [...names].sort((a, b) => a.localeCompare(b, 'en', { numeric: true }));
  const ranges: Range[] = [];
  for (const name of ordered) {
    const single = parse(name);
    const before = ranges.at(-1);
    if (before !== undefined && follows(single, before)) before.last = single.last;
    else ranges.push(single);
  }
  return ranges;
}

/** Up to 6 digits at the end count as a number; more is an id such as `i-0123456789`. */
function parse(name: string): Range {
  const match = /^(.*?\D)(\d{1,6})$/.exec(name);
  if (match === null) return { prefix: name, numbered: false, padding: 0, digits: 0, first: 0, last: 0 };
  const [, prefix = '', number = ''] = match;
  const padding = number.length > 1 && number.startsWith('0') ? number.length : 0;
  return {
    prefix,
    numbered: true,
    padding,
    digits: number.length,
    first: Number(number),
    last: Number(number),
  };
}

/** `api-09` and `api-10` belong together, and so do `api-9` and `api-10`; `api-9` and `api-010` do not. */
const follows = (next: Range, before: Range): boolean =>
  next.numbered &&
  before.numbered &&
  next.prefix === before.prefix &&
  next.first === before.last + 1 &&
  (before.padding > 0 ? next.digits === before.padding : next.padding === 0);

/** Two neighbours are quicker to read as two names. */
function formatRange({ prefix, numbered, padding, first, last }: Range): string[] {
  if (!numbered) return [prefix];
  const padded = (value: number): string => String(value).padStart(padding, '0');
  if (last - first < 2)
    return (first === last ? [first] : [first, last]).map((value) => prefix + padded(value));
  return [`${prefix}[${padded(first)}:${padded(last)}]`];
}
