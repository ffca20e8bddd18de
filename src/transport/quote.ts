import { nulInArgument } from '../errors/ssh.js';

/**
 * One argument as a POSIX shell reads it back unchanged: plain words as they are, all else in single quotes
 * (POSIX.1-2017, Shell Command Language, 2.2.2). Throws `command.argument` for a NUL, which no argument can hold.
 */
export function quote(argument: string): string {
  if (argument.includes('\0')) throw nulInArgument(argument);
  if (/^[A-Za-z0-9_@%+=:,./-]+$/.test(argument)) return argument;
  // Backslashes stand outside of the quotes, for fish, which reads them within.
  return `'${argument.replaceAll(/['\\]/g, "'\\$&'")}'`;
}

/** A program and its arguments as one line for sh. */
export const quoteAll = (argv: readonly string[]): string => argv.map(quote).join(' ');
