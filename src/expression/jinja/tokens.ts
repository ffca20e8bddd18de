import type { Quote } from './tree.js';

/** A word of an expression of Jinja. */
export type Token =
  | { readonly kind: 'name' | 'sign'; readonly text: string }
  | { readonly kind: 'number'; readonly value: number }
  | { readonly kind: 'text'; readonly value: string; readonly quote: Quote }
  | { readonly kind: 'end' };

/** What is read is no expression of Jinja. */
export class NotJinja extends Error {}

const space = /\s+/y;
const name = /[A-Za-z_]\w*/y;
const number = /\d[\d_]*(?:\.\d+)?(?:[eE][-+]?\d+)?/y;
const quoted = /'(?:\\[^]|[^'\\])*'|"(?:\\[^]|[^"\\])*"/y;
const sign = /\*\*|\/\/|==|!=|<=|>=|[-+*/%~<>=|.,:()[\]{}]/y;

/** Takes an expression apart into its words. Throws NotJinja at a character that none begins with. */
export function tokensOf(source: string): readonly Token[] {
  const tokens: Token[] = [];
  let at = 0;
  const next = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at;
    const found = pattern.exec(source)?.[0];
    at += found?.length ?? 0;
    return found;
  };
  for (;;) {
    next(space);
    if (at >= source.length) return [...tokens, { kind: 'end' }];
    tokens.push(tokenBy(next));
  }
}

function tokenBy(next: (pattern: RegExp) => string | undefined): Token {
  const word = next(name);
  if (word !== undefined) return { kind: 'name', text: word };
  const digits = next(number);
  if (digits !== undefined) return { kind: 'number', value: Number(digits.replaceAll('_', '')) };
  const text = next(quoted);
  if (text !== undefined) {
    return { kind: 'text', value: unescaped(text.slice(1, -1)), quote: text.startsWith('"') ? '"' : "'" };
  }
  const punctuation = next(sign);
  if (punctuation !== undefined) return { kind: 'sign', text: punctuation };
  throw new NotJinja('an unknown character');
}

const escapes: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', '0': '\0', '\n': '' };

/** What Python makes of the backslashes in a text; those that escape nothing stay. */
const unescaped = (written: string): string =>
  written.replace(
    /\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|([^]))/g,
    (all: string, two?: string, four?: string, escaped?: string): string => {
      const [code, one] = [two ?? four, escaped ?? ''];
      if (code !== undefined) return String.fromCharCode(Number.parseInt(code, 16));
      if (Object.hasOwn(escapes, one)) return escapes[one] ?? '';
      return ['\\', "'", '"'].includes(one) ? one : all;
    },
  );
