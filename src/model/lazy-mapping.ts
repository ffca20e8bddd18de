/**
 * A mapping whose values are made when they are asked for: `hostvars` has an entry for each host, and a template reads one of
 * them. Templates and conditions treat it as any other mapping.
 */
export class LazyMapping {
  constructor(
    /** The names that it has, in their order. */
    readonly keys: () => readonly string[],
    readonly has: (key: string) => boolean,
    /** Only asked for names that it has. */
    readonly get: (key: string) => unknown,
  ) {}

  /** The same as a plain mapping, whose nested lazy mappings stay as they are. */
  entries(): readonly (readonly [string, unknown])[] {
    return this.keys().map((key) => [key, this.get(key)] as const);
  }

  toJSON(): Readonly<Record<string, unknown>> {
    return Object.fromEntries(this.entries());
  }
}
