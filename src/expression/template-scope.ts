import type { AdfError, ErrorPlace } from '../errors/adf-error.js';
import { noFields, unknownField, unknownVariable } from '../errors/expression.js';
import { LazyMapping } from '../model/lazy-mapping.js';
import type { Lookups } from '../model/lookups.js';
import type { SecretKeeper } from '../ports/secret-keeper.js';
import { UnknownValue } from '../model/unknown.js';
import { describeValue, isMapping } from './describe.js';
import { hintForForeignPath } from './jinja/translation.js';
import type { PlaceOf } from './place.js';
import type { PathExpression } from './template-syntax.js';

/** The part of Variables that templates use. */
export interface VariableLookup {
  has(name: string): boolean;
  get(name: string): unknown;
  names(): readonly string[];
  /** What functions read besides their values; absent where there is nothing to read. */
  readonly lookups?: Lookups | undefined;
  /** Knows which values are secret; absent where none is. */
  readonly secretKeeper?: SecretKeeper | undefined;
  /** The text of a secret, or of a field of it. Throws `secret.*` at the place. Absent where there are none. */
  secret?(name: string, fields: readonly string[], place: ErrorPlace): string | UnknownValue;
}

/** Where names are looked up: the variables at the root, an element inside `#each` and `#with`. */
export interface Scope {
  readonly parent?: Scope;
  /** Absent at the root. */
  readonly element?: { readonly value: unknown };
  /** `@index`, `@key`, `@first`, `@last`. */
  readonly data: Readonly<Record<string, unknown>>;
  /** What `as |item key|` names. */
  readonly named: Readonly<Record<string, unknown>>;
}

/** The path leads nowhere; `explain` makes the error that says why. */
export class Missing {
  constructor(readonly explain: () => AdfError) {}
}

export const root: Scope = { data: {}, named: {} };

/** Finds what a path of a template means. */
export class PathLookup {
  readonly #variables: VariableLookup;
  readonly #placeOf: PlaceOf;

  constructor(variables: VariableLookup, placeOf: PlaceOf) {
    this.#variables = variables;
    this.#placeOf = placeOf;
  }

  /** The value, an UnknownValue as soon as one is on the way, or Missing. */
  resolve(path: PathExpression, scope: Scope): unknown {
    let from: Scope = scope;
    for (let up = 0; up < path.depth; up += 1) from = from.parent ?? root;
    const [head, ...rest] = path.parts;
    if (path.data) {
      if (head === 'root') return this.#fromRoot(path, rest);
      const holder =
        head === undefined ? undefined : findScope(from, ({ data }) => Object.hasOwn(data, head));
      if (holder === undefined) return this.#missingVariable(path, `@${head ?? ''}`, []);
      return this.#dig(holder.data, path.parts, path);
    }
    if (head !== undefined && path.depth === 0 && !path.scoped) {
      const holder = findScope(from, ({ named }) => Object.hasOwn(named, head));
      if (holder !== undefined) return this.#dig(holder.named, path.parts, path);
    }
    if (from.element === undefined) return this.#fromRoot(path, path.parts);
    const value = this.#dig(from.element.value, path.parts, path);
    if (!(value instanceof Missing) || head === undefined || !this.#variables.has(head)) return value;
    return this.#missingVariable(path, path.written, [], `Inside a block, write @root.${path.written}.`);
  }

  #fromRoot(path: PathExpression, [name, ...rest]: readonly string[]): unknown {
    if (name === undefined || !this.#variables.has(name)) {
      return this.#missingVariable(path, name ?? path.written, this.#variables.names());
    }
    return this.#dig(this.#variables.get(name), rest, path, [name]);
  }

  #missingVariable(path: PathExpression, name: string, known: readonly string[], hint?: string): Missing {
    const elsewhere = hint ?? hintForForeignPath([name, ...path.parts.slice(1)]);
    return new Missing(() => unknownVariable(name, known, this.#placeOf(path.offset), elsewhere));
  }

  /** Follows own fields only: nothing that JavaScript adds to a value can be reached. */
  #dig(
    from: unknown,
    parts: readonly string[],
    path: PathExpression,
    walked: readonly string[] = [],
  ): unknown {
    let value = from;
    for (const [index, part] of parts.entries()) {
      if (value instanceof UnknownValue) return value;
      const owner = [...walked, ...parts.slice(0, index)].join('.') || 'this';
      const place = (): ReturnType<PlaceOf> => this.#placeOf(path.offset);
      if (value instanceof LazyMapping) {
        const lazy: LazyMapping = value;
        if (!lazy.has(part)) return new Missing(() => unknownField(owner, part, lazy.keys(), place()));
        value = lazy.get(part);
        continue;
      }
      if (!Array.isArray(value) && !isMapping(value)) {
        const what = describeValue(value);
        return new Missing(() => noFields(owner, part, what, place()));
      }
      if (!Object.hasOwn(value, part)) {
        const known = Array.isArray(value) ? [] : Object.keys(value);
        return new Missing(() => unknownField(owner, part, known, place()));
      }
      value = Reflect.get(value, part) as unknown;
    }
    return value;
  }
}

function findScope(from: Scope, holds: (scope: Scope) => boolean): Scope | undefined {
  for (let scope: Scope | undefined = from; scope !== undefined; scope = scope.parent) {
    if (holds(scope)) return scope;
  }
  return undefined;
}
