import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { escaped } from '../../build/ascii.js';
import { root } from '../stages/adfpush.js';

it.each([
  ["'a … b'", String.raw`'a \u2026 b'`],
  ['/[–—]/u', String.raw`/[\u2013\u2014]/u`],
  // Outside the basic plane, as the pair that it is in UTF-16.
  ['`😀${x}`', '`\\ud83d\\ude00${x}`'],
  // The backslash only said that the character means itself.
  [String.raw`/\é/`, String.raw`/\u00e9/`],
  // A backslash that is a character of its own stays.
  [String.raw`'\\é'`, String.raw`'\\\u00e9'`],
])('%s is written in ASCII, and means the same', (code, ascii) => {
  expect(escaped(code)).toBe(ascii);
});

it('the program is ASCII, so that V8 keeps its source in one byte for each character', () => {
  const files = globSync('dist/**/*.js', { cwd: root });
  expect(files).toContain('dist/bin.js');
  const others = files.filter((file) => /[^\0-\x7f]/.test(readFileSync(join(root, file), 'utf8')));
  expect(others).toEqual([]);
});
