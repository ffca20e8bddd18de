import { NotJinja, tokensOf, type Token } from './tokens.js';
import type { BinarySign, ComparisonSign, JinjaArguments, JinjaNode } from './tree.js';

/**
 * Reads an expression of Jinja: what stands between `{{` and `}}`, or in `when`. Throws NotJinja for anything else. The order of operators
 * is that of Jinja 3.1 (jinja2.parser).
 */
export function parseJinja(source: string): JinjaNode {
  const parser = new JinjaParser(tokensOf(source));
  const node = parser.tuple();
  parser.end();
  return node;
}

/** What `{% for %}` says: the names that each element gets, what it goes over, and which elements it leaves out. */
export interface JinjaLoop {
  readonly names: readonly string[];
  readonly over: JinjaNode;
  readonly only: JinjaNode | undefined;
}

/** Reads `key, value in mapping.items() if value`. Throws NotJinja. */
export function parseJinjaLoop(source: string): JinjaLoop {
  return new JinjaParser(tokensOf(source)).loop();
}

const constants: Readonly<Record<string, boolean | null>> = {
  ...{ true: true, True: true, false: false, False: false },
  ...{ none: null, None: null },
};

const comparisons: readonly ComparisonSign[] = ['==', '!=', '<', '<=', '>', '>='];

/** What ends an operand of a test: `x is defined and y`. */
const behindTests = ['else', 'or', 'and', 'is', 'in', 'not', 'if'];

class JinjaParser {
  #at = 0;

  constructor(private readonly tokens: readonly Token[]) {}

  end(): void {
    if (this.#token.kind !== 'end') throw new NotJinja('more than one expression');
  }

  /** Values with commas between them are a list. */
  tuple(): JinjaNode {
    const first = this.#choice();
    if (!this.#isSign(',')) return first;
    const items = [first];
    while (this.#takeSign(',')) {
      if (this.#token.kind === 'end' || this.#isSign(')')) break;
      items.push(this.#choice());
    }
    return { kind: 'list', items };
  }

  loop(): JinjaLoop {
    const names = [this.#name()];
    while (this.#takeSign(',')) names.push(this.#name());
    if (!this.#takeName('in')) throw new NotJinja('a loop without "in"');
    const over = this.#or();
    const only = this.#takeName('if') ? this.#choice() : undefined;
    this.#takeName('recursive');
    this.end();
    return { names, over, only };
  }

  get #token(): Token {
    return this.tokens[this.#at] ?? { kind: 'end' };
  }

  #isSign(...signs: readonly string[]): boolean {
    return this.#token.kind === 'sign' && signs.includes(this.#token.text);
  }

  #isName(...names: readonly string[]): boolean {
    return this.#token.kind === 'name' && names.includes(this.#token.text);
  }

  #takeSign(sign: string): boolean {
    if (!this.#isSign(sign)) return false;
    this.#at += 1;
    return true;
  }

  #takeName(name: string): boolean {
    if (!this.#isName(name)) return false;
    this.#at += 1;
    return true;
  }

  #expect(sign: string): void {
    if (!this.#takeSign(sign)) throw new NotJinja(`no ${sign}`);
  }

  #name(): string {
    const token = this.#token;
    if (token.kind !== 'name') throw new NotJinja('no name');
    this.#at += 1;
    return token.text;
  }

  #choice(): JinjaNode {
    let node = this.#or();
    while (this.#takeName('if')) {
      const condition = this.#or();
      const otherwise = this.#takeName('else') ? this.#choice() : undefined;
      node = { kind: 'choice', condition, then: node, otherwise };
    }
    return node;
  }

  #or(): JinjaNode {
    return this.#leftToRight(['or'], () => this.#and());
  }

  #and(): JinjaNode {
    return this.#leftToRight(['and'], () => this.#not());
  }

  #not(): JinjaNode {
    if (!this.#takeName('not')) return this.#comparison();
    return { kind: 'unary', sign: 'not', operand: this.#not() };
  }

  #comparison(): JinjaNode {
    const first = this.#sum();
    const rest: (readonly [ComparisonSign, JinjaNode])[] = [];
    for (;;) {
      const sign = this.#comparisonSign();
      if (sign === undefined) return rest.length === 0 ? first : { kind: 'comparison', first, rest };
      rest.push([sign, this.#sum()]);
    }
  }

  #comparisonSign(): ComparisonSign | undefined {
    const sign = comparisons.find((one) => this.#takeSign(one));
    if (sign !== undefined) return sign;
    if (this.#takeName('in')) return 'in';
    if (!this.#isName('not')) return undefined;
    this.#at += 1;
    if (!this.#takeName('in')) throw new NotJinja('"not" without "in"');
    return 'not in';
  }

  #sum(): JinjaNode {
    return this.#leftToRight(['+', '-'], () => this.#joined());
  }

  #joined(): JinjaNode {
    return this.#leftToRight(['~'], () => this.#product());
  }

  #product(): JinjaNode {
    return this.#leftToRight(['*', '/', '//', '%'], () => this.#power());
  }

  #power(): JinjaNode {
    return this.#leftToRight(['**'], () => this.#unary());
  }

  #leftToRight(signs: readonly BinarySign[], operand: () => JinjaNode): JinjaNode {
    let left = operand();
    for (;;) {
      const sign = signs.find((one) => (/^\w/.test(one) ? this.#takeName(one) : this.#takeSign(one)));
      if (sign === undefined) return left;
      left = { kind: 'binary', sign, left, right: operand() };
    }
  }

  #unary(withFilters = true): JinjaNode {
    const sign = this.#takeSign('-') ? '-' : this.#takeSign('+') ? '+' : undefined;
    const operand = sign === undefined ? this.#primary() : this.#unary(false);
    const node: JinjaNode = sign === undefined ? operand : { kind: 'unary', sign, operand };
    const behind = this.#postfix(node);
    return withFilters ? this.#filters(behind) : behind;
  }

  #primary(): JinjaNode {
    const token = this.#token;
    this.#at += 1;
    switch (token.kind) {
      case 'name':
        return this.#word(token.text);
      case 'number':
        return { kind: 'constant', value: token.value };
      case 'text':
        return this.#texts(token);
      case 'end':
        throw new NotJinja('it ends too early');
      case 'sign':
        return this.#bracketed(token.text);
    }
  }

  #word(name: string): JinjaNode {
    if (Object.hasOwn(constants, name)) return { kind: 'constant', value: constants[name] ?? null };
    if (['if', 'else', 'is', 'in', 'not', 'and', 'or'].includes(name)) throw new NotJinja(`"${name}" here`);
    return { kind: 'name', name };
  }

  /** Texts one behind the other are one text, as in Python. */
  #texts(first: Token & { kind: 'text' }): JinjaNode {
    let { value } = first;
    for (let token = this.#token; token.kind === 'text'; token = this.#token) {
      value += token.value;
      this.#at += 1;
    }
    return { kind: 'text', value, quote: first.quote };
  }

  #bracketed(sign: string): JinjaNode {
    if (sign === '(') {
      if (this.#takeSign(')')) return { kind: 'list', items: [] };
      const node = this.tuple();
      this.#expect(')');
      return node;
    }
    if (sign === '[') return { kind: 'list', items: this.#until(']', () => this.#choice()) };
    if (sign === '{') return { kind: 'mapping', entries: this.#until('}', () => this.#entry()) };
    throw new NotJinja(`"${sign}" here`);
  }

  #entry(): readonly [JinjaNode, JinjaNode] {
    const key = this.#choice();
    this.#expect(':');
    return [key, this.#choice()];
  }

  #until<T>(closing: string, read: () => T): readonly T[] {
    const items: T[] = [];
    while (!this.#takeSign(closing)) {
      if (items.length > 0) this.#expect(',');
      if (this.#takeSign(closing)) break;
      items.push(read());
    }
    return items;
  }

  #postfix(start: JinjaNode): JinjaNode {
    let node = start;
    for (;;) {
      if (this.#takeSign('.')) node = { kind: 'field', owner: node, key: this.#fieldName() };
      else if (this.#takeSign('[')) node = this.#subscript(node);
      else if (this.#isSign('(')) node = { kind: 'call', called: node, ...this.#arguments() };
      else return node;
    }
  }

  #fieldName(): JinjaNode {
    const token = this.#token;
    if (token.kind === 'number') {
      this.#at += 1;
      return { kind: 'constant', value: token.value };
    }
    return { kind: 'text', value: this.#name(), quote: "'" };
  }

  #subscript(owner: JinjaNode): JinjaNode {
    const part = (): JinjaNode | undefined => (this.#isSign(':', ']') ? undefined : this.#choice());
    const from = part();
    if (this.#takeSign(']')) {
      if (from === undefined) throw new NotJinja('an index without a value');
      return { kind: 'field', owner, key: from };
    }
    this.#expect(':');
    const to = part();
    const step = this.#takeSign(':') ? part() : undefined;
    this.#expect(']');
    return { kind: 'slice', owner, from, to, step };
  }

  #arguments(): JinjaArguments {
    this.#expect('(');
    const args: JinjaNode[] = [];
    const options: (readonly [string, JinjaNode])[] = [];
    const read = (): void => {
      const name = this.#optionName();
      if (name === undefined) args.push(this.#choice());
      else options.push([name, this.#choice()]);
    };
    this.#until(')', read);
    return { args, options };
  }

  /** The name in front of `=`. */
  #optionName(): string | undefined {
    const [token, next] = [this.#token, this.tokens[this.#at + 1]];
    if (token.kind !== 'name' || next?.kind !== 'sign' || next.text !== '=') return undefined;
    this.#at += 2;
    return token.text;
  }

  #filters(start: JinjaNode): JinjaNode {
    let node = start;
    for (;;) {
      if (this.#takeSign('|')) {
        const name = this.#dottedName();
        const given = this.#isSign('(') ? this.#arguments() : { args: [], options: [] };
        node = { kind: 'filter', value: node, name, ...given };
      } else if (this.#takeName('is')) {
        node = this.#test(node);
      } else {
        return node;
      }
    }
  }

  #test(value: JinjaNode): JinjaNode {
    const negated = this.#takeName('not');
    const name = this.#dottedName();
    return { kind: 'test', value, name, negated, ...this.#testArguments() };
  }

  #testArguments(): JinjaArguments {
    if (this.#isSign('(')) return this.#arguments();
    const token = this.#token;
    const isOperand =
      token.kind === 'text' ||
      token.kind === 'number' ||
      (token.kind === 'name' && !behindTests.includes(token.text)) ||
      this.#isSign('[', '{');
    return { args: isOperand ? [this.#postfix(this.#primary())] : [], options: [] };
  }

  /** `ansible.builtin.default`. */
  #dottedName(): string {
    let name = this.#name();
    while (this.#takeSign('.')) name += `.${this.#name()}`;
    return name;
  }
}
