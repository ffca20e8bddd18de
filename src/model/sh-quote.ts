import { halfACharacter, nulInArgument } from '../errors/ssh.js';

/**
 * One argument as a POSIX shell reads it back unchanged: plain words as they are, all else in single quotes
 * (POSIX.1-2017, Shell Command Language, 2.2.2). Throws `command.argument` for a NUL, which no argument can hold, and for what
 * `encodable` refuses.
 */
export function quote(argument: string): string {
  if (argument.includes('\0')) throw nulInArgument(argument);
  encodable(argument);
  if (/^[A-Za-z0-9_@%+=:,./-]+$/.test(argument)) return argument;
  // Backslashes stand outside of the quotes, for fish, which reads them within.
  return `'${argument.replaceAll(/['\\]/g, "'\\$&'")}'`;
}

/**
 * The same text, if bytes can stand for it. Throws `command.argument` for half of a surrogate pair, which UTF-8 has no bytes for: Node
 * would send U+FFFD instead, and say nothing.
 */
export function encodable(text: string): string {
  if (!text.isWellFormed()) throw halfACharacter(text);
  return text;
}

/**
 * Whether every login shell reads the text between single quotes as sh does. fish takes a backslash before a backslash or a quote for
 * an escape there; csh takes a `!` for an event of its history and no line break at all, and bytes beyond ASCII as it
 * likes.
 */
export const isReadAlike = (text: string): boolean => /^[ -~]*$/.test(text) && !/[\\!]/.test(text);

/** A program and its arguments as one line for sh. */
export const quoteAll = (argv: readonly string[]): string => argv.map(quote).join(' ');
