import { openSshLineRefused } from '../../../../errors/ssh-config.js';
import type { AdfError } from '../../../../errors/adf-error.js';

/** One line of a configuration file that says something. */
export interface Line {
  readonly file: string;
  /** Counts from 1. */
  readonly number: number;
  readonly text: string;
  /** Counts from 1: where the keyword begins. */
  readonly column: number;
  /** In lower case. */
  readonly keyword: string;
  /** What follows it, an `=` in between left out. */
  readonly rest: string;
}

/** The lines of a file, comments and empty ones left out. Throws `ssh.config`. */
export function* linesOf(file: string, text: string): Generator<Line> {
  for (const [index, raw] of text.split('\n').entries()) {
    const line = raw.replace(/[ \t\r\n\f]+$/, '');
    const [, space, keyword, rest] =
      /^([ \t\r]*)([^ \t\r"=]*)(?:[ \t\r]*=[ \t\r]*|[ \t\r]+|$)(.*)$/s.exec(line) ?? [];
    if (line === '' || keyword?.startsWith('#') === true) continue;
    const place = { file, number: index + 1, text: line, column: (space?.length ?? 0) + 1 };
    if (keyword === undefined || keyword === '' || rest === undefined) {
      throw refuseLine(place, 'this line does not begin with a keyword');
    }
    if (rest === '') throw refuseLine(place, `${keyword} needs a value`);
    yield { ...place, keyword: keyword.toLowerCase(), rest };
  }
}

/** Why this line cannot be honoured, for the caller to throw. */
export const refuseLine = (
  { file, number, text, column }: Pick<Line, 'file' | 'number' | 'text' | 'column'>,
  why: string,
): AdfError => openSshLineRefused({ file, line: number, column }, text, why);

/**
 * The words of a line: quotes taken off, a backslash before a quote, a backslash or (outside quotes) a space too, up to a comment.
 * As `argv_split` in OpenSSH's misc.c, the files of 8.7 and later. Throws `ssh.config` for a quote that does not end.
 */
export function wordsOf(line: Line): readonly string[] {
  const words: string[] = [];
  let word: string | undefined;
  let quote: string | undefined;
  for (let at = 0; at < line.rest.length; at += 1) {
    const character = line.rest.charAt(at);
    const blank = character === ' ' || character === '\t';
    if (word === undefined) {
      if (blank) continue;
      if (character === '#') break;
      word = '';
    }
    const next = line.rest.charAt(at + 1);
    if (character === '\\' && (/['"\\]/.test(next) || (quote === undefined && next === ' '))) {
      word += next;
      at += 1;
    } else if (quote === undefined && blank) {
      words.push(word);
      word = undefined;
    } else if (quote === undefined && /['"]/.test(character)) quote = character;
    else if (character === quote) quote = undefined;
    else word += character;
  }
  if (quote !== undefined) throw refuseLine(line, `a quote (${quote}) does not end`);
  return word === undefined ? words : [...words, word];
}
