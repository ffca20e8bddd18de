import { StringDecoder } from 'node:string_decoder';
import type { Spill, SpilledOutput } from '../ports/project-files.js';

/** Bytes of a stream that are kept, all of them up to `whole`, else so many of the beginning and of the end. */
interface Limits {
  readonly whole: number;
  readonly ends: number;
}

const inMemory: Limits = { whole: 2 * 1024 * 1024, ends: 1024 * 1024 };
/** Where a file has the rest, what people are shown is enough. */
const besidesFile: Limits = { whole: 256 * 1024, ends: 64 * 1024 };

/** What a command wrote to one stream: all of it, or its beginning and its end when that is too much for memory. */
export class Output {
  readonly #limits: Limits;
  /** Grows as it is filled: chunks are copied, since small ones may hold on to far more memory than they show. */
  #bytes = Buffer.alloc(0);
  #size = 0;
  #tail: Tail | undefined;
  #file: SpilledOutput | undefined;

  /** `spill` is where all of it goes once it is too much. */
  constructor(private readonly spill?: Spill) {
    this.#limits = spill === undefined ? inMemory : besidesFile;
  }

  /** Beginning and end are all that is kept in memory. */
  get truncated(): boolean {
    return this.#tail !== undefined;
  }

  /** The file that has all of it, once it has ended. */
  get file(): SpilledOutput | undefined {
    return this.#file;
  }

  /** A promise when the chunk is written to a file: no more should come before. */
  add(chunk: Buffer): void | Promise<void> {
    if (this.#tail !== undefined) {
      this.#tail.add(chunk);
      return this.spill?.write(chunk);
    }
    const size = this.#size + chunk.length;
    if (size <= this.#limits.whole) {
      if (size > this.#bytes.length) this.#grow(size);
      chunk.copy(this.#bytes, this.#size);
      this.#size = size;
      return undefined;
    }
    const all = Buffer.concat([this.#bytes.subarray(0, this.#size), chunk]);
    const { ends } = this.#limits;
    this.#tail = new Tail(ends);
    this.#tail.add(all.subarray(ends));
    // A copy, so that the rest is freed.
    this.#bytes = Buffer.from(all.subarray(0, ends));
    this.#size = ends;
    return this.spill?.write(all);
  }

  /** No more comes. Resolves when the file has all of it. */
  async end(): Promise<void> {
    this.#file = await this.spill?.end();
  }

  /** As UTF-8; what is not shows as U+FFFD. */
  toString(): string {
    const head = this.#bytes.subarray(0, this.#size);
    if (this.#tail === undefined) return head.toString();
    const where =
      this.#file === undefined
        ? ''
        : this.#file.incomplete === undefined
          ? `; all of it is in ${this.#file.path}`
          : `; ${this.#file.path} has what could be written: ${this.#file.incomplete}`;
    const { dropped, bytes } = this.#tail;
    if (dropped === 0) return Buffer.concat([head, bytes]).toString();
    const [first, last] = [wholeLinesFirst(head), wholeLinesLast(bytes)];
    const left = dropped + head.length - first.length + bytes.length - last.length;
    // A character that the cut goes through is left out with the rest.
    const before = new StringDecoder('utf8').write(first);
    return `${before}\n[… ${left} bytes left out${where} …]\n${withoutBrokenStart(last).toString()}`;
  }

  #grow(size: number): void {
    const bytes = Buffer.allocUnsafe(
      Math.min(Math.max(size, 2 * this.#bytes.length, 4_096), this.#limits.whole),
    );
    this.#bytes.copy(bytes, 0, 0, this.#size);
    this.#bytes = bytes;
  }
}

/** The last bytes of a stream, in a ring. */
class Tail {
  readonly #ring: Buffer;
  #added = 0;

  constructor(private readonly limit: number) {
    this.#ring = Buffer.allocUnsafe(limit);
  }

  add(chunk: Buffer): void {
    const last = chunk.subarray(Math.max(0, chunk.length - this.limit));
    const at = (this.#added + chunk.length - last.length) % this.limit;
    const first = last.copy(this.#ring, at);
    last.copy(this.#ring, 0, first);
    this.#added += chunk.length;
  }

  get dropped(): number {
    return Math.max(0, this.#added - this.limit);
  }

  get bytes(): Buffer {
    if (this.#added <= this.limit) return this.#ring.subarray(0, this.#added);
    const at = this.#added % this.limit;
    return Buffer.concat([this.#ring.subarray(at), this.#ring.subarray(0, at)]);
  }
}

/** Lines are cut through only where they are longer. */
const longestLine = 16 * 1024;

/** Without the line that the cut goes through: it may hold one half of a secret, which cannot be recognised. */
function wholeLinesFirst(bytes: Buffer): Buffer {
  const end = bytes.lastIndexOf(0x0a) + 1;
  return end > 0 && bytes.length - end <= longestLine ? bytes.subarray(0, end) : bytes;
}

/** The same for what comes after the cut. */
function wholeLinesLast(bytes: Buffer): Buffer {
  const start = bytes.indexOf(0x0a) + 1;
  return start > 0 && start <= longestLine ? bytes.subarray(start) : bytes;
}

/** Up to three bytes that go on with a character of UTF-8 whose beginning is not there. */
function withoutBrokenStart(bytes: Buffer): Buffer {
  let start = 0;
  while (start < 3 && ((bytes[start] ?? 0) & 0b1100_0000) === 0b1000_0000) start += 1;
  return bytes.subarray(start);
}
