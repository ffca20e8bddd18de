/** Where a form was found: from its first byte to the one after its last. */
export interface Match {
  readonly start: number;
  readonly end: number;
}

const none: readonly Uint8Array[] = [];

/**
 * Finds any of many byte strings in one pass, most bytes never looked at (S. Wu and U. Manber, "A fast algorithm for multi-pattern
 * searching", 1994): the last two bytes of a window as long as the shortest form tell how far it can move on.
 */
export class FormSearch {
  /** Bytes of the longest form. */
  readonly longest: number;
  readonly #shortest: number;
  /** By two bytes, `first * 256 + second`: how far a window that ends with them can move without passing a form. */
  readonly #shift: Uint8Array;
  /** By the two bytes that end a window: the forms that begin with such a window, the longest first. */
  readonly #byWindow = new Map<number, Uint8Array[]>();
  readonly #byFirst: Uint8Array[][] = Array.from({ length: 256 }, () => []);

  /** `forms` are of two bytes at least. */
  constructor(forms: Iterable<Uint8Array>) {
    const longestFirst = [...forms].sort((a, b) => b.length - a.length);
    this.longest = longestFirst[0]?.length ?? 0;
    this.#shortest = Math.min(256, longestFirst.at(-1)?.length ?? 2);
    this.#shift = new Uint8Array(0x1_00_00).fill(this.#shortest - 1);
    for (const form of longestFirst) {
      for (let end = 1; end < this.#shortest; end++) {
        const block = blockAt(form, end);
        this.#shift[block] = Math.min(this.#shift[block] ?? 0, this.#shortest - 1 - end);
      }
      const window = blockAt(form, this.#shortest - 1);
      const alike = this.#byWindow.get(window);
      if (alike === undefined) this.#byWindow.set(window, [form]);
      else alike.push(form);
      this.#byFirst[form[0] ?? 0]?.push(form);
    }
  }

  /** At each place where a form begins, the longest that does, in order; they may overlap. */
  *matches(bytes: Uint8Array): Generator<Match> {
    if (this.longest === 0) return;
    const shift = this.#shift;
    const last = this.#shortest - 1;
    let end = last;
    while (end < bytes.length) {
      const block = ((bytes[end - 1] ?? 0) << 8) | (bytes[end] ?? 0);
      const step = shift[block] ?? 0;
      if (step > 0) {
        end += step;
        continue;
      }
      const start = end - last;
      const found = (this.#byWindow.get(block) ?? none).find((form) => isAt(form, bytes, start));
      if (found !== undefined) yield { start, end: start + found.length };
      end++;
    }
  }

  /** The first place from which on the bytes are the beginning of a form, and not yet all of it; their length when there is none. */
  unfinished(bytes: Uint8Array): number {
    for (let start = Math.max(0, bytes.length - this.longest + 1); start < bytes.length; start++) {
      const rest = bytes.length - start;
      for (const form of this.#byFirst[bytes[start] ?? 0] ?? none) {
        if (form.length <= rest) break;
        if (isAt(form, bytes, start, rest)) return start;
      }
    }
    return bytes.length;
  }
}

const blockAt = (bytes: Uint8Array, end: number): number => ((bytes[end - 1] ?? 0) << 8) | (bytes[end] ?? 0);

/** Whether the first `length` bytes of `form` stand in `bytes` at `start`. */
function isAt(form: Uint8Array, bytes: Uint8Array, start: number, length = form.length): boolean {
  if (start + length > bytes.length) return false;
  for (let index = 0; index < length; index++) {
    if (form[index] !== bytes[start + index]) return false;
  }
  return true;
}
