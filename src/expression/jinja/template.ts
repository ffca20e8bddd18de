import { noNames } from './meaning.js';
import { statement, Statements } from './statements.js';
import { templateOfJinja, type Translation } from './translation.js';

/** A place in a template that is Jinja, and what it is here. */
export interface JinjaPart {
  readonly offset: number;
  /** As the author wrote it, braces and all. */
  readonly written: string;
  /** The whole part, braces and all, or why there is none. */
  readonly here: Translation;
  /** It would be right outside of the loop of Jinja that it stands in. */
  readonly isOurs: boolean;
}

/**
 * All of a template that is Jinja and nothing else, from top to bottom. `isOurs` tells of a tag (`{{ … }}`) whether it is a template as it
 * stands; inside of Jinja's loops, where names begin elsewhere, every tag is looked at.
 */
export function jinjaIn(text: string, isOurs: (tag: string) => boolean): readonly JinjaPart[] {
  return new Scan(text, isOurs).parts();
}

/** What is no template at all, up to where the rest goes on. */
const leftAlone =
  /\{\{\{\{\s*raw\s*\}\}\}\}[^]*?\{\{\{\{\s*\/raw\s*\}\}\}\}|\\\{\{|\{\{~?!--[^]*?--~?\}\}|\{\{~?![^]*?\}\}/y;
const rawBlock = /\{%[-+]?\s*raw\s*[-+]?%\}([^]*?)\{%[-+]?\s*endraw\s*[-+]?%\}/y;
/** `${#name}` is the length of a variable of the shell. */
const comment = /(?<![{$\\])\{#(?!\})([^]*?)#\}/y;
const opening = /\{\{|\{%|\{#|\\\{\{/g;

class Scan {
  readonly #parts: JinjaPart[] = [];
  readonly #statements = new Statements(noNames);
  #at = 0;

  constructor(
    private readonly text: string,
    private readonly isOurs: (tag: string) => boolean,
  ) {}

  parts(): readonly JinjaPart[] {
    for (;;) {
      opening.lastIndex = this.#at;
      const found = opening.exec(this.text);
      if (found === null) return this.#parts;
      this.#at = found.index;
      this.#at += this.#part();
    }
  }

  /** Reads what begins here, and gives its length. */
  #part(): number {
    const alone = this.#here(leftAlone);
    if (alone !== undefined) return alone[0].length;
    const raw = this.#here(rawBlock);
    if (raw !== undefined) return this.#found(raw[0], { text: `{{{{raw}}}}${raw[1] ?? ''}{{{{/raw}}}}` });
    const remark = this.#here(comment);
    if (remark !== undefined)
      return this.#found(remark[0], { text: `{{!--${(remark[1] ?? '').replaceAll('--', '- -')}--}}` });
    const rest = this.text.slice(this.#at);
    if (rest.startsWith('{{')) return this.#tag(rest);
    return this.#statement(rest);
  }

  #here(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = this.#at;
    return pattern.exec(this.text) ?? undefined;
  }

  #found(written: string, here: Translation, isOurs = false): number {
    this.#parts.push({ offset: this.#at, written, here, isOurs });
    return written.length;
  }

  #statement(rest: string): number {
    const [written, word = '', after = '', trimAfter] = statement.exec(rest) ?? [];
    if (written === undefined) return 2;
    const here = this.#statements.translate(word, after);
    if (here === undefined) return written.length;
    return this.#found(
      written,
      'text' in here ? { text: trimmed(here.text, written[2] === '-', trimAfter === '-') } : here,
    );
  }

  #tag(rest: string): number {
    const triple = rest.startsWith('{{{') && !/^\{\{\{\s*['"\w]+\s*:/.test(rest) ? 1 : 0;
    const inner = innerOf(rest.slice(2 + triple));
    if (inner === undefined) return 2;
    const end = 2 + triple + inner.length + 2;
    const length = triple === 1 && rest[end] === '}' ? end + 1 : end;
    const written = rest.slice(0, length);
    const [, before = '', expression = '', behind = ''] = /^([-~+]?)([^]*?)([-~]?)$/.exec(inner) ?? [];
    const source = expression.trim();
    const isOther = /^[#/^>&!.*]/.test(source) || /^else\b/.test(source);
    const inLoop = this.#statements.names.loops > 0;
    if (isOther || source === '' || (!inLoop && this.isOurs(written))) return length;
    const here = templateOfJinja(source, this.#statements.names);
    if (here === undefined) return length;
    if (!('text' in here)) return this.#found(written, here);
    if (here.text === source && this.isOurs(written)) return length;
    const tag = `{{ ${here.text} }}`;
    const whole = triple === 1 ? `{${tag}}` : tag;
    const text = trimmed(whole, before !== '', behind !== '');
    return this.#found(written, { text }, this.isOurs(written));
  }
}

/** Up to the braces that close a tag, those in texts and in mappings aside. */
function innerOf(rest: string): string | undefined {
  let depth = 0;
  for (let index = 0; index < rest.length; index += 1) {
    const character = rest[index];
    if (character === '"' || character === "'") {
      const end = endOfText(rest, index);
      if (end === undefined) break;
      index = end;
    } else if (character === '{') depth += 1;
    else if (character === '}' && depth > 0 && rest[index + 1] !== undefined) depth -= 1;
    else if (character === '}' && rest[index + 1] === '}') return rest.slice(0, index);
  }
  const end = rest.indexOf('}}');
  return end < 0 ? undefined : rest.slice(0, end);
}

function endOfText(rest: string, from: number): number | undefined {
  for (let index = from + 1; index < rest.length; index += 1) {
    if (rest[index] === '\\') index += 1;
    else if (rest[index] === rest[from]) return index;
  }
  return undefined;
}

/** `{{-` takes away the white space before it, as `{{~` does here. */
function trimmed(tag: string, before: boolean, after: boolean): string {
  const opened = before ? tag.replace(/^(\{+)/, '$1~') : tag;
  return after ? opened.replace(/(\}+)$/, '~$1') : opened;
}
