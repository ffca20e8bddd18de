import { compilePattern, type Pattern } from '../pattern/pattern.js';
import { PatternFault, type PatternFlags } from '../pattern/python-syntax.js';
import { parsed } from './parsed.js';
import { scalarText } from './text.js';

/** A regular expression in Python's syntax, compiled. */
export const patternSchema = (flags: Partial<PatternFlags> = {}) =>
  parsed((value, refuse): Pattern => {
    const text = scalarText(value);
    if (text === undefined || text === '') refuse('must be a regular expression, and not empty');
    try {
      return compilePattern(text ?? '', flags);
    } catch (error) {
      if (!(error instanceof PatternFault)) throw error;
      refuse(error.message, 'It is read in the syntax of Python, as for Ansible.');
      return compilePattern('');
    }
  }).meta({ type: 'regular expression' });
