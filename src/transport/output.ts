import { StringDecoder } from 'node:string_decoder';

/** Bytes kept of the beginning, and of the end, of each stream. */
const half = 1024 * 1024;

/** What a command wrote to one stream: all of it, or its beginning and its end when that is too much for memory. */
export class Output {
  readonly #decoder = new StringDecoder('utf8');
  #head = '';
  #tail = '';
  truncated = false;

  /** The characters that are complete now. */
  decode(chunk: Buffer): string {
    return this.#decoder.write(chunk);
  }

  add(text: string): void {
    if (this.#head.length < half) {
      const room = half - this.#head.length;
      this.#head += text.slice(0, room);
      text = text.slice(room);
    }
    this.#tail += text;
    if (this.#tail.length > 2 * half) this.#cut();
  }

  toString(): string {
    if (this.#tail.length > half) this.#cut();
    return this.truncated ? `${this.#head}\n[… left out …]\n${this.#tail}` : this.#head + this.#tail;
  }

  #cut(): void {
    this.#tail = this.#tail.slice(-half);
    this.truncated = true;
  }
}
