import { mentions } from './chosen.js';
import { toHandlebars } from './to-handlebars.js';
import { isCall, Untranslatable, type CallTerm, type Term } from './term.js';
import { typeOf } from './types.js';
import type { Quote } from './tree.js';

/** A term as a condition, which is true or false. Texts that are not the author's get this quote. Throws Untranslatable for what only templates can say. */
export const toCondition = (term: Term, quote: Quote = '"'): string =>
  new ConditionWriter(quote).condition(term);

/** How tightly an expression holds together, as CEL's grammar has it. */
const levels = { choice: 0, or: 1, and: 2, relation: 3, sum: 4, product: 5, unary: 6, value: 7 } as const;
type Level = (typeof levels)[keyof typeof levels];

interface Written {
  readonly text: string;
  readonly level: Level;
}

const value = (text: string): Written => ({ text, level: levels.value });

const at = ({ text, level }: Written, least: Level): string => (level < least ? `(${text})` : text);

const infix: Readonly<Record<string, readonly [string, Level]>> = {
  eq: ['==', levels.relation],
  ne: ['!=', levels.relation],
  lt: ['<', levels.relation],
  le: ['<=', levels.relation],
  gt: ['>', levels.relation],
  ge: ['>=', levels.relation],
  in: ['in', levels.relation],
  add: ['+', levels.sum],
  subtract: ['-', levels.sum],
  multiply: ['*', levels.product],
  modulo: ['%', levels.product],
};

/** Functions of templates that have another name in CEL. */
const otherNames: Readonly<Record<string, string>> = { length: 'size', count: 'size', float: 'double' };

const opposites: Readonly<Record<string, string>> = { eq: 'ne', ne: 'eq' };

class ConditionWriter {
  constructor(private readonly quote: Quote) {}

  condition(term: Term): string {
    return this.#asked(term).text;
  }

  /** The empty text. */
  get #nothing(): string {
    return this.quote + this.quote;
  }

  /** Python takes values of every type for true or false; a condition says what it asks of them. */
  #asked(term: Term): Written {
    if (isCall(term, 'and') || isCall(term, 'or')) return this.#logic(term);
    if (isCall(term, 'not') && term.args[0] !== undefined) return this.#negated(term.args[0]);
    if (isCall(term, 'default') && term.args.length === 3)
      return this.#asked({ ...term, args: orFalse(term.args) });
    const type = typeOf(term);
    if (type === 'text')
      return { text: `${at(this.#written(term), levels.sum)} != ${this.#nothing}`, level: levels.relation };
    if (isCall(term, 'length')) return { text: `${this.#written(term).text} > 0`, level: levels.relation };
    if (isCall(term, 'length')) return { text: `${this.#written(term).text} > 0`, level: levels.relation };
    if (type === 'number')
      return { text: `${at(this.#written(term), levels.sum)} != 0`, level: levels.relation };
    if (type === 'list' || type === 'mapping')
      return { text: `size(${this.#written(term).text}) > 0`, level: levels.relation };
    return this.#written(term);
  }

  #logic({ name, args }: CallTerm): Written {
    const [sign, level] = name === 'and' ? (['&&', levels.and] as const) : (['||', levels.or] as const);
    return { text: args.map((arg) => at(this.#asked(arg), level)).join(` ${sign} `), level };
  }

  #negated(term: Term): Written {
    if (term.kind === 'call' && Object.hasOwn(opposites, term.name))
      return this.#written({ ...term, name: opposites[term.name] ?? '' });
    const of = this.#asked(term);
    const empty = /^(size\([^()]*\)) > 0$/.exec(of.text) ?? /^([\w.]+) != (""|'')$/.exec(of.text);
    if (empty !== null) return { text: `${empty[1] ?? ''} == ${empty[2] ?? '0'}`, level: levels.relation };
    return { text: `!${at(of, levels.unary)}`, level: levels.unary };
  }

  #written(term: Term): Written {
    switch (term.kind) {
      case 'text':
        return value(inQuotes(term.value, term.quote ?? this.quote));
      case 'constant':
        return typeof term.value === 'number' && term.value < 0
          ? { text: String(term.value), level: levels.unary }
          : value(String(term.value));
      case 'path':
        return value(pathOf(term.parts));
      case 'list':
        return value(`[${term.items.map((item) => this.#written(item).text).join(', ')}]`);
      case 'mapping':
        return value(
          `{${term.entries.map(([key, one]) => `${this.#written(key).text}: ${this.#written(one).text}`).join(', ')}}`,
        );
      case 'call':
        return this.#writtenCall(term);
    }
  }

  #writtenCall(term: CallTerm): Written {
    const { name, args } = term;
    const [first, second, third] = args;
    const operator = Object.hasOwn(infix, name) ? infix[name] : undefined;
    if (operator !== undefined && first !== undefined && second !== undefined) {
      const [sign, level] = operator;
      const tighter: Level =
        level === levels.product ? levels.unary : level === levels.sum ? levels.product : levels.sum;
      const isRelation = level === levels.relation;
      return {
        text: `${at(this.#written(first), isRelation ? tighter : level)} ${sign} ${at(this.#written(second), tighter)}`,
        level,
      };
    }
    switch (name) {
      case 'and':
      case 'or':
      case 'not':
        return this.#asked(term);
      case 'ternary':
        if (first === undefined || second === undefined || third === undefined || args.length > 3) break;
        return {
          text: `${at(this.#asked(first), levels.or)} ? ${at(this.#written(second), levels.or)} : ${this.#written(third).text}`,
          level: levels.choice,
        };
      case 'divide':
        if (first === undefined || second === undefined) break;
        return {
          text: `double(${this.#written(first).text}) / ${at(this.#written(second), levels.unary)}`,
          level: levels.product,
        };
      case 'concat':
        return {
          text: args.map((arg) => at(this.#asText(arg), levels.product)).join(' + '),
          level: levels.sum,
        };
      case 'lookup':
        if (first === undefined || second === undefined || isNegative(second)) break;
        return value(at(this.#written(first), levels.value) + this.#part(second));
      case 'extract':
        if (first === undefined || second === undefined || args.some(isNegative)) break;
        return value(
          at(this.#written(second), levels.value) +
            [first, ...args.slice(2)].map((key) => this.#part(key)).join(''),
        );
      case 'map':
        return this.#mapped(term);
      case 'list':
      case 'env':
      case 'file':
        return inVariable(term);
      case 'default':
        if (args.length > 2) return inVariable(term);
    }
    if (term.options.length > 0 || args.length > 5) return inVariable(term);
    const here = Object.hasOwn(otherNames, name) && args.length === 1 ? (otherNames[name] ?? name) : name;
    if (here === 'int' && args.length > 1) return inVariable(term);
    return value(`${here}(${args.map((arg) => this.#written(arg).text).join(', ')})`);
  }

  #part(key: Term): string {
    return key.kind === 'text' && /^[A-Za-z_]\w*$/.test(key.value)
      ? `.${key.value}`
      : `[${this.#written(key).text}]`;
  }

  #asText(term: Term): Written {
    return typeOf(term) === 'text' ? this.#written(term) : value(`string(${this.#written(term).text})`);
  }

  #mapped(term: CallTerm): Written {
    const [values, name, ...rest] = term.args;
    const [attribute, ...others] = term.options;
    if (values === undefined) return inVariable(term);
    const x = mentions(term, 'x') ? 'each' : 'x';
    if (attribute?.[0] === 'attribute' && attribute[1].kind === 'text' && others.length === 0)
      return value(
        `${at(this.#written(values), levels.value)}.map(${x}, ${pathOf([x, ...attribute[1].value.split('.')])})`,
      );
    if (name?.kind !== 'text' || attribute !== undefined) return inVariable(term);
    const each = this.#written({
      kind: 'call',
      name: name.value,
      args: [{ kind: 'path', parts: [x] }, ...rest],
      options: [],
    });
    return value(`${at(this.#written(values), levels.value)}.map(${x}, ${each.text})`);
  }
}

/** With `true` behind it, `default` also replaces what is empty: of which only matters that the fallback is true or false too. */
function orFalse(args: readonly Term[]): readonly Term[] {
  const [, fallback] = args;
  const isEmpty =
    fallback !== undefined &&
    ((fallback.kind === 'text' && fallback.value === '') ||
      (fallback.kind === 'constant' && (fallback.value === false || fallback.value === 0)) ||
      (fallback.kind === 'list' && fallback.items.length === 0) ||
      (fallback.kind === 'mapping' && fallback.entries.length === 0));
  return isEmpty ? args.slice(0, 2) : args;
}

const isNegative = (term: Term): boolean =>
  term.kind === 'constant' && typeof term.value === 'number' && term.value < 0;

/** What conditions have no notation for can be a variable, which has one. */
function inVariable(term: Term): never {
  throw new Untranslatable(
    `Make it a variable, vars: { wanted: ${inYaml(`{{ ${toHandlebars(term)} }}`)} }, and ask wanted.`,
  );
}

/** A text in quotes of YAML that it does not contain. */
const inYaml = (text: string): string =>
  text.includes("'") ? (text.includes('"') ? `'${text.replaceAll("'", "''")}'` : `"${text}"`) : `'${text}'`;

function inQuotes(text: string, quote: Quote): string {
  const escaped = JSON.stringify(text)
    .slice(1, -1)
    .replaceAll(String.raw`\"`, '"');
  return quote + escaped.replaceAll(quote, `\\${quote}`) + quote;
}

const pathOf = ([name, ...rest]: readonly (string | number)[]): string =>
  String(name) +
  rest
    .map((part) =>
      typeof part === 'number'
        ? `[${part}]`
        : /^[A-Za-z_]\w*$/.test(part)
          ? `.${part}`
          : `[${JSON.stringify(part)}]`,
    )
    .join('');
