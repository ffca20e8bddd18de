import type { Plugin } from 'rolldown';

/**
 * Writes characters outside ASCII as escapes. V8 keeps a source of ASCII in one byte for each character, and any other source in two: that
 * would be 3 MB more for a command that runs.
 *
 * In strings, templates and regular expressions an escape means the same as the character. In String.raw it does not, so such a character
 * there is an error.
 */
export const ascii: Plugin = {
  name: 'ascii',
  // Character by character and after the source maps were made: lines stay, and a column moves only behind an escape.
  generateBundle(_options, bundle) {
    for (const chunk of Object.values(bundle)) {
      if (chunk.type !== 'chunk') continue;
      if (/String\.raw`[^`]*[^\0-\x7f]/.test(chunk.code)) {
        this.error(`${chunk.fileName} has a String.raw that is not ASCII`);
      }
      chunk.code = escaped(chunk.code);
    }
  },
};

/** With `\u2026` for `…`. A backslash before the character, which meant the character itself, is left out. */
export const escaped = (code: string): string =>
  code.replace(/(\\*)([^\0-\x7f])/g, (_, backslashes: string, character: string) => {
    const before = backslashes.length % 2 === 0 ? backslashes : backslashes.slice(1);
    return `${before}\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
