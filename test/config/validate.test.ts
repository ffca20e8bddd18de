import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { validate } from '../../src/config/validate.js';
import { parseYaml } from '../../src/config/yaml.js';
import { errorsFrom, textOf } from '../stages/error-text.js';

const schema = z.strictObject({
  name: z.string(),
  count: z.int().min(1).max(5).optional(),
  become: z.boolean().optional(),
  mode: z.enum(['fast', 'careful']).optional(),
  tags: z.array(z.string()).min(1).optional(),
  size: z.string().regex(/^\d+$/, { error: 'must be digits' }).optional(),
  nested: z.strictObject({ deep: z.number() }).optional(),
  either: z.union([z.strictObject({ port: z.number() }), z.strictObject({ command: z.string() })]).optional(),
  free: z
    .record(z.string().regex(/^[a-z]+$/, { error: 'has a key that is not lower case' }), z.unknown())
    .optional(),
});

test.each([
  ['- a', ['f.yml:1:1 This must be a mapping, not a list.']],
  ['count: 1', ['f.yml:1:1 `name` is missing.']],
  ['name: 5', ['f.yml:1:7 `name` must be text, not the number 5. | Put it in quotes: "5".']],
  ['name:', ['f.yml:1:1 `name` must be text, not nothing.']],
  ['name: a\ncount: "3"', ['f.yml:2:8 `count` must be a number, not "3". | Leave out the quotes.']],
  ['name: a\ncount: 1.5', ['f.yml:2:8 `count` must be a whole number, not the number 1.5.']],
  ['name: a\ncount: 0', ['f.yml:2:8 `count` must be at least 1, not 0.']],
  ['name: a\ncount: 6', ['f.yml:2:8 `count` must be at most 5, not 6.']],
  [
    'name: a\nbecome: yes',
    ['f.yml:2:9 `become` must be true or false, not "yes". | Write true: in YAML 1.2 "yes" is text.'],
  ],
  [
    'name: a\nmode: carefull',
    ['f.yml:2:7 `mode` must be one of fast, careful, not "carefull". | Did you mean "careful"?'],
  ],
  ['name: a\ntags: []', ['f.yml:2:7 `tags` must not be empty.']],
  ['name: a\ntags: [x, {}]', ['f.yml:2:11 `tags[1]` must be text, not a mapping.']],
  ['name: a\nsize: big', ['f.yml:2:7 `size` must be digits.']],
  ['name: a\nnested: {}', ['f.yml:2:1 `nested.deep` is missing.']],
  [
    'name: a\nnested: { depp: 1 }',
    [
      'f.yml:2:1 `nested.deep` is missing.',
      'f.yml:2:11 Unknown key `depp` in `nested`. | Did you mean "deep"?',
    ],
  ],
  [
    'name: a\neither: { comand: x }',
    [
      'f.yml:2:1 `either.port` is missing.',
      'f.yml:2:11 Unknown key `comand` in `either`. | Known here: port.',
    ],
  ],
  [
    'name: a\neither: { command: 5 }',
    ['f.yml:2:20 `either.command` must be text, not the number 5. | Put it in quotes: "5".'],
  ],
  ['name: a\nfree: { Upper: 1 }', ['f.yml:2:9 `free.Upper` has a key that is not lower case.']],
  [
    'nam: a\ncount: 9\nzebra: 1',
    [
      'f.yml:1:1 `name` is missing.',
      'f.yml:1:1 Unknown key `nam`. | Did you mean "name"?',
      'f.yml:2:8 `count` must be at most 5, not 9.',
      'f.yml:3:1 Unknown key `zebra`. | Known here: name, count, become, mode, tags, size, nested, either, free.',
    ],
  ],
])('%j is refused with all that is wrong, in the order of the file', (text, expected) => {
  const errors = errorsFrom(() => validate(schema, parseYaml('f.yml', text)));

  expect(errors.map(textOf)).toEqual(expected);
  for (const { at, sourceLine } of errors) expect(sourceLine).toBe(text.split('\n')[at!.line - 1]);
});

describe('a value that is not a whole document', () => {
  test('is called by its base', () => {
    const document = { value: { deep: 'x' } };

    const errors = errorsFrom(() => validate(z.strictObject({ deep: z.number() }), document, ['health']));

    expect(errors.map(textOf)).toEqual(['- `health.deep` must be a number, not "x".']);
  });

  test('is located by a locate that knows no keys of its own', () => {
    const { locate, value } = parseYaml('f.yml', 'deep: 1\nextra: 2');

    const errors = errorsFrom(() => validate(z.strictObject({ deep: z.number() }), { value, locate }));

    expect(errors.map(textOf)).toEqual(['f.yml:2:1 Unknown key `extra`. | Known here: deep.']);
  });
});

test('a value that fits is given its type', () => {
  expect(validate(schema, parseYaml('f.yml', 'name: a\nnested: { deep: 2 }'))).toEqual({
    name: 'a',
    nested: { deep: 2 },
  });
});
