import { textOfFile } from '../config/node-project-files.js';
import { parseYaml } from '../config/yaml.js';
import { invalidExtraVars, invalidExtraVarsFile } from '../errors/cli.js';
import type { Layer } from '../expression/scope.js';
import { readRegularSync } from '../system/regular-file.js';

/**
 * The values of `--extra-vars`, as layers in the order given. Each is `@file` (YAML or JSON), a JSON object, or words
 * of `key=value`, quoted as in a shell. Unlike Ansible's, a word's value keeps its type: `true`, `false` and numbers are what they
 * look like, as long as their text would not change (`1.10` and `0123` stay text).
 * Throws `cli.extra_vars`, `cli.extra_vars_file`, and the errors of YAML.
 */
export function readExtraVars(given: readonly string[]): readonly Layer[] {
  return given.map((text) => {
    if (text.startsWith('@')) return readFile(text.slice(1));
    const values = text.trimStart().startsWith('{') ? parseJson(text) : parseWords(text);
    return { name: 'extra vars', values };
  });
}

function readFile(file: string): Layer {
  const document = parseYaml(file, textOf(file));
  if (!isMapping(document.value)) throw invalidExtraVarsFile(file, 'does not hold a mapping');
  return { name: `extra vars @${file}`, values: document.value, locate: document.locate };
}

function textOf(file: string): string {
  let bytes: Buffer;
  try {
    bytes = readRegularSync(file);
  } catch (error) {
    throw invalidExtraVarsFile(
      file,
      `cannot be read: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
  return textOfFile(file, bytes);
}

function parseJson(text: string): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw invalidExtraVars(text, `not JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
  if (!isMapping(value)) throw invalidExtraVars(text, 'not an object');
  return value;
}

const isMapping = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function parseWords(text: string): Readonly<Record<string, unknown>> {
  const words = splitWords(text);
  if (words.length === 0) throw invalidExtraVars('""', 'it is empty');
  return Object.fromEntries(
    words.map(({ word, quoted }) => {
      const match = /^([A-Za-z_][A-Za-z0-9_]*)=(.*)$/s.exec(word);
      if (match === null) throw invalidExtraVars(text, `"${word}" is not key=value`);
      const [, key = '', value = ''] = match;
      return [key, quoted ? value : typed(value)];
    }),
  );
}

function typed(value: string): string | number | boolean {
  if (value === 'true') return true;
  if (value === 'false') return false;
  const number = Number(value);
  return /^-?\d/.test(value) && String(number) === value && Number.isFinite(number) ? number : value;
}

interface Word {
  readonly word: string;
  /** True when a part of it was in quotes: then it is meant as text. */
  readonly quoted: boolean;
}

/** Splits at white space outside of quotes; quotes go, and a backslash keeps the character after it. */
function splitWords(text: string): readonly Word[] {
  const words: Word[] = [];
  const pattern = /((?:"(?:\\.|[^"\\])*"|'[^']*'|\\.|[^\s"'\\])+)|(\S)/gs;
  for (const [, word, stray] of text.matchAll(pattern)) {
    if (word === undefined) throw invalidExtraVars(text, `a quote is not closed, at ${stray ?? ''}`);
    const bare = word.replace(
      /"((?:\\.|[^"\\])*)"|'([^']*)'|\\(.)/gs,
      (_all, double?: string, single?: string, escaped?: string) =>
        single ?? escaped ?? (double ?? '').replace(/\\(["\\])/g, '$1'),
    );
    words.push({ word: bare, quoted: /["']/.test(word) });
  }
  return words;
}
