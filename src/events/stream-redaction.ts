import type { StreamRedaction } from '../ports/secret-keeper.js';
import type { FormSearch } from './form-search.js';

const mask = Buffer.from('***');
const nothing = new Uint8Array(0);

/**
 * Masks every form of a secret in a stream of bytes. Forms that overlap become one mask, and what comes out is the same however the stream
 * was cut. It keeps back no more than the beginning of a form, so that a stream without secrets flows as it comes.
 */
export class BytesRedaction implements StreamRedaction {
  #held: Uint8Array = nothing;
  /** How many of the held bytes belong to a form whose mask was written already. */
  #masked = 0;

  /** `search` is asked for each piece: a secret may become known while the stream flows. Undefined while there is none. */
  constructor(private readonly search: () => FormSearch | undefined) {}

  write(chunk: Uint8Array): Uint8Array {
    const search = this.search();
    if (search === undefined) return chunk;
    const bytes = this.#held.length === 0 ? chunk : Buffer.concat([this.#held, chunk]);
    const settled = search.unfinished(bytes);
    const shown = this.#show(search, bytes, settled);
    // A copy: the memory of the chunk is the caller's.
    this.#held = settled === bytes.length ? nothing : bytes.slice(settled);
    return shown;
  }

  end(): Uint8Array {
    const search = this.search();
    const shown = search === undefined ? nothing : this.#show(search, this.#held, this.#held.length);
    this.#held = nothing;
    this.#masked = 0;
    return shown;
  }

  /** The bytes up to `settled`, with masks for the forms that begin there. */
  #show(search: FormSearch, bytes: Uint8Array, settled: number): Uint8Array {
    const parts: Uint8Array[] = [];
    let done = this.#masked;
    for (const { start, end } of search.matches(bytes)) {
      if (start >= settled) break;
      if (start >= done) parts.push(bytes.subarray(done, start), mask);
      done = Math.max(done, end);
    }
    this.#masked = Math.max(0, done - settled);
    if (done < settled) parts.push(bytes.subarray(done, settled));
    return parts.length === 1 ? (parts[0] ?? nothing) : Buffer.concat(parts);
  }
}
