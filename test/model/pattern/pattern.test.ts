import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compilePattern } from '../../../src/model/pattern/pattern.js';
import { expand, parseReplacement } from '../../../src/model/pattern/replacement.js';

const first = (source: string, text: string): readonly (string | undefined)[] | undefined =>
  compilePattern(source).firstIn([text])[0]?.groups;

describe('a pattern', () => {
  it.each<[source: string, text: string, groups: readonly (string | undefined)[] | undefined]>([
    ['^(?P<key>\\w+)=(.*)$', 'a=b c', ['a=b c', 'a', 'b c']],
    ['(?i)^port', 'PORT 1', ['PORT']],
    ['(a)|(b)', 'b', ['b', undefined, 'b']],
    ['\\Aab\\Z', 'ab', ['ab']],
    ['\\Aab\\Z', 'ab\n', undefined],
    ['a{,2}b', 'aaab', ['aab']],
    ['a{x', 'a{x', ['a{x']],
    ['[]x]+', 'a]x', [']x']],
    ['[^]]+', ']a]', ['a']],
    ['[[:]', '[', ['[']],
    ['\\<\\/a\\-\\"\\>', '</a-">', ['</a-">']],
    ['a.b', 'a\nb', undefined],
    ['(?s)a.b', 'a\nb', ['a\nb']],
    ['(?m)^b$', 'a\nb\nc', ['b']],
    ['^b$', 'a\nb\nc', undefined],
    ['(?#a word)b', 'b', ['b']],
    ['\\s', '\v', ['\v']],
    ['\\w', 'é', undefined],
    ['\\x41\\u0042', 'AB', ['AB']],
    // What no engine of linear time does.
    ['^(?!#)\\s*port', 'port', ['port']],
    ['^(?!#)\\s*port', '#port', undefined],
    ['(?<=a)b', 'ab', ['b']],
    ['(a|b)\\1', 'abb', ['bb', 'b']],
    ['(?P<q>["\'])x(?P=q)', '"x"', ['"x"', '"']],
    ['(?m)^(?=b).*$', 'a\nb\rc\nd', ['b\rc']],
    ['😀.(?!x)', '😀😀', ['😀😀']],
  ])('%s on %j', (source, text, groups) => {
    expect(first(source, text)).toEqual(groups);
  });

  it.each([
    ['(', /cannot be read: /],
    ['a**', /cannot be read: /],
    ['[a', 'has a [ without its ]'],
    ['a\\', 'ends with a backslash'],
    ['\\q', 'holds \\q, which means nothing'],
    ['(?x) a', 'begins with (?x), which is not known here'],
    ['(?>a)', 'holds (?>a, which is not known here'],
    ['a++', 'holds ++, which is not known here'],
  ])('%s cannot be one', (source, message) => {
    expect(() => compilePattern(source)).toThrow(message);
  });

  it('takes time that is linear to the text, or is stopped', () => {
    const text = `${'a'.repeat(50_000)}b`;
    expect(compilePattern('(a+)+$').firstIn([text])).toEqual([undefined]);
    expect(() => compilePattern('^(?!z)(a+)+$').firstIn([`${'a'.repeat(50)}b`])).toThrow(
      expect.objectContaining({ code: 'pattern.too_slow' }),
    );
  });

  it('means the same to both engines', () => {
    const atom = fc.constantFrom(
      'a',
      'b',
      '.',
      '\\d',
      '[a-c]',
      '[^b]',
      '^',
      '$',
      '\\b',
      '(a|b)',
      '\\s',
      '\\.',
      'é',
    );
    const piece = fc.tuple(atom, fc.constantFrom('', '', '*', '+?', '?', '{1,2}'));
    const patterns = fc
      .array(piece, { minLength: 1, maxLength: 5 })
      .map((pieces) =>
        pieces
          .map(([one, times]) => (/[\^$]|\\b/.test(one) && !one.startsWith('[') ? one : one + times))
          .join(''),
      );
    const texts = fc.string({ unit: fc.constantFrom('a', 'b', 'c', '1', '.', '\n', ' ', 'é'), maxLength: 8 });
    fc.assert(
      fc.property(patterns, texts, fc.boolean(), (source, text, multiline) => {
        // The look around that always holds sends it to the other engine.
        const [linear, native] = [source, `(?:${source})(?!zzz)`].map((one) =>
          compilePattern(one, { multiline }).firstIn([text]),
        );
        expect(native).toEqual(linear);
      }),
      { numRuns: 200 },
    );
  });

  it('finds all matches of a text, each of which begins where the last ended', () => {
    for (const source of ['a(b)?', 'a(?!z)(b)?']) {
      const all = compilePattern(source).allIn('ab a é ab');
      expect(all.map(({ start, end }) => [start, end])).toEqual([
        [0, 2],
        [3, 4],
        [7, 9],
      ]);
      expect(all[1]?.groups).toEqual(['a', undefined]);
    }
  });
});

describe('a replacement', () => {
  const replaced = (source: string, by: string, text: string): string | undefined => {
    const pattern = compilePattern(source);
    const [match] = pattern.firstIn([text]);
    return match === undefined ? undefined : expand(parseReplacement(by, pattern), match);
  };

  it.each([
    ['(a)(b)?', '\\2\\1', 'a', 'a'],
    ['(?P<x>a)', '\\g<x>-\\g<1>0-\\g<0>', 'a', 'a-a0-a'],
    ['(?P<x>a)(?!z)', '\\g<x>', 'a', 'a'],
    ['a', '1\\n2\\t\\\\', 'a', '1\n2\t\\'],
    ['a', '$1 \\. é', 'a', '$1 \\. é'],
  ])('%s by %s', (source, by, text, result) => {
    expect(replaced(source, by, text)).toBe(result);
  });

  it.each([
    ['(a)', '\\2', 'holds \\2, and the pattern has 1 group'],
    ['a', '\\1', 'holds \\1, and the pattern has no group'],
    ['(a)', '\\g<b>', 'holds \\g<b>, and the pattern has no group of that name'],
    ['(a)', '\\d', 'holds \\d, which means nothing in a replacement'],
  ])('%s by %s is refused', (source, by, message) => {
    expect(() => replaced(source, by, 'a')).toThrow(message);
  });
});
