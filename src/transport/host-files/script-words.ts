import { quote } from '../quote.js';

/** A path as a word of a script: `~/` is the home of the user that runs it, and nothing is taken for an option. */
export function pathWord(path: string): string {
  if (path === '~') return '"$HOME"';
  if (path.startsWith('~/')) return `"$HOME"/${quote(path.slice(2))}`;
  return quote(path.startsWith('-') ? `./${path}` : path);
}

/** `name=value` lines. Values that are absent are empty. */
export const assignments = (
  values: Readonly<Record<string, string | number | boolean | undefined>>,
): string =>
  Object.entries(values)
    .map(
      ([name, value]) =>
        `${name}=${value === true ? '1' : value === false ? '' : quote(String(value ?? ''))}\n`,
    )
    .join('');

/** Five digits, since with fewer GNU's chmod leaves setgid on folders as it is (chmod(1), SETUID AND SETGID BITS). */
export const modeWord = (mode: number | string | undefined): string | undefined =>
  typeof mode === 'number' ? mode.toString(8).padStart(5, '0') : mode;
