import { shortestSecret } from '../model/secret.js';

/** A part of a text, from its first character to the one after its last. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** Where adfpush itself cuts texts: output that is too much for memory, and long values in what is said of settings. */
const cuts = /\n\[… [^\n]* …\]\n|…(?=")/g;

/** Whether a text can have a cut at all: each one is marked by an ellipsis. */
export const mayBeCut = (text: string): boolean => text.includes('…');

/**
 * What is left of secrets that a cut goes through: the text before it may end with the beginning of a form, and the text after it begin
 * with an end. Fewer characters than a secret must have are left alone.
 */
export function formsAtCuts(text: string, forms: Iterable<string>): readonly Span[] {
  const spans: Span[] = [];
  for (const { index, 0: cut } of text.matchAll(cuts)) {
    const after = index + cut.length;
    let [start, end] = [index, after];
    for (const form of forms) {
      start = Math.min(start, index - endsWithBeginningOf(form, text, index));
      end = Math.max(end, after + beginsWithEndOf(form, text, after));
    }
    if (start < index) spans.push({ start, end: index });
    if (end > after) spans.push({ start: after, end });
  }
  return spans;
}

/** How many characters of the form's beginning stand right before the place; 0 when too few do. */
function endsWithBeginningOf(form: string, text: string, place: number): number {
  const beginning = form.slice(0, shortestSecret);
  const before = text.slice(Math.max(0, place - form.length + 1), place);
  for (let at = before.indexOf(beginning); at >= 0; at = before.indexOf(beginning, at + 1)) {
    if (form.startsWith(before.slice(at))) return before.length - at;
  }
  return 0;
}

/** How many characters of the form's end stand right after the place; 0 when too few do. */
function beginsWithEndOf(form: string, text: string, place: number): number {
  const ending = form.slice(-shortestSecret);
  const after = text.slice(place, place + form.length - 1);
  for (let at = after.indexOf(ending); at >= 0; at = after.indexOf(ending, at + 1)) {
    const length = at + ending.length;
    if (form.endsWith(after.slice(0, length))) return length;
  }
  return 0;
}
