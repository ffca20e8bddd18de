import { parsed } from './parsed.js';
import { scalarText } from './text.js';
import { splitWords } from './words.js';

const shellHint = 'For a shell, write a list: [sh, -c, "…"].';

/** A program and its arguments: a list, or a line that is split into words as sh would. Never run by a shell. */
export const argvSchema = parsed((value, refuse): readonly string[] => {
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
  const split = splitWords(line);
  if ('words' in split) return split.words;
  refuse(split.problem, shellHint);
  return [];
}).meta({ type: 'command' });
