import { missingParameter } from './fault.js';

/** A request of the Query protocol: a flat form whose names spell a tree, `Filter.1.Value.2` or `Names.member.1`. */
export class Query {
  readonly #fields: ReadonlyMap<string, string>;

  constructor(fields: ReadonlyMap<string, string>) {
    this.#fields = fields;
  }

  static parse(body: string): Query {
    return new Query(new Map(new URLSearchParams(body)));
  }

  /** A flat object: the JSON protocol of what the lab answers has no lists. */
  static ofJson(body: string): Query {
    const fields = Object.entries(JSON.parse(body === '' ? '{}' : body) as Record<string, unknown>);
    return new Query(new Map(fields.map(([name, value]) => [name, String(value)])));
  }

  text(name: string): string | undefined {
    return this.#fields.get(name);
  }

  /** Throws `MissingParameter`. */
  required(name: string): string {
    const value = this.text(name);
    if (value === undefined) throw missingParameter(name);
    return value;
  }

  number(name: string): number | undefined {
    const value = this.text(name);
    return value === undefined ? undefined : Number(value);
  }

  /** The texts of a list, in their order. */
  list(name: string): readonly string[] {
    return this.structures(name).flatMap((entry) => entry.text('') ?? []);
  }

  /** The entries of a list; each entry's own value, if it is a text, is under the empty name. */
  structures(name: string): readonly Query[] {
    const entries = new Map<number, Map<string, string>>();
    const pattern = new RegExp(`^${name}\\.(?:member\\.)?(\\d+)(?:\\.(.+))?$`);
    for (const [field, value] of this.#fields) {
      const match = pattern.exec(field);
      if (match === null) continue;
      const index = Number(match[1]);
      const entry = entries.get(index) ?? new Map<string, string>();
      entry.set(match[2] ?? '', value);
      entries.set(index, entry);
    }
    return [...entries].sort(([a], [b]) => a - b).map(([, fields]) => new Query(fields));
  }
}
