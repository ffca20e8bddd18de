import { meaningOf, type Names } from './meaning.js';
import { parseJinja, parseJinjaLoop } from './parser.js';
import { chosenBy } from './chosen.js';
import { path, Untranslatable, type Term } from './term.js';
import { toHandlebars } from './to-handlebars.js';
import type { JinjaNode, Quote } from './tree.js';
import { NotJinja } from './tokens.js';
import { quoteIn, translating, type Translation } from './translation.js';

/** A block of Jinja that is open: what closes it, and what names mean in it. */
interface OpenBlock {
  readonly kind: 'if' | 'for' | 'other';
  readonly closing: string;
  readonly names: Names;
}

const words = [
  ...[
    'if',
    'elif',
    'else',
    'endif',
    'for',
    'endfor',
    'set',
    'endset',
    'raw',
    'endraw',
    'include',
    'import',
    'from',
  ],
  ...[
    'macro',
    'endmacro',
    'call',
    'endcall',
    'block',
    'endblock',
    'extends',
    'filter',
    'endfilter',
    'with',
    'endwith',
  ],
  ...['do', 'autoescape', 'endautoescape', 'trans', 'endtrans', 'break', 'continue'],
];

/** Where a statement of Jinja begins, and the word that it begins with. */
export const statement = new RegExp(`^\\{%[-+]?\\s*(${words.join('|')})\\b([^]*?)([-+]?)%\\}`);

/** Why there is no such statement, and what there is instead. */
const instead: Readonly<Record<string, string>> = {
  include: 'Put the text itself here, or render each file with a task of its own.',
  import: 'Make a variable of each text: a template has no macros.',
  from: 'Make a variable of each text: a template has no macros.',
  macro: 'Make a variable of the text, or write it out with {{#each}}: a template has no macros.',
  endmacro: 'A template has no macros.',
  call: 'Make a variable of the text: a template has no macros.',
  endcall: 'A template has no macros.',
  block: 'Put the text itself here: a template extends no other.',
  endblock: 'Put the text itself here: a template extends no other.',
  extends: 'Put the text of both into one file: a template extends no other.',
  filter: 'Apply the function to the values: {{ indent text 2 }}.',
  endfilter: 'Apply the function to the values.',
  with: 'Write {{#with value as |name|}}…{{/with}}.',
  endwith: 'Write {{/with}}.',
  do: 'Values do not change: write a new variable, with add or combine.',
  autoescape: 'Nothing is escaped in files.',
  endautoescape: 'Nothing is escaped in files.',
  trans: 'There are no translations.',
  endtrans: 'There are no translations.',
  break: 'A loop has no early end: choose its elements with select or selectattr.',
  continue: 'Write {{#if}}…{{/if}} around the rest.',
  endset: 'Make a variable of the text, below vars.',
};

/** Translates the statements of one template, from top to bottom. */
export class Statements {
  readonly #open: OpenBlock[] = [];

  constructor(private readonly outside: Names) {}

  /** What names mean at this place. */
  get names(): Names {
    return this.#open.at(-1)?.names ?? this.outside;
  }

  /** A statement by its word and what follows it. Undefined for what is none of Jinja. */
  translate(word: string, rest: string): Translation | undefined {
    return translating(() => this.#translated(word, rest));
  }

  #translated(word: string, rest: string): string {
    switch (word) {
      case 'if':
        return this.#if(rest);
      case 'elif':
        return `{{else if ${this.#argument(rest)}}}`;
      case 'else':
        return '{{else}}';
      case 'endif':
      case 'endfor':
        return this.#open.pop()?.closing ?? (word === 'endif' ? '{{/if}}' : '{{/each}}');
      case 'for':
        return this.#for(rest);
      case 'raw':
        return '{{{{raw}}}}';
      case 'endraw':
        return '{{{{/raw}}}}';
      case 'set':
        throw new Untranslatable(this.#set(rest));
      default:
        throw new Untranslatable(instead[word] ?? 'There is no such statement.');
    }
  }

  #if(rest: string): string {
    // A block counts as open whatever is wrong with its condition, or the ends of the others would not fit.
    const { names } = this;
    this.#open.push({ kind: 'if', closing: '{{/if}}', names });
    return `{{#if ${this.#argument(rest)}}}`;
  }

  #argument(source: string): string {
    return asArgument(meaningOf(parseJinja(source), this.names), quoteIn(source));
  }

  #for(rest: string): string {
    const before = this.names;
    const pushed = (closing: string, local: ReadonlyMap<string, Term>): Names => {
      const names = { loops: before.loops + 1, local: new Map([...before.local, ...local]) };
      this.#open.push({ kind: 'for', closing, names });
      return names;
    };
    try {
      const { names, over, only } = parseJinjaLoop(rest);
      const { of, given } = elementsOf(over, names);
      const all = meaningOf(of, before);
      const local = new Map([...before.local, ...given.local]);
      const chosen = only === undefined ? all : chosenBy(all, meaningOf(only, { ...before, local }), names);
      const within = pushed(chosen === undefined ? '{{/if}}{{/each}}' : '{{/each}}', given.local);
      const quote = quoteIn(rest);
      const opening = `{{#each ${asArgument(chosen ?? all, quote)} as |${given.written}|}}`;
      if (chosen !== undefined || only === undefined) return opening;
      return `${opening}{{#if ${asArgument(meaningOf(only, within), quote)}}}`;
    } catch (error) {
      if (error instanceof NotJinja) pushed('{{/each}}', new Map());
      throw error;
    }
  }

  #set(rest: string): string {
    const [, name = '', value] = /^\s*([A-Za-z_]\w*)\s*=([^]*)$/.exec(rest) ?? [];
    const meant =
      value === undefined
        ? undefined
        : translating(() => toHandlebars(meaningOf(parseJinja(value), this.names)));
    if (meant === undefined || 'reason' in meant || this.names.loops > 0)
      return 'A template assigns nothing: make it a variable, below vars of the task, or write the value where it is used.';
    const quote = meant.text.includes("'") ? '"' : "'";
    return `A template assigns nothing: give the task vars: { ${name}: ${quote}{{ ${meant.text} }}${quote} }.`;
  }
}

/** What `#if` and `#each` take is one value: a function in parentheses. */
const asArgument = (term: Term, quote: Quote): string => {
  const written = toHandlebars(term, quote);
  return term.kind === 'path' || term.kind === 'constant' ? written : `(${written})`;
};

interface Given {
  /** Between the bars of `as |…|`. */
  readonly written: string;
  readonly local: ReadonlyMap<string, Term>;
}

/** What a loop goes over, and how its elements are called. */
function elementsOf(
  over: JinjaNode,
  names: readonly string[],
): { readonly of: JinjaNode; readonly given: Given } {
  const [first = 'item', second] = names;
  if (second === undefined)
    return { of: over, given: { written: first, local: new Map([[first, path(first)]]) } };
  const mapping = mappingOf(over);
  if (mapping !== undefined && names.length === 2) {
    const local = new Map([first, second].map((name): [string, Term] => [name, path(name)]));
    return { of: mapping, given: { written: `${second} ${first}`, local } };
  }
  const local = new Map(names.map((name, index): [string, Term] => [name, path('element', index)]));
  return { of: over, given: { written: 'element', local } };
}

/** The mapping of `mapping.items()`, which `#each` goes over by itself. */
function mappingOf(node: JinjaNode): JinjaNode | undefined {
  if (node.kind === 'filter' && ['items', 'dictsort'].includes(node.name)) return node.value;
  if (node.kind !== 'call' || node.called.kind !== 'field' || node.called.key.kind !== 'text')
    return undefined;
  return ['items', 'iteritems'].includes(node.called.key.value) ? node.called.owner : undefined;
}
