/**
 * Quotes one word for a POSIX shell: in single quotes nothing is special but the single quote itself.
 * Source: POSIX.1-2024, Shell Command Language, 2.2.2. The text must hold no NUL.
 */
export const quoteForShell = (text: string): string => `'${text.replaceAll("'", String.raw`'\''`)}'`;

/** True for text that means the same to sh inside any quotes, in a here-document, and in none of them. */
export const isSafeUnquoted = (text: string): boolean => /^[A-Za-z0-9_@%+=:,./-]*$/.test(text);

type Nest =
  | "the author's single quotes"
  | "the author's double quotes"
  | 'backticks'
  | 'a parameter expansion ${…}'
  | 'an arithmetic expansion $((…))'
  | 'a command substitution $(…)'
  | 'a comment'
  | 'a here-document'
  | "$'…' quotes";

interface HereDocument {
  readonly delimiter: string;
  readonly stripTabs: boolean;
}

/**
 * Follows the author's script up to a value, to tell whether a quoted word may stand there. It is not a shell: where it
 * is in doubt, it says that the place is inside something, and then only safe values pass.
 */
export class ShellContext {
  readonly #nests: Nest[] = [];
  readonly #pending: HereDocument[] = [];
  #body: HereDocument | undefined;
  #line = '';
  #wordStart = true;
  /** What the last character does to a quoted word that follows it immediately. */
  #before: 'nothing' | 'a backslash' | 'a dollar sign' | 'a redirection to a here-document' = 'nothing';
  /** A construct that shells read differently was met: from there on nothing is sure. */
  #doubt: Nest | undefined;

  /** What a quoted word would stand inside of, in words; undefined where it may stand. */
  get obstacle(): string | undefined {
    if (this.#doubt !== undefined) return this.#doubt;
    if (this.#body !== undefined) return 'a here-document';
    if (this.#before !== 'nothing') return `reach of ${this.#before} before it`;
    return this.#nests.find((nest) => nest !== 'a command substitution $(…)');
  }

  /** A value was inserted here: some characters of a word. */
  word(): void {
    this.#wordStart = false;
    this.#line += '?';
    if (this.#before === 'a redirection to a here-document') this.#doubt = 'a here-document';
    this.#before = 'nothing';
  }

  /** The author's own text comes next. */
  feed(script: string): void {
    for (let index = 0; index < script.length;) {
      index += this.#body === undefined ? this.#step(script, index) : this.#stepInBody(script, index);
    }
  }

  /** Reads at `index` and returns the number of characters taken. */
  #step(script: string, index: number): number {
    const character = script[index] ?? '';
    const before = this.#before;
    this.#before = 'nothing';
    const nest = this.#nests.at(-1);
    if (nest === "the author's single quotes") {
      if (character === "'") this.#nests.pop();
      return this.#inWord();
    }
    if (nest === 'a comment') {
      if (character === '\n') {
        this.#nests.pop();
        this.#newline();
      }
      return 1;
    }
    if (before === 'a backslash') return this.#inWord();
    if (character === '\\') {
      this.#before = 'a backslash';
      return this.#inWord();
    }
    if (character === '$') return this.#dollar(script, index);
    if (character === '`') {
      this.#toggle('backticks');
      return this.#inWord();
    }
    if (character === '"') {
      this.#toggle("the author's double quotes");
      return this.#inWord();
    }
    if (nest === "the author's double quotes") return this.#inWord();
    return this.#outsideQuotes(script, index, nest);
  }

  #outsideQuotes(script: string, index: number, nest: Nest | undefined): number {
    const character = script[index] ?? '';
    if (character === "'") {
      this.#nests.push("the author's single quotes");
      return this.#inWord();
    }
    if (character === '}' && nest === 'a parameter expansion ${…}') this.#nests.pop();
    if (character === ')') this.#closeParenthesis(nest);
    // Bash reads (( as arithmetic, where even a quoted value may be evaluated.
    if (script.startsWith('((', index)) return this.#open('an arithmetic expansion $((…))', 2);
    if (character === '(' && nest !== undefined) this.#nests.push(nest);
    if (character === '#' && this.#wordStart && nest !== 'a parameter expansion ${…}') {
      this.#nests.push('a comment');
      return 1;
    }
    if (character === '\n') {
      this.#newline();
      return 1;
    }
    if (script.startsWith('<<', index) && nest !== 'an arithmetic expansion $((…))') {
      return this.#hereDocument(script, index);
    }
    this.#wordStart = /[\s;|&()<>]/.test(character);
    return 1;
  }

  #dollar(script: string, index: number): number {
    this.#wordStart = false;
    const next = script.slice(index + 1, index + 3);
    const inDoubleQuotes = this.#nests.at(-1) === "the author's double quotes";
    if (next.startsWith("'") && !inDoubleQuotes) this.#doubt = "$'…' quotes";
    if (next === '((') return this.#open('an arithmetic expansion $((…))', 3);
    if (next.startsWith('(')) return this.#open('a command substitution $(…)', 2);
    if (next.startsWith('{')) return this.#open('a parameter expansion ${…}', 2);
    this.#before = next === '' ? 'a dollar sign' : 'nothing';
    return 1;
  }

  #open(nest: Nest, length: number): number {
    this.#nests.push(nest);
    // The second parenthesis of $(( is one more to be closed.
    if (nest === 'an arithmetic expansion $((…))') this.#nests.push(nest);
    this.#wordStart = true;
    return length;
  }

  #closeParenthesis(nest: Nest | undefined): void {
    if (nest === 'a command substitution $(…)' || nest === 'an arithmetic expansion $((…))')
      this.#nests.pop();
  }

  #toggle(nest: Nest): void {
    if (this.#nests.at(-1) === nest) this.#nests.pop();
    else this.#nests.push(nest);
  }

  #inWord(): number {
    this.#wordStart = false;
    return 1;
  }

  #hereDocument(script: string, index: number): number {
    if (script[index + 2] === '<') return 3;
    const operator = /^<<(-?)[ \t]*((?:'[^'\n]*'|"[^"\n]*"|\\.|[^\s;|&()<>'"\\])*)/.exec(script.slice(index));
    const [taken = '<<', dash = '', word = ''] = operator ?? [];
    if (word === '' || index + taken.length === script.length) {
      // The delimiter is, or may go on with, a value: its end can't be known.
      this.#before = 'a redirection to a here-document';
    }
    this.#pending.push({ delimiter: word.replace(/['"\\]/g, ''), stripTabs: dash !== '' });
    this.#wordStart = false;
    return taken.length;
  }

  #newline(): void {
    this.#wordStart = true;
    this.#body = this.#pending.shift();
    this.#line = '';
  }

  #stepInBody(script: string, index: number): number {
    const character = script[index] ?? '';
    if (character !== '\n') {
      this.#line += character;
      return 1;
    }
    const line = this.#body?.stripTabs === true ? this.#line.replace(/^\t+/, '') : this.#line;
    this.#line = '';
    if (line === this.#body?.delimiter) this.#newline();
    return 1;
  }
}
