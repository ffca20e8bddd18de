import type { Layer } from './scope.js';

/** `{{ … }}`, wherever it stands. */
const mustaches = /\{\{[^]*?\}\}/g;
/** In YAML, quotes inside of quotes are `\"` or `''`. */
const calls = /(?<![\w.@/"'-])secret\s+(?:\\"|''|"|')([^"'\\]+)/g;
const words = /[A-Za-z_]\w*/g;

/**
 * Finds the names of secrets that some texts can need, before any of them is rendered: those that they name, and those that the variables
 * whose names stand in them need in turn. It may find a few too many (a name in a branch that is not taken), and none too few.
 */
export class SecretNeeds {
  readonly #names = new Set<string>();
  /** Words of texts; those of them that are variables are looked into. */
  readonly #words = new Set<string>();
  readonly #layers = new Set<Layer['values']>();
  readonly #values = new Map<string, unknown[]>();

  /** The names found so far. */
  get names(): ReadonlySet<string> {
    return this.#names;
  }

  /** A text that will be rendered: a file of tasks, a template. */
  addText(text: string): void {
    const todo = [text];
    for (let next = todo.pop(); next !== undefined; next = todo.pop()) {
      this.#addCalls(next);
      for (const [word] of next.matchAll(words)) {
        if (this.#words.has(word)) continue;
        this.#words.add(word);
        todo.push(...(this.#values.get(word) ?? []).flatMap(textsIn));
      }
    }
  }

  /** Variables that the texts may name. Those that are data hold no templates. */
  addVariables(layers: Iterable<Layer>): void {
    for (const { values, literal } of layers) {
      if (literal === true || this.#layers.has(values)) continue;
      this.#layers.add(values);
      for (const [name, value] of Object.entries(values)) {
        const known = this.#values.get(name);
        if (known === undefined) this.#values.set(name, [value]);
        else known.push(value);
        if (this.#words.has(name)) textsIn(value).forEach((text) => this.addText(text));
      }
    }
  }

  #addCalls(text: string): void {
    for (const [mustache] of text.matchAll(mustaches)) {
      for (const [, name = ''] of mustache.matchAll(calls)) this.#names.add(name);
    }
  }
}

function textsIn(value: unknown): readonly string[] {
  if (typeof value === 'string') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsIn) : [];
}
