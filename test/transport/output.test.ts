import { expect, test } from 'vitest';
import { Output } from '../../src/transport/output.js';

const mebibyte = 1024 * 1024;

test('output that fits is kept as it was, whatever the pieces', () => {
  const output = new Output();

  for (const piece of ['one ', 'two ', 'x'.repeat(mebibyte)]) output.add(piece);

  expect(output.toString()).toBe(`one two ${'x'.repeat(mebibyte)}`);
  expect(output.truncated).toBe(false);
});

test('of too much output the beginning and the end are kept, and it says so', () => {
  const output = new Output();
  output.add('the beginning ');
  for (let piece = 0; piece < 100; piece += 1) output.add('x'.repeat(100_000));
  output.add(' the end');

  const text = output.toString();

  expect(text.startsWith('the beginning x')).toBe(true);
  expect(text.endsWith('x the end')).toBe(true);
  expect(text.length).toBeLessThan(3 * mebibyte);
  expect(output.truncated).toBe(true);
});

test('a character that comes in two pieces stays one', () => {
  const output = new Output();
  const [first, second] = [Buffer.from('ä').subarray(0, 1), Buffer.from('ä').subarray(1)];

  const decoded = [output.decode(first), output.decode(second)];

  expect(decoded).toEqual(['', 'ä']);
});
