import { asQuestion, filtered, type Given } from './filters.js';
import { lookedUp } from './lookups.js';
import { methodOf } from './methods.js';
import { comparedWith, partsOfField, termOfChain, termOfLoop, type Chain } from './names.js';
import { call, constant, fieldOf, keyOf, not, path, text, Untranslatable, type Term } from './term.js';
import { tested } from './tests.js';
import type { BinarySign, ComparisonSign, JinjaArguments, JinjaNode } from './tree.js';

/** What names mean around an expression: those of the loops that it stands in. Empty outside of loops. */
export interface Names {
  readonly loops: number;
  readonly local: ReadonlyMap<string, Term>;
}

export const noNames: Names = { loops: 0, local: new Map() };

/** Says an expression of Jinja in the words of the language here. Throws Untranslatable where there are none. */
export const meaningOf = (node: JinjaNode, names: Names = noNames): Term => new Meaning(names).of(node);

const operators: Readonly<Record<BinarySign, string>> = {
  and: 'and',
  or: 'or',
  '+': 'add',
  '-': 'subtract',
  '*': 'multiply',
  '/': 'divide',
  '//': 'floordiv',
  '%': 'modulo',
  '**': 'pow',
  '~': 'concat',
};

const comparisons: Readonly<Record<Exclude<ComparisonSign, 'not in'>, string>> = {
  '==': 'eq',
  '!=': 'ne',
  '<': 'lt',
  '<=': 'le',
  '>': 'gt',
  '>=': 'ge',
  in: 'in',
};

class Meaning {
  constructor(private readonly names: Names) {}

  of(node: JinjaNode): Term {
    switch (node.kind) {
      case 'text':
        return text(node.value, node.quote);
      case 'constant':
        return constant(node.value);
      case 'name':
      case 'field':
        return this.#field(node);
      case 'list':
        return { kind: 'list', items: node.items.map((item) => this.of(item)) };
      case 'mapping':
        return {
          kind: 'mapping',
          entries: node.entries.map(([key, value]) => [this.of(key), this.of(value)]),
        };
      case 'slice':
        return this.#slice(node);
      case 'filter':
        return filtered(node.name, this.of(node.value), this.#given(node));
      case 'test':
        return this.#test(node);
      case 'call':
        return this.#call(node);
      case 'unary':
        return this.#unary(node);
      case 'binary':
        return this.#binary(node);
      case 'comparison':
        return this.#comparison(node);
      case 'choice':
        return call('ternary', [
          this.#asked(node.condition),
          this.of(node.then),
          node.otherwise === undefined ? text('') : this.of(node.otherwise),
        ]);
    }
  }

  #field(node: JinjaNode & { kind: 'name' | 'field' }): Term {
    const chain = chainOf(node);
    if (chain !== undefined) return this.#chain(chain);
    if (node.kind === 'name') return this.#chain([node.name]);
    if (chainOf(node.owner)?.join() === 'vars')
      throw new Untranslatable(
        'Variables are named where they are used; for a choice, make a mapping and write lookup mapping key.',
      );
    const owner = this.of(node.owner);
    const key = this.of(node.key);
    if (key.kind !== 'text' || !isOfHostvars(owner)) return fieldOf(owner, key);
    return partsOfField(key.value).reduce<Term>((from, part) => fieldOf(from, keyOf(part)), owner);
  }

  #chain(chain: Chain): Term {
    const [name, ...rest] = chain;
    if (name === 'loop' && this.names.loops > 0 && typeof rest[0] === 'string') return termOfLoop(rest[0]);
    const local = this.names.local.get(name);
    if (local !== undefined) return rest.reduce<Term>((from, part) => fieldOf(from, keyOf(part)), local);
    if (name === 'vars' && typeof rest[0] === 'string') return this.#chain([rest[0], ...rest.slice(1)]);
    if (name === 'hostvars') {
      const [host, ...fields] = rest;
      return this.#atRoot(path(name, ...(host === undefined ? [] : [host]), ...fields.flatMap(partsOfField)));
    }
    return this.#atRoot(termOfChain(chain));
  }

  /** Inside #each, names are those of the element; those of variables begin at the root. */
  #atRoot(term: Term): Term {
    if (term.kind !== 'path' || this.names.loops === 0) return term;
    return { kind: 'path', parts: ['@root', ...term.parts] };
  }

  #slice(node: JinjaNode & { kind: 'slice' }): Term {
    if (node.step !== undefined) throw new Untranslatable('slice has no step: reverse list is backwards.');
    const to = node.to === undefined ? [] : [this.of(node.to)];
    return call('slice', [
      this.of(node.owner),
      node.from === undefined ? constant(0) : this.of(node.from),
      ...to,
    ]);
  }

  #given({ args, options }: JinjaArguments): Given {
    return {
      args: args.map((arg) => this.of(arg)),
      options: options.map(([name, value]) => [name, this.of(value)]),
    };
  }

  #test(node: JinjaNode & { kind: 'test' }): Term {
    const { args, options } = this.#given(node);
    const [option] = options;
    if (option !== undefined && !['version', 'operator'].includes(option[0]))
      throw new Untranslatable(`${node.name} has no ${option[0]} here.`);
    const term = tested(node.name, this.of(node.value), [...args, ...options.map(([, value]) => value)]);
    return node.negated ? not(term) : term;
  }

  #call(node: JinjaNode & { kind: 'call' }): Term {
    const { called } = node;
    const { args, options } = this.#given(node);
    if (called.kind === 'field' && called.key.kind === 'text')
      return methodOf(called.key.value, this.of(called.owner), args);
    const name = called.kind === 'name' ? called.name : '';
    switch (name) {
      case 'lookup':
      case 'query':
      case 'q':
        return lookedUp(args);
      case 'range':
        return call('range', args);
      case 'dict':
        if (args.length > 0) throw new Untranslatable('Write items2dict list, of elements { key, value }.');
        return { kind: 'mapping', entries: options.map(([key, value]) => [text(key), value]) };
      case 'now':
        throw new Untranslatable('The time is run.started_at, and facts.clock.epoch on a host.');
      case 'undef':
        throw new Untranslatable('Leave the variable out: it is an error where it is used.');
      default:
        throw new Untranslatable(
          `There is no function ${name} here: a macro is a variable of its own, or a task computes it.`,
        );
    }
  }

  #unary({ sign, operand }: JinjaNode & { kind: 'unary' }): Term {
    if (sign === 'not') return not(this.#asked(operand));
    const term = this.of(operand);
    if (sign === '+') return term;
    if (term.kind === 'constant' && typeof term.value === 'number') return constant(-term.value);
    return call('subtract', [constant(0), term]);
  }

  #binary({ sign, left, right }: JinjaNode & { kind: 'binary' }): Term {
    const isLogic = sign === 'and' || sign === 'or';
    const [first, second] = isLogic
      ? [this.#asked(left), this.#asked(right)]
      : [this.of(left), this.of(right)];
    if (sign === '%' && first.kind === 'text')
      throw new Untranslatable(
        'There is no format: put the parts one behind the other, or write concat a b.',
      );
    const name = operators[sign];
    const isJoined = first.kind === 'call' && first.name === name && ['and', 'or', 'concat'].includes(name);
    return call(name, isJoined ? [...first.args, second] : [first, second]);
  }

  /** `1 < x < 5` is two comparisons. */
  #comparison({ first, rest }: JinjaNode & { kind: 'comparison' }): Term {
    const terms = [first, ...rest.map(([, node]) => node)].map((node) => this.of(node));
    const compared = rest.map(([sign], index): Term => {
      const [left, right] = [terms[index] ?? constant(null), terms[index + 1] ?? constant(null)];
      const args = [comparedWith(left, right), comparedWith(right, left)];
      return sign === 'not in' ? not(call('in', args)) : call(comparisons[sign], args);
    });
    const [only = constant(null), ...others] = compared;
    return others.length === 0 ? only : call('and', compared);
  }

  /** A value of which only matters whether it is true. */
  #asked(node: JinjaNode): Term {
    return asQuestion(this.of(node));
  }
}

/** Whether a value is the variables of another host, chosen by a variable. */
const isOfHostvars = (term: Term): boolean =>
  term.kind === 'call' &&
  term.name === 'lookup' &&
  term.args[0]?.kind === 'path' &&
  term.args[0].parts.at(-1) === 'hostvars';

/** A name with fields that are all written out; undefined for anything else. */
function chainOf(node: JinjaNode): Chain | undefined {
  if (node.kind === 'name') return [node.name];
  if (node.kind !== 'field') return undefined;
  const owner = chainOf(node.owner);
  if (owner === undefined) return undefined;
  const { key } = node;
  if (key.kind === 'text' && key.value !== '' && !key.value.includes(']')) return [...owner, key.value];
  const isIndex =
    key.kind === 'constant' && typeof key.value === 'number' && Number.isInteger(key.value) && key.value >= 0;
  return isIndex && typeof key.value === 'number' ? [...owner, key.value] : undefined;
}
