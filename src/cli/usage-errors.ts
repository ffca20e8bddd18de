import { Errors } from '@oclif/core';
import type { AdfError } from '../errors/adf-error.js';
import { invalidFlags, missingArguments, unexpectedArguments, unknownFlags } from '../errors/cli.js';
import { nearest } from '../errors/nearest.js';
import type { FlagVariable } from '../model/plan.js';

/**
 * What the parser of flags threw, as an error of ours; anything else is handed back as it is. `variables` are those that stand for flags,
 * since a wrong value of one is told as its flag's.
 */
export function usageErrorOf(
  thrown: unknown,
  command: string,
  flags: readonly string[],
  variables: readonly FlagVariable[] = [],
): unknown {
  if (!(thrown instanceof Errors.CLIError)) return thrown;
  if ('flags' in thrown && isWords(thrown.flags)) return unknown(thrown.flags, command, flags);
  if ('args' in thrown && isWords(thrown.args))
    return unexpectedArguments(command, thrown.args, hintFor(thrown.args, command, flags));
  if ('args' in thrown && areArguments(thrown.args)) return missingArguments(command, thrown.args);
  const message = tidy(thrown.message);
  const named = variables.filter(({ flag, used }) => used && message.includes(flag));
  return invalidFlags(
    command,
    [message, ...named.map(({ flag, variable }) => `${flag} is set by ${variable}.`)].join(' '),
  );
}

const isWords = (value: unknown): value is readonly string[] =>
  Array.isArray(value) && value.every((item) => typeof item === 'string');

/** What a word that a command does not take was probably meant to be. */
function hintFor(
  [word = '', ...more]: readonly string[],
  command: string,
  flags: readonly string[],
): string | undefined {
  if (command === 'exec')
    return `A command for the hosts stands after two dashes: adfpush exec … -- ${[word, ...more].join(' ')}`;
  if (more.length > 0 || !flags.includes('group') || !/^[\w.-]+(,[\w.-]+)*$/.test(word)) return undefined;
  return `Groups are named with --group: adfpush ${command} --group ${word}. adfpush ${command} --help shows what it takes.`;
}

/** As oclif tells which arguments are missing. */
const areArguments = (
  value: unknown,
): value is readonly { readonly name: string; readonly description?: string }[] =>
  Array.isArray(value) && value.every((item) => typeof item === 'object' && item !== null && 'name' in item);

function unknown(given: readonly string[], command: string, flags: readonly string[]): AdfError {
  return unknownFlags(
    command,
    given.map((flag) => {
      const [name = flag] = flag.split('=');
      const suggestion = nearest(name.replace(/^-+/, ''), flags);
      return suggestion === undefined ? { flag: name } : { flag: name, suggestion: `--${suggestion}` };
    }),
  );
}

/** Without the parser's own advice and line breaks: `Flag --env expects a value.` */
function tidy(message: string): string {
  const said = message
    .replace(/\nSee more help with --help/, '')
    .replace(/^The following errors? occurred:\s*/, '')
    .replace(/^Parsing (--\S+) \n\t/, '$1: ')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .join('; ');
  return /[.!?]$/.test(said) ? said : `${said}.`;
}
