import { AdfError, AdfErrors } from '../errors/adf-error.js';

/**
 * Control characters, which could move the cursor, recolour or retitle a terminal; characters that change the direction of text, which make it
 * read otherwise than it is; and Unicode's own line separators. Tabs and line feeds are no part of it.
 */
// eslint-disable-next-line no-control-regex -- exactly the control characters.
const unsafe = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

/** Lines of text that are safe to show: `^[`, `\x9b` or `\u202e` for each character that is not. Tabs and line ends stay. */
export const visibleLines = (text: string): string =>
  text.replaceAll('\r\n', '\n').replace(unsafe, (character) => {
    const code = character.charCodeAt(0);
    if (code < 0x20) return String.fromCharCode(0x5e, code + 0x40);
    return code < 0x100 ? `\\x${code.toString(16)}` : escaped(code);
  });

/** The same on one line: `\n` and `\t` for line ends and tabs. */
export const visibleText = (text: string): string =>
  visibleLines(text).replaceAll('\n', '\\n').replaceAll('\t', '\\t');

/** The same lines side by side. */
export const onOneLine = (lines: string): string => lines.replaceAll('\n', ' ');

/** The lines after the first are marked, so that none of them can be taken for a line of its own. */
export const continued = (lines: string): string => lines.replaceAll('\n', '\n  | ');

/** A document as JSON, in which the same characters are escaped. */
export const visibleJson = (
  document: unknown,
  replacer?: (key: string, value: unknown) => unknown,
  indent?: number,
): string =>
  JSON.stringify(document, replacer, indent).replace(unsafe, (character) => escaped(character.charCodeAt(0)));

const escaped = (code: number): string => `\\u${code.toString(16).padStart(4, '0')}`;

/** These may have several lines, and views lay them out as lines. */
const ofLines: ReadonlySet<string> = new Set(['output', 'diff', 'text', 'message', 'hint']);

/**
 * A copy of an event, a report or what was thrown in which all text is safe to show. Names, addresses, reasons and output come from tags, hosts,
 * registries and files of others: each view shows this copy. Only fields that are laid out as lines keep their line ends.
 */
export function visible<T>(document: T): T;
export function visible(document: unknown): unknown {
  return visit(document, '');
}

function visit(value: unknown, key: string): unknown {
  if (typeof value === 'string') return ofLines.has(key) ? visibleLines(value) : visibleText(value);
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((item) => visit(item, key));
  if (value instanceof AdfErrors) {
    const [first, ...others] = value.errors;
    return new AdfErrors([visibleError(first), ...others.map(visibleError)], value.class);
  }
  if (value instanceof AdfError) return visibleError(value);
  // A foreign error is shown as the bug that it is.
  if (value instanceof Error) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [visibleText(name), visit(item, name)]),
  );
}

function visibleError(error: AdfError): AdfError {
  const { cause, message, ...details } = error;
  return new AdfError({ ...(visit(details, '') as typeof details), message: visibleLines(message), cause });
}
