import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readExtraVars } from '../../src/cli/extra-vars.js';
import { errorsOf } from '../../src/errors/adf-error.js';
import { temporaryFolder } from '../stages/temporary-folder.js';

const valuesOf = (...given: string[]): unknown[] => readExtraVars(given).map(({ values }) => values);

const fileWith = (text: string | Buffer): string => {
  const path = join(temporaryFolder('vars'), 'vars.yml');
  writeFileSync(path, text);
  return path;
};

const codeOf = (given: string): string => {
  try {
    readExtraVars([given]);
  } catch (error) {
    return errorsOf(error)[0].code;
  }
  return 'none';
};

describe('--extra-vars', () => {
  it.each([
    ['a=1', { a: 1 }],
    ['a=-2.5', { a: -2.5 }],
    ['a=true b=false', { a: true, b: false }],
    ['a=text', { a: 'text' }],
    ['a=', { a: '' }],
    ['a="1"', { a: '1' }],
    ["a='two words' b=3", { a: 'two words', b: 3 }],
    ['a=x=y', { a: 'x=y' }],
    [String.raw`a="say \"hi\"" b=one\ word`, { a: 'say "hi"', b: 'one word' }],
    ['{"a": [1, {"b": null}]}', { a: [1, { b: null }] }],
    ['rollout={"bake":"2s"}', { rollout: { bake: '2s' } }],
    ['rollout={"bake": "2s", "serial": [1]}', { rollout: { bake: '2s', serial: [1] } }],
    ['list=["a", "b c"]', { list: ['a', 'b c'] }],
    ['a={x}', { a: '{x}' }],
    ['a=\'{"b": 1}\'', { a: '{"b": 1}' }],
  ])('reads %s', (given, values) => {
    expect(valuesOf(given)).toEqual([values]);
  });

  it.each([
    '1.10',
    '0123',
    '1e3',
    '0x10',
    '12345678901234567890',
    '1_000',
    'True',
    'yes',
    'null',
    '2026-11-21',
    '.5',
    '+1',
    'Infinity',
    '-',
  ])('keeps %s as text, since it would read differently as a value', (text) => {
    expect(valuesOf(`a=${text}`)).toEqual([{ a: text }]);
  });

  it('reads a file of YAML or JSON, and tells where its values stand', () => {
    const path = fileWith('a: 1\nlist:\n  - x\n');
    const [layer] = readExtraVars([`@${path}`]);
    expect(layer?.values).toEqual({ a: 1, list: ['x'] });
    expect(layer?.locate?.(['list', 0])).toEqual({ file: path, line: 3, column: 5 });
  });

  it('keeps the order in which it was given', () => {
    expect(valuesOf('a=1', 'a=2')).toEqual([{ a: 1 }, { a: 2 }]);
  });

  it.each([
    ['a', 'cli.extra_vars'],
    ['', 'cli.extra_vars'],
    ['a="x', 'cli.extra_vars'],
    ['1a=2', 'cli.extra_vars'],
    ['b=1 a={"x":"y"}', 'cli.extra_vars'],
    ['a={"x":"y"', 'cli.extra_vars'],
    ['{"1a": 2}', 'cli.extra_vars'],
    [`@${fileWith('1a: 2\n')}`, 'config.invalid_value'],
    [`@${fileWith(Buffer.from('a: caf\u00e9\n', 'latin1'))}`, 'config.not_utf8'],
    ['{"a": }', 'cli.extra_vars'],
    ['@/does/not/exist', 'cli.extra_vars_file'],
    [`@${fileWith('- a\n- b\n')}`, 'cli.extra_vars_file'],
    [`@${fileWith('a: [\n')}`, 'config.yaml_syntax'],
  ])('refuses %s', (given, code) => {
    expect(codeOf(given)).toBe(code);
  });
});
