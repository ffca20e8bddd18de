import { humanSize, sizeOfHuman } from './sizes.js';
import { ArgumentProblem, list, number, strict, text, whole, withOptions } from './function.js';
import { quoteForShell } from '../shell-quoting.js';

const capitalized = (word: string): string => word.slice(0, 1).toUpperCase() + word.slice(1).toLowerCase();

/** The last name of a path; empty when it ends with a slash, as in Ansible. */
const basename = (path: string): string => path.slice(path.lastIndexOf('/') + 1);

/** What stands before the last name of a path. */
function dirname(path: string): string {
  const folder = path.slice(0, path.lastIndexOf('/') + 1);
  return /^\/+$/.test(folder) ? folder : folder.replace(/\/+$/, '');
}

/** `['a/b.tar', '.gz']` of `a/b.tar.gz`. A dot at the beginning of a name begins no ending. */
function splitExtension(path: string): readonly [string, string] {
  const name = basename(path);
  const dot = name.lastIndexOf('.');
  if (dot <= 0 || /^\.*$/.test(name.slice(0, dot))) return [path, ''];
  return [path.slice(0, path.length - name.length + dot), name.slice(dot)];
}

/** A part that begins with a slash begins anew, as in Ansible. */
const joinPath = (parts: readonly string[]): string =>
  parts.reduce((path, part) =>
    part.startsWith('/') || path === '' ? part : path.endsWith('/') ? path + part : `${path}/${part}`,
  );

function trimmed(value: string, characters: string | undefined): string {
  if (characters === undefined) return value.trim();
  const among = (character: string | undefined): boolean =>
    character !== undefined && characters.includes(character);
  let [start, end] = [0, value.length];
  while (start < end && among(value[start])) start += 1;
  while (end > start && among(value[end - 1])) end -= 1;
  return value.slice(start, end);
}

/** Lines after the first get the indentation, empty ones do not. */
const indented = (value: string, width: number, first: boolean): string =>
  value
    .split('\n')
    .map((line, index) => (line === '' || (index === 0 && !first) ? line : ' '.repeat(width) + line))
    .join('\n');

/** Without a separator: at white space, and without empty parts. */
const splitText = (value: string, separator: string | undefined): readonly string[] => {
  if (separator === undefined) return value.split(/\s+/).filter((part) => part !== '');
  if (separator === '') throw new ArgumentProblem('needs a separator that is not empty');
  return value.split(separator);
};

export const textFunctions = {
  lower: strict('lower text', 'the text in lower case', [1, 1], (value) => text(value).toLowerCase()),
  upper: strict('upper text', 'the text in upper case', [1, 1], (value) => text(value).toUpperCase()),
  capitalize: strict(
    'capitalize text',
    'the text with its first letter in upper case, the others in lower case',
    [1, 1],
    (value) => capitalized(text(value)),
  ),
  title: strict('title text', 'the text with each word capitalized', [1, 1], (value) =>
    text(value).replace(/[\p{L}\p{N}']+/gu, capitalized),
  ),
  trim: strict(
    'trim text',
    'the text without white space, or without these characters, at both ends',
    [1, 2],
    (value, characters) => trimmed(text(value), characters === undefined ? undefined : text(characters)),
  ),
  replace: strict(
    'replace text "from" "to"',
    'the text with every `from` replaced',
    [3, 3],
    (value, from, to) => text(value).replaceAll(text(from), () => text(to)),
  ),
  concat: strict('concat a b', 'the texts and numbers as one text', [1, 32], (...values) =>
    values.map(text).join(''),
  ),
  split: strict(
    'split text ","',
    'a list of the parts; without a separator, of the words',
    [1, 2],
    (value, separator) => splitText(text(value), separator === undefined ? undefined : text(separator)),
  ),
  splitlines: strict('splitlines text', 'a list of the lines', [1, 1], (value) =>
    text(value)
      .replace(/\r?\n$/, '')
      .split(/\r?\n/)
      .filter((line, _index, all) => all.length > 1 || line !== ''),
  ),
  startswith: strict(
    'startswith text "a"',
    'true when the text begins so',
    [2, 2],
    (value, start) => text(value).startsWith(text(start)),
    { secrets: 'count' },
  ),
  endswith: strict(
    'endswith text "z"',
    'true when the text ends so',
    [2, 2],
    (value, end) => text(value).endsWith(text(end)),
    { secrets: 'count' },
  ),
  indent: withOptions(
    'indent text 2',
    'the text with this many spaces before each line but the first (`first=true`: before it too)',
    [1, 2],
    ['first'],
    ([value, width = 4], { first }) => indented(text(value), whole(width), first === true),
  ),
  quote: strict(
    'quote text',
    'the text as one word for a shell; values in `shell:` are quoted without it',
    [1, 1],
    (value) => quoteForShell(text(value)),
  ),
  basename: strict('basename path', 'the last name of a path', [1, 1], (value) => basename(text(value))),
  dirname: strict('dirname path', 'the path without its last name', [1, 1], (value) => dirname(text(value))),
  splitext: strict(
    'splitext path',
    'a list of the path without its ending, and the ending',
    [1, 1],
    (value) => splitExtension(text(value)),
  ),
  path_join: strict('path_join "a" "b"', 'the parts, or a list of them, as one path', [1, 32], (...parts) =>
    joinPath(parts.flatMap((part) => (Array.isArray(part) ? list(part) : [part])).map(text)),
  ),
  human_readable: strict('human_readable bytes', 'a number of bytes for people: `1.50 GB`', [1, 1], (value) =>
    humanSize(number(value)),
  ),
  human_to_bytes: strict('human_to_bytes "2G"', 'the number of bytes', [1, 1], (value) =>
    sizeOfHuman(text(value)),
  ),
};
