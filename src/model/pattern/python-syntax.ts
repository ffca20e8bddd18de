/** Options that a pattern begins with, `(?im)`, in Python's letters. */
export interface PatternFlags {
  readonly ignoreCase: boolean;
  readonly multiline: boolean;
  readonly dotAll: boolean;
}

/** The same pattern in the syntax of the two engines. */
export interface Translated {
  readonly flags: PatternFlags;
  /** For RE2; undefined when it holds what no engine of linear time can do: a look around, or a backreference. */
  readonly re2: string | undefined;
  /** For JavaScript's own engine, with its flag `u`. */
  readonly js: string;
}

/** Thrown for a pattern that cannot be used; the message is a predicate: `has a group without its end`. */
export class PatternFault extends Error {
  override readonly name = 'PatternFault';
}

/** One piece of a pattern, in both syntaxes. A piece without `re2` needs the other engine. */
interface Piece {
  readonly re2?: string;
  readonly js: string;
}

const same = (text: string): Piece => ({ re2: text, js: text });

/**
 * Reads a pattern in Python's syntax (docs.python.org, library/re) and writes it for RE2 and for JavaScript. What differs is translated:
 * `(?P<name>…)`, `(?P=name)`, `\A`, `\Z`, `{,n}`, options at the beginning, comments. `\w`, `\d`, `\s` and `\b` know ASCII only, as they
 * do for Ansible, which matches bytes. Throws `PatternFault`.
 */
export function translate(source: string, given: Partial<PatternFlags> = {}): Translated {
  const [, letters = '', body = source] = /^\(\?([aiLmsux]+)\)([^]*)$/.exec(source) ?? [];
  if (letters.includes('x')) throw new PatternFault('begins with (?x), which is not known here');
  const flags: PatternFlags = {
    ignoreCase: given.ignoreCase === true || letters.includes('i'),
    multiline: given.multiline === true || letters.includes('m'),
    dotAll: given.dotAll === true || letters.includes('s'),
  };
  const pieces = [...new Reader(body, flags).pieces()];
  const re2 = pieces.every((piece) => piece.re2 !== undefined)
    ? pieces.map((piece) => piece.re2).join('')
    : undefined;
  return { flags, re2, js: pieces.map(({ js }) => js).join('') };
}

class Reader {
  #at = 0;

  constructor(
    private readonly source: string,
    private readonly flags: PatternFlags,
  ) {}

  *pieces(): Generator<Piece> {
    while (this.#at < this.source.length) yield this.#next();
  }

  #next(): Piece {
    const rest = this.source.slice(this.#at);
    const [sign = ''] = rest;
    switch (sign) {
      case '\\':
        return this.#escape(rest, false);
      case '[':
        return this.#set(rest);
      case '(':
        return this.#group(rest);
      case '{':
        return this.#counted(rest);
      case '.':
        return this.#take(1, { re2: '.', js: this.flags.dotAll ? '[^]' : '[^\\n]' });
      case '^':
        return this.#take(1, { re2: '^', js: this.flags.multiline ? '(?<![^\\n])' : '(?<![^])' });
      case '$':
        return this.#take(1, { re2: '$', js: this.flags.multiline ? '(?![^\\n])' : '(?![^])' });
      case '}':
      case ']':
        return this.#take(1, same(`\\${sign}`));
      default: {
        const possessive = /^[*+?]\+/.exec(rest);
        if (possessive !== null) throw new PatternFault(`holds ${possessive[0]}, which is not known here`);
        const whole = String.fromCodePoint(rest.codePointAt(0) ?? 0);
        return this.#take(whole.length, same(whole));
      }
    }
  }

  #take(length: number, piece: Piece): Piece {
    this.#at += length;
    return piece;
  }

  /** `\d`, `\.`, `\x41`, `\1`. In a set fewer of them mean something. */
  #escape(rest: string, inSet: boolean): Piece {
    const sign = rest[1];
    if (sign === undefined) throw new PatternFault('ends with a backslash');
    const hex = /^\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8}))/.exec(rest);
    if (hex !== null) {
      const code = hex[1] ?? hex[2] ?? hex[3] ?? '0';
      return this.#take(hex[0].length, { re2: `\\x{${code}}`, js: `\\u{${code}}` });
    }
    if (/[dDwW]/.test(sign)) return this.#take(2, same(`\\${sign}`));
    if (sign === 's') return this.#take(2, same(inSet ? spaces : `[${spaces}]`));
    if (sign === 'S') return this.#take(2, inSet ? same('\\S') : same(`[^${spaces}]`));
    if (sign === 'a') return this.#take(2, same('\\x07'));
    if (/[nrtfv]/.test(sign)) return this.#take(2, same(`\\${sign}`));
    if (sign === '0') return this.#take(2, same('\\x00'));
    if (inSet && sign === 'b') return this.#take(2, same('\\x08'));
    if (!inSet && /[bB]/.test(sign)) return this.#take(2, same(`\\${sign}`));
    if (!inSet && sign === 'A') return this.#take(2, { re2: '\\A', js: '(?<![^])' });
    if (!inSet && (sign === 'Z' || sign === 'z')) return this.#take(2, { re2: '\\z', js: '(?![^])' });
    const number = /^\\([1-9]\d?)/.exec(rest);
    if (!inSet && number !== null) return this.#take(number[0].length, { js: `(?:\\${number[1] ?? ''})` });
    if (/[A-Za-z0-9]/.test(sign)) throw new PatternFault(`holds \\${sign}, which means nothing`);
    const whole = String.fromCodePoint(rest.codePointAt(1) ?? 0);
    return this.#take(1 + whole.length, literal(whole));
  }

  /** `[^a-z\d]`, where a `]` that comes first is one of its characters. */
  #set(rest: string): Piece {
    const begin = rest.startsWith('[^') ? '[^' : '[';
    this.#at += begin.length;
    const parts = [same(begin)];
    for (let first = true; ; first = false) {
      const left = this.source.slice(this.#at);
      const [sign] = left;
      if (sign === undefined) throw new PatternFault('has a [ without its ]');
      if (sign === ']' && !first) break;
      if (sign === '\\') parts.push(this.#escape(left, true));
      else if ('[]&~|'.includes(sign)) parts.push(this.#take(1, literal(sign)));
      else {
        const whole = String.fromCodePoint(left.codePointAt(0) ?? 0);
        parts.push(this.#take(whole.length, whole === '^' ? same('\\^') : same(whole)));
      }
    }
    this.#at += 1;
    parts.push(same(']'));
    return {
      re2: parts.map(({ re2 = '' }) => re2).join(''),
      js: parts.map(({ js }) => js).join(''),
    };
  }

  #group(rest: string): Piece {
    const named = /^\(\?P?<([A-Za-z_]\w*)>/.exec(rest);
    if (named !== null) {
      return this.#take(named[0].length, { re2: `(?P<${named[1] ?? ''}>`, js: `(?<${named[1] ?? ''}>` });
    }
    const back = /^\(\?P=([A-Za-z_]\w*)\)/.exec(rest);
    if (back !== null) return this.#take(back[0].length, { js: `\\k<${back[1] ?? ''}>` });
    const comment = /^\(\?#[^)]*\)/.exec(rest);
    if (comment !== null) return this.#take(comment[0].length, same(''));
    const around = /^\(\?(?:<?[=!])/.exec(rest);
    if (around !== null) return this.#take(around[0].length, { js: around[0] });
    if (rest.startsWith('(?:')) return this.#take(3, same('(?:'));
    const special = /^\(\?[^)]{0,8}/.exec(rest);
    if (special !== null) throw new PatternFault(`holds ${special[0]}, which is not known here`);
    return this.#take(1, same('('));
  }

  /** `{2,3}`; Python's `{,3}`; a brace that counts nothing is one of the text. */
  #counted(rest: string): Piece {
    const [all, least, most] = /^\{(\d*)(,\d*)?\}/.exec(rest) ?? [];
    if (all === undefined || all === '{}' || all === '{,}') return this.#take(1, same('\\{'));
    return this.#take(all.length, same(`{${least === '' ? '0' : (least ?? '')}${most ?? ''}}`));
  }
}

/** Python's `\s` of bytes. */
const spaces = ' \\t\\n\\r\\f\\v';

/** A character that stands for itself. JavaScript allows a backslash only before those that would mean something. */
const literal = (sign: string): Piece => ({
  re2: /[A-Za-z0-9\u0080-\u{10ffff}]/u.test(sign) ? sign : `\\${sign}`,
  js: /[$^\\.*+?()[\]{}|/-]/.test(sign) ? (sign === '-' ? '\\x2d' : `\\${sign}`) : sign,
});
