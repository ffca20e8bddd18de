import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { quote, quoteAll } from '../../src/transport/quote.js';

test('a shell reads back every argument exactly as it was', () => {
  const special = Array.from(`'"\\$\`!*?~#&;|<>(){}[]\n\t =-`);
  const argument = fc.string({ unit: fc.oneof(fc.constantFrom(...special), fc.string()) });
  const withoutNul = argument.filter((text) => !text.includes('\0') && text.isWellFormed());
  fc.assert(
    fc.property(fc.array(withoutNul, { minLength: 1, maxLength: 40 }), (argv) => {
      const line = `printf '%s\\0' ${quoteAll(argv)}`;

      const read = execFileSync('/bin/sh', ['-c', line], { encoding: 'utf8' });

      expect(read).toBe(argv.map((word) => `${word}\0`).join(''));
    }),
    { numRuns: 100 },
  );
});

test('an argument with a NUL is refused, since no program could get it', () => {
  expect(() => quote('a\0b')).toThrow(expect.objectContaining({ code: 'command.argument' }));
});

test('plain words stay readable', () => {
  expect(quoteAll(['docker', 'system', 'dial-stdio'])).toBe('docker system dial-stdio');
  expect(quote('')).toBe("''");
});

test('half of a character is refused, since no bytes stand for it', () => {
  expect(() => quote('a\ud800b')).toThrow(expect.objectContaining({ code: 'command.argument' }));
  expect(quote('a\ud83d\ude00b')).toBe("'a\u{1f600}b'");
});
