import type { Pattern, PatternMatch } from './pattern.js';
import { PatternFault } from './python-syntax.js';

type Part = string | number;

/** What takes the place of a match: text with `\1`, `\g<1>` and `\g<name>` in it, as Python's `re.sub` reads them. */
export type Replacement = readonly Part[];

const signs: Readonly<Record<string, string>> = {
  n: '\n',
  r: '\r',
  t: '\t',
  f: '\f',
  v: '\v',
  a: '\x07',
  b: '\b',
  '\\': '\\',
};

/** Reads a replacement for this pattern. Throws `PatternFault` for a group that it does not have. */
export function parseReplacement(text: string, { groupCount, names }: Pattern): Replacement {
  const parts: Part[] = [];
  let from = 0;
  for (const found of text.matchAll(/\\(?:g<([^>]*)>|(\d{1,2})|([^]))/g)) {
    const [all, reference, number, sign = ''] = found;
    parts.push(text.slice(from, found.index));
    from = found.index + all.length;
    if (reference !== undefined || number !== undefined) {
      parts.push(groupOf(reference ?? number ?? '', all, groupCount, names));
    } else if (signs[sign] !== undefined) parts.push(signs[sign]);
    else if (/[A-Za-z]/.test(sign)) {
      throw new PatternFault(
        `holds \\${sign}, which means nothing in a replacement; a backslash is written \\\\`,
      );
    } else parts.push(all);
  }
  return [...parts, text.slice(from)];
}

function groupOf(
  reference: string,
  written: string,
  groupCount: number,
  names: Readonly<Record<string, number>>,
): number {
  const isNumber = /^\d+$/.test(reference);
  const group = isNumber ? Number(reference) : Object.hasOwn(names, reference) ? names[reference] : undefined;
  if (group !== undefined && group <= groupCount) return group;
  throw new PatternFault(
    isNumber
      ? `holds ${written}, and the pattern has ${groupCount === 0 ? 'no group' : `${groupCount} group${groupCount === 1 ? '' : 's'}`}`
      : `holds ${written}, and the pattern has no group of that name`,
  );
}

/** A group that took no part in the match stands for nothing. */
export const expand = (replacement: Replacement, { groups }: PatternMatch): string =>
  replacement.map((part) => (typeof part === 'string' ? part : (groups[part] ?? ''))).join('');
