import { defined } from '../../model/defined.js';
import type { Quote } from './tree.js';

/** An expression in the words of the language here, before it is printed as a template or as a condition. */
export type Term =
  /** Without a quote of the author's, it gets that of the other texts. */
  | { readonly kind: 'text'; readonly value: string; readonly quote?: Quote }
  | { readonly kind: 'constant'; readonly value: number | boolean | null }
  | PathTerm
  | CallTerm
  | { readonly kind: 'list'; readonly items: readonly Term[] }
  | { readonly kind: 'mapping'; readonly entries: readonly (readonly [Term, Term])[] };

/** A variable, or a field of one. A number is an index. */
export interface PathTerm {
  readonly kind: 'path';
  readonly parts: readonly [string, ...(readonly (string | number)[])];
}

/** A call of one of the functions of templates, `and`, `eq` and `ternary` among them. */
export interface CallTerm {
  readonly kind: 'call';
  readonly name: string;
  readonly args: readonly Term[];
  /** Values that are given by name. */
  readonly options: readonly (readonly [string, Term])[];
}

/** Jinja that has no counterpart. The message is a sentence that says what to do instead. */
export class Untranslatable extends Error {}

export const text = (value: string, quote?: Quote): Term => ({ kind: 'text', value, ...defined({ quote }) });

export const constant = (value: number | boolean | null): Term => ({ kind: 'constant', value });

/** The name of a field, or an index, as a value. */
export const keyOf = (part: string | number): Term =>
  typeof part === 'string' ? text(part) : constant(part);

export const path = (name: string, ...parts: readonly (string | number)[]): PathTerm => ({
  kind: 'path',
  parts: [name, ...parts],
});

export const call = (
  name: string,
  args: readonly Term[],
  options: readonly (readonly [string, Term])[] = [],
): CallTerm => ({ kind: 'call', name, args, options });

export const not = (term: Term): Term =>
  term.kind === 'call' && term.name === 'not' && term.args[0] !== undefined
    ? term.args[0]
    : call('not', [term]);

/** Whether a term is a call of this function. */
export const isCall = <N extends string>(
  term: Term | undefined,
  name: N,
): term is CallTerm & { readonly name: N } => term?.kind === 'call' && term.name === name;

/** The field or element of a value: a path goes on, everything else is looked up in. */
export function fieldOf(owner: Term, key: Term): Term {
  if (owner.kind === 'path') {
    if (key.kind === 'text' && key.value !== '' && !key.value.includes(']'))
      return { kind: 'path', parts: [...owner.parts, key.value] };
    if (key.kind === 'constant' && isIndex(key.value))
      return { kind: 'path', parts: [...owner.parts, key.value] };
  }
  if (key.kind === 'constant' && key.value === -1) return call('last', [owner]);
  if (key.kind === 'constant' && key.value === 0) return call('first', [owner]);
  // The field of a field that was looked up is one way through the mappings.
  if (isCall(owner, 'extract')) return call('extract', [...owner.args, key]);
  const [from, first] = isCall(owner, 'lookup') ? owner.args : [];
  return from === undefined || first === undefined
    ? call('lookup', [owner, key])
    : call('extract', [first, from, key]);
}

const isIndex = (value: unknown): value is number =>
  typeof value === 'number' && Number.isInteger(value) && value >= 0;
