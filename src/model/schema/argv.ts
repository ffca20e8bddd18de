import { parsed } from './parsed.js';
import { scalarText } from './text.js';

/** What splitting a command line gave, or why it cannot be split. */
type Words = { readonly words: readonly string[] } | { readonly problem: string };

/** Signs that mean something to a shell only, and that no program expects as an argument of their own. */
const operators = /^(&&|\|\||[|;&<>]|\d?>>?|\d?>&\d|<<)$/;

/** The first word that a shell would take for an operator, and that a program seldom has as an argument (as `find` has `;`). */
export const shellOperatorIn = (argv: readonly string[]): string | undefined =>
  argv.find((word) => word !== ';' && operators.test(word));

/**
 * Splits a command line as POSIX sh does, into words with quotes and backslashes taken away (one before a line's end joins the lines), and does nothing else that
 * a shell does: no variables, no globs. With `refusesOperators` a word that is a bare operator (`&&`, `|`, `>`) is a problem: its author
 * expected a shell.
 */
function splitWords(line: string, refusesOperators: boolean): Words {
  const words: string[] = [];
  const token = /((?:[^\s'"\\]|\\[^]|'[^']*'|"(?:[^"\\]|\\[^])*")+)(?:\s|\\\n)*/gy;
  const text = line.replace(/^(?:\s|\\\n)+/, '');
  while (token.lastIndex < text.length) {
    const raw = token.exec(text)?.[1];
    if (raw === undefined) return { problem: 'has a quote or backslash without its end' };
    if (refusesOperators && operators.test(raw)) return { problem: `holds ${raw}, which needs a shell` };
    words.push(unquote(raw));
  }
  return { words };
}

const unquote = (raw: string): string =>
  raw.replace(
    /'([^']*)'|"((?:[^"\\]|\\[^])*)"|\\\n|\\([^])/g,
    (_, single?: string, double?: string, escaped?: string) =>
      single ?? double?.replace(/\\([$`"\\])|\\\n/g, (_all, sign?: string) => sign ?? '') ?? escaped ?? '',
  );

const shellHint = 'For a shell, write a list: [sh, -c, "…"].';

/** A program and its arguments: a list, or a line that is split into words as sh would. Never run by a shell. */
const argvWith = (refusesOperators: boolean) =>
  parsed((value, refuse): readonly string[] => {
    if (Array.isArray(value)) {
      if (value.length === 0) refuse('must not be an empty list');
      return value.flatMap((item: unknown, index) => {
        const text = scalarText(item);
        if (text === undefined) refuse('must be text', undefined, [index]);
        return text === undefined ? [] : [text];
      });
    }
    const line = scalarText(value);
    if (line === undefined || line.trim() === '') {
      refuse('must be a command: a list of words, or one line');
      return [];
    }
    const split = splitWords(line, refusesOperators);
    if ('words' in split) return split.words;
    refuse(split.problem, shellHint);
    return [];
  }).meta({ type: 'command' });

/** What a setting runs, as a container's command or a health check: a bare shell operator in it is refused. */
export const argvSchema = argvWith(true);

/** What a task runs. As in Ansible a bare shell operator is an argument like any other. */
export const taskArgvSchema = argvWith(false);
