import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { breadth } from '../deep.js';
import { parseYaml } from '../../src/config/yaml.js';
import type { ValuePath } from '../../src/model/source.js';
import { errorsFrom, textOf } from '../stages/error-text.js';

const at = (text: string, path: ValuePath, part?: 'key' | 'value'): string => {
  const place = parseYaml('f.yml', text).locate(path, part);
  return place === undefined ? 'nowhere' : `${place.line}:${place.column}`;
};

describe('values', () => {
  test.each([
    ['yes, no, on and off are text', 'a: [yes, no, on, off]', { a: ['yes', 'no', 'on', 'off'] }],
    ['true and false are booleans', 'a: [true, False]', { a: [true, false] }],
    ['dates and times of day are text', 'a: [2026-11-21, 12:30:45]', { a: ['2026-11-21', '12:30:45'] }],
    ['a port mapping is text', 'a: 5060:5000', { a: '5060:5000' }],
    ['numbers are numbers', 'a: [0, -1, 12, 1.5, .5, 0x1f, 0o17]', { a: [0, -1, 12, 1.5, 0.5, 31, 15] }],
    ['quoted numbers are text', `a: ["0123", '1.10']`, { a: ['0123', '1.10'] }],
    ['underscores do not make a number', 'a: 1_000', { a: '1_000' }],
    ['aliases repeat their anchor', 'a: &x {k: 1}\nb: *x', { a: { k: 1 }, b: { k: 1 } }],
    [
      'merge keys merge, and own keys win',
      'a: &x {k: 1, l: 2}\nb: {<<: *x, k: 3}',
      { a: { k: 1, l: 2 }, b: { k: 3, l: 2 } },
    ],
    ['an empty file is null', '', null],
    ['a file of comments is null', '# nothing\n', null],
    ['a byte order mark is no part of the text', '\uFEFFa: 1', { a: 1 }],
  ])('%s', (_, text, value) => {
    expect(parseYaml('f.yml', text).value).toEqual(value);
  });

  test('a key __proto__ is a key like any other and changes no prototype', () => {
    const { value } = parseYaml('f.yml', '__proto__: { polluted: true }');

    expect(Object.keys(value as object)).toEqual(['__proto__']);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });
});

describe('places', () => {
  const text = [
    'container:',
    '  name: "api"',
    '  ports: ["5060:5000", 80]',
    '  env: &env',
    '    A: 1',
    '  empty:',
    '  script: |',
    '    echo "x"',
    'copy: *env',
    'merged:',
    '  <<: *env',
    '  B: 2',
    '- '.slice(2),
  ].join('\n');

  test.each<[ValuePath, string, string]>([
    [[], '1:1', '1:1'],
    [['container'], '2:3', '1:1'],
    [['container', 'name'], '2:9', '2:3'],
    [['container', 'ports', 0], '3:11', '3:11'],
    [['container', 'ports', 1], '3:24', '3:24'],
    [['container', 'env', 'A'], '5:8', '5:5'],
    [['container', 'empty'], '6:3', '6:3'],
    [['container', 'script'], '7:11', '7:3'],
    [['copy'], '9:7', '9:1'],
    [['copy', 'A'], '5:8', '5:5'],
    [['merged', 'A'], '5:8', '5:5'],
    [['merged', 'B'], '12:6', '12:3'],
    [['container', 'nothing', 'here'], '2:3', '2:3'],
    [['container', 'ports', 7], '3:10', '3:10'],
  ])('%j stands at %s, its key at %s', (path, value, key) => {
    expect(at(text, path)).toBe(value);
    expect(at(text, path, 'key')).toBe(key);
  });

  test('lines end at \\n, \\r\\n and \\r alike', () => {
    expect(at('a: 1\r\nb: 2\r\n', ['b'])).toBe('2:4');
    expect(at('a: 1\rb: 2', ['b'])).toBe('2:4');
  });

  test('whatever the document, each scalar stands where its place says', () => {
    const scalar = fc.stringMatching(/^[a-z][a-z0-9]{0,8}$/).map((word) => `w${word}`);
    const key = fc.stringMatching(/^k[a-z0-9]{1,6}$/);
    const tree = fc.letrec<{ node: unknown }>((tie) => ({
      node: fc.oneof(
        { maxDepth: 4 },
        scalar,
        fc.array(tie('node'), { minLength: 1, maxLength: 4 }),
        fc.dictionary(key, tie('node'), { minKeys: 1, maxKeys: 4 }),
      ),
    })).node;
    fc.assert(
      fc.property(
        fc.dictionary(key, tree, { minKeys: 1 }),
        fc.boolean(),
        fc.boolean(),
        (value, flow, quote) => {
          const text = write(value, flow, quote);
          const lines = text.split('\n');
          const document = parseYaml('f.yml', text);
          expect(document.value).toEqual(value);
          for (const [path, leaf] of leaves(value)) {
            const place = document.locate(path)!;
            expect(lines[place.line - 1]!.slice(place.column - 1)).toMatch(new RegExp(`^"?${leaf}\\b`));
            const name = path.at(-1);
            if (typeof name === 'string') {
              const keyPlace = document.locate(path, 'key')!;
              expect(lines[keyPlace.line - 1]!.slice(keyPlace.column - 1)).toMatch(
                new RegExp(`^"?${name}"?:`),
              );
            }
          }
        },
      ),
    );
  });
});

/** Writes YAML in blocks or in flow, plain or quoted. */
function write(value: unknown, flow: boolean, quote: boolean, indent = ''): string {
  const word = (text: string): string => (quote ? JSON.stringify(text) : text);
  if (typeof value === 'string') return word(value);
  if (flow) {
    return Array.isArray(value)
      ? `[${value.map((item) => write(item, flow, quote)).join(', ')}]`
      : `{${Object.entries(value as object)
          .map(([key, item]) => `${word(key)}: ${write(item, flow, quote)}`)
          .join(', ')}}`;
  }
  const below = (item: unknown): string =>
    typeof item === 'string' ? ` ${word(item)}` : `\n${write(item, flow, quote, `${indent}  `)}`;
  return Array.isArray(value)
    ? value.map((item) => `${indent}-${below(item)}`).join('\n')
    : Object.entries(value as object)
        .map(([key, item]) => `${indent}${word(key)}:${below(item)}`)
        .join('\n');
}

function* leaves(value: unknown, path: ValuePath = []): Generator<[ValuePath, string]> {
  if (typeof value === 'string') yield [path, value];
  else if (Array.isArray(value))
    for (const [index, item] of value.entries()) yield* leaves(item, [...path, index]);
  else for (const [key, item] of Object.entries(value as object)) yield* leaves(item, [...path, key]);
}

describe('what is wrong', () => {
  const quoting = 'A value that begins with {{ needs quotes around it: "{{ name }}".';

  test.each([
    [
      'a: 1\nb: 2\na: 3',
      ['f.yml:3:1 The key "a" stands here twice, first at f.yml:1:1. | Keep one of the two.'],
    ],
    ['1: a\n"1": b', ['f.yml:2:1 The key "1" stands here twice, first at f.yml:1:1. | Keep one of the two.']],
    [
      'account: 012345678901',
      [
        'f.yml:1:10 012345678901 without quotes is the number 12345678901. | Write "012345678901" if the text is meant, or 12345678901 if the number is.',
      ],
    ],
    [
      'version: 1.10\ncommit: 12e3',
      [
        'f.yml:1:10 1.10 without quotes is the number 1.1. | Write "1.10" if the text is meant, or 1.1 if the number is.',
        'f.yml:2:9 12e3 without quotes is the number 12000. | Write "12e3" if the text is meant, or 12000 if the number is.',
      ],
    ],
    [
      'image: {{ registry }}/api',
      [`f.yml:1:22 This is not valid YAML: bad indentation of a mapping entry. | ${quoting}`],
    ],
    ['a: [ {{ b }} ]', [`f.yml:1:7 This is not valid YAML: a list or mapping cannot be a key. | ${quoting}`]],
    [
      'a:\n\tb: 1',
      ['f.yml:2:1 This is not valid YAML: a tab stands in the indentation. | Indent with spaces.'],
    ],
    [
      'a: b: c',
      [
        'f.yml:1:5 This is not valid YAML: bad indentation of a mapping entry. | Check the indentation, and quote text that holds ": ".',
      ],
    ],
    [
      'a: *nope',
      [
        'f.yml:1:5 This is not valid YAML: unidentified alias "nope". | A value that begins with a sign such as @, %, * or & needs quotes around it.',
      ],
    ],
    ['a: &x [*x]', ['f.yml:1:8 This is not valid YAML: *x is inside &x, and would never end.']],
    [
      'a: "x',
      [
        'f.yml:1:4 This is not valid YAML: the quote that begins here is not closed. | Close it with another ".',
      ],
    ],
    [
      'a: 1\n---\nb: 2',
      ['f.yml:3:1 This is not valid YAML: a second document begins here. | Keep one document a file.'],
    ],
    [
      'a: !!python/object x',
      [
        'f.yml:1:4 This is not valid YAML: the tag !!python/object is not known. | Write the value without it. A text that begins with ! needs quotes around it.',
      ],
    ],
  ])('%j', (text, expected) => {
    const errors = errorsFrom(() => parseYaml('f.yml', text));

    expect(errors.map(textOf)).toEqual(expected);
    expect(errors.map((error) => error.class)).toEqual(expected.map(() => 'invalid'));
    for (const { at: place, sourceLine } of errors)
      expect(sourceLine).toBe(text.split('\n')[place!.line - 1]);
  });

  const tab = 'a tab stands in the indentation | Indent with spaces.';
  const quote = 'the quote that begins here is not closed | Close it with another ';
  const bracket = 'what begins here with ';
  test.each<[text: string, place: string, words: string]>([
    ['a:\n\tb: 1', '2:1', tab],
    ['a:\n  b: 1\n \tc: 2', '3:2', tab],
    ['\ta: 1', '1:1', tab],
    ['a: [1,\n\t2]', '2:1', tab],
    ['a:\n  - x\n \t- y', '3:2', tab],
    ['a: "x', '1:4', quote],
    ['a: "x\nb: 1\nc: 2\n', '1:4', quote],
    ["a: 'x\nb: 1\n", '1:4', quote],
    ['a: "x\nb: "y"\nc: 3\n', '1:4', quote],
    ["a: it's\nb: 'x\nc: 'y'\n", '2:4', quote],
    ['a: ["x, y]\nb: "z"\n', '1:5', quote],
    ["- 'a\n- b\n", '1:3', quote],
    ['a:\n  - name: "x\n    shell: echo "y"\n', '2:11', quote],
    ['a: "good"\nb: !x "bad\nc: 1', '2:7', quote],
    ['a: {b: 1', '1:4', `${bracket}{ is not closed`],
    ['a: {b: "]", c: [1, 2}\nd: 1\n', '1:16', `${bracket}[ is not closed`],
    ['a: [1,\nb: 2\n', '1:4', `${bracket}[ is not closed`],
    ['a: !vault |\n  $ANSIBLE_VAULT;1.1;AES256\n  3061\n', '1:4', 'ansible-vault encrypted this'],
    ['$ANSIBLE_VAULT;1.1;AES256\n6162\n', '1:1', 'ansible-vault encrypted this'],
    ['a: !unsafe "x"', '1:4', 'the tag !unsafe is not known | Write the value without it.'],
    ['a: !Ref x', '1:4', 'the tag !Ref is not known | Write the value without it.'],
    ['a: !!binary aGk=', '1:4', 'the tag !!binary is not known | Write the value without it.'],
    ['a: !!python/object:x {}', '1:4', 'the tag !!python/object:x is not known'],
    ['a: \u0007x', '1:4', 'U+0007 is no text | Write it in double quotes, as "\\x07".'],
    ['a: x\u0000y', '1:5', 'U+0000 is no text'],
  ])('%j is told at %s, where it begins', (text, place, words) => {
    const [error] = errorsFrom(() => parseYaml('f.yml', text));
    expect(textOf(error!).replace(/\.( \||$)/, '$1')).toContain(
      `f.yml:${place} This is not valid YAML: ${words}`,
    );
  });

  test('no text makes the reader fail in any other way', () => {
    const piece = fc.constantFrom(
      'a',
      ': ',
      '\n',
      '  ',
      '- ',
      '{',
      '}',
      '[',
      ']',
      '"',
      "'",
      '&x ',
      '*x',
      '|\n',
      '<<',
      '#',
      '!',
      '\t',
      ',',
      '0',
      '.1',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 25 }), (pieces) => {
        const errors = errorsFrom(() => {
          const document = parseYaml('f.yml', pieces.join(''));
          document.locate(['a', 0, 'x']);
        });
        expect(errors.filter((error) => error.class !== 'invalid')).toEqual([]);
      }),
      { numRuns: breadth(250, 2_000) },
    );
  });
});
