/** A text of fewer characters is found by chance in other text: as a secret it is not masked. */
export const shortestSecret = 6;

/** In characters, as a reader counts them, and not in UTF-16 units. */
export const isLongEnough = (text: string): boolean => Array.from(text).length >= shortestSecret;

/**
 * A value that must never be seen: not in argv, log, event, journal, diff or error. It prints as `***`
 * wherever it is turned into text; `reveal` is the only way to the value.
 */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return '***';
  }

  toJSON(): string {
    return '***';
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return '***';
  }
}

/** The value without its wrapping, however deep; what is made of it is as secret as it was. The same object where there was nothing to take out. */
export function revealed(value: unknown): unknown {
  if (value instanceof Secret) return value.reveal();
  return mapParts(value, revealed);
}

/** Whether a secret is anywhere in the value. */
export function holdsSecret(value: unknown): boolean {
  if (value instanceof Secret) return true;
  return isPlain(value) && Object.values(value).some(holdsSecret);
}

function mapParts(value: unknown, change: (part: unknown) => unknown): unknown {
  if (!isPlain(value)) return value;
  const entries = Object.entries(value).map(([key, part]) => [key, part, change(part)] as const);
  if (entries.every(([, before, after]) => before === after)) return value;
  if (Array.isArray(value)) return entries.map(([, , after]) => after);
  return Object.fromEntries(entries.map(([key, , after]) => [key, after]));
}

/** A list or a mapping as YAML makes it, and none of our own classes. */
function isPlain(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return Array.isArray(value) || prototype === Object.prototype || prototype === null;
}
