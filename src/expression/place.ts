import type { ErrorPlace } from '../errors/adf-error.js';
import { Lines } from '../config/lines.js';
import type { Locate, Place, ValuePath } from '../model/source.js';

export { placeOf } from '../config/located.js';

/** Tells where in a user's file the character at an offset of a template or condition stands. */
export type PlaceOf = (offset: number) => ErrorPlace;

/** For a file that is a template as a whole. */
export const placeInFile =
  (file: string, text: string): PlaceOf =>
  (offset) =>
    placeAt(file, text, offset);

/** For a string in a YAML file. Without the file's text, where the string begins. */
export const placeInScalar =
  (locate: Locate, path: ValuePath, value: string): PlaceOf =>
  (offset) => {
    const at = locate(path);
    if (at === undefined) return {};
    if (locate.text === undefined) return { at };
    return placeAt(at.file, locate.text, offsetInScalar(locate.text, at, value, offset));
  };

/** Locates values by another path than the one they have in their file. */
export function locateThrough(locate: Locate, inFile: (path: ValuePath) => ValuePath): Locate {
  const through: Locate = (path, part) => locate(inFile(path), part);
  return locate.text === undefined ? through : Object.assign(through, { text: locate.text });
}

const placeAt = (file: string, text: string, offset: number): ErrorPlace =>
  new Lines(file, text).withLine(offset);

/**
 * YAML folds and indents white space, and keeps everything else in order. So the n-th visible character of the value is
 * the n-th visible one of its notation, once quotes, block headers and escapes are counted for what they are.
 */
function offsetInScalar(text: string, at: Place, value: string, offset: number): number {
  // The end of the value is behind its last visible character, not at whatever comes next in the file.
  const atEnd = value.slice(offset).trim() === '';
  let remaining = visible(value.slice(0, offset)) - (atEnd ? 1 : 0);
  const { start, style } = contentStart(text, offsetOf(text, at));
  for (let index = start; index < text.length;) {
    const step = visibleStep(text, index, style);
    if (step.visible && remaining <= 0) return atEnd ? index + step.length : index;
    if (step.visible) remaining -= 1;
    index += step.length;
  }
  return text.length;
}

const visible = (text: string): number => text.replace(/\s/g, '').length;

type ScalarStyle = 'plain' | 'single' | 'double' | 'block';

const offsetOf = (text: string, { line, column }: Place): number =>
  text
    .split('\n')
    .slice(0, line - 1)
    .reduce((sum, { length }) => sum + length + 1, 0) +
  column -
  1;

/** Past anchor and tag, past the opening quote or the header of a block. */
function contentStart(text: string, from: number): { start: number; style: ScalarStyle } {
  const properties = /^(?:[&!]\S*\s+)*/.exec(text.slice(from))?.[0].length ?? 0;
  const index = from + properties;
  const first = text[index];
  if (first === '"') return { start: index + 1, style: 'double' };
  if (first === "'") return { start: index + 1, style: 'single' };
  if (first === '|' || first === '>') return { start: text.indexOf('\n', index) + 1, style: 'block' };
  return { start: index, style: 'plain' };
}

/** How many characters of the notation stand for one character of the value, and whether that one is visible. */
function visibleStep(text: string, index: number, style: ScalarStyle): { length: number; visible: boolean } {
  const character = text[index] ?? '';
  if (style === 'single' && text.startsWith("''", index)) return { length: 2, visible: true };
  if (style === 'double' && character === '\\') {
    const escape = /^\\(?:x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|[^])/.exec(
      text.slice(index, index + 10),
    );
    const written = escape?.[0] ?? '\\';
    return { length: written.length, visible: !/^\\[ntrvf \t\n_NLP]$/.test(written) };
  }
  return { length: 1, visible: !/\s/.test(character) };
}
