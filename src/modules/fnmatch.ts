import { compilePattern, type Pattern } from '../model/pattern/pattern.js';

/** A pattern of names as Python's fnmatch reads it: `*.log`, `?`, `[a-z]`, `[!a-z]`. `*` takes a `/` too. Throws `PatternFault`. */
export const globPattern = (glob: string): Pattern =>
  compilePattern(`\\A(?:${[...piecesOf(glob)].join('')})\\Z`, { dotAll: true });

function* piecesOf(glob: string): Generator<string> {
  for (const [piece, set] of glob.matchAll(/\[(!?\]?[^\]]*)\]|[^]/gu)) {
    if (set !== undefined && set !== '' && set !== '!') yield setOf(set);
    else if (piece === '*') yield '.*';
    else if (piece === '?') yield '.';
    else yield piece.replace(/[\\^$.|?*+()[\]{}]/g, '\\$&');
  }
}

function setOf(set: string): string {
  const isNegated = set.startsWith('!');
  return `[${isNegated ? '^' : ''}${(isNegated ? set.slice(1) : set).replace(/[\\[\]^&~|]/g, '\\$&')}]`;
}

/**
 * What find(1) may look for with `-name` when the names that a glob matches are wanted: these names, and perhaps some more. find differs between
 * hosts in how it reads sets, backslashes and characters of several bytes.
 */
export const coarseGlob = (glob: string): string => glob.replace(/\[!?\]?[^\]]*\]|[^A-Za-z0-9_.*-]/gu, '*');
