import { distance } from 'fastest-levenshtein';

/** Two swapped letters are one typing mistake, but two edits to Levenshtein. */
const isTransposition = (a: string, b: string): boolean => {
  let at = 0;
  while (at < a.length && a[at] === b[at]) at++;
  return (
    a[at] === b[at + 1] && a[at + 1] === b[at] && a.length === b.length && a.slice(at + 2) === b.slice(at + 2)
  );
};

/**
 * The candidate that was probably meant, or undefined when none is near enough for a typo: one slip in a word of up to
 * five letters, two up to eight, three beyond. Case and the choice of `-`, `_` or space cost nothing.
 */
export function nearest(word: string, candidates: Iterable<string>): string | undefined {
  const fold = (text: string): string => text.toLowerCase().replace(/[-\s]/g, '_');
  const wanted = fold(word);
  let best: { readonly candidate: string; readonly slips: number } | undefined;
  for (const candidate of candidates) {
    if (candidate === word) continue;
    const folded = fold(candidate);
    const slips = isTransposition(wanted, folded) ? 1 : distance(wanted, folded);
    const longest = Math.max(wanted.length, folded.length);
    const allowed = longest <= 2 ? 0 : longest <= 5 ? 1 : longest <= 8 ? 2 : 3;
    if (slips <= allowed && (best === undefined || slips < best.slips)) best = { candidate, slips };
  }
  return best?.candidate;
}

/** The hint of an unknown word: the nearest known one, else all of them (the first dozen). Undefined when there are none. */
export function suggest(word: string, candidates: readonly string[], known: string): string | undefined {
  const near = nearest(word, candidates);
  if (near !== undefined) return `Did you mean "${near}"?`;
  return candidates.length === 0 ? undefined : `${known}: ${enumerate(candidates)}.`;
}

/** `a, b, c and 9 more`. */
export function enumerate(words: readonly string[], limit = 12): string {
  const shown = words.slice(0, limit).join(', ');
  return words.length > limit ? `${shown} and ${words.length - limit} more` : shown;
}
