/** The data types of RFC 4251, section 5, as bytes. */
export function uint32(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

export const byte = (value: number): Buffer => Buffer.of(value);

export const boolean = (value: boolean): Buffer => Buffer.of(value ? 1 : 0);

export function string(value: string | Uint8Array): Buffer {
  const bytes = typeof value === 'string' ? Buffer.from(value) : value;
  return Buffer.concat([uint32(bytes.length), bytes]);
}

/** Reads them one after the other. Throws a RangeError where a message is shorter than it should be. */
export class MessageReader {
  #offset = 0;

  constructor(private readonly message: Buffer) {}

  byte(): number {
    return this.message.readUInt8(this.#advance(1));
  }

  boolean(): boolean {
    return this.byte() !== 0;
  }

  uint32(): number {
    return this.message.readUInt32BE(this.#advance(4));
  }

  /** Shares its memory with the message. */
  bytes(): Buffer {
    const length = this.uint32();
    const start = this.#advance(length);
    if (this.#offset > this.message.length) throw new RangeError('a string is longer than its message');
    return this.message.subarray(start, this.#offset);
  }

  text(): string {
    return this.bytes().toString();
  }

  #advance(by: number): number {
    const before = this.#offset;
    this.#offset += by;
    return before;
  }
}

/** Cuts a stream of bytes into messages that begin with their length. */
export class MessageCutter {
  #rest: Buffer = Buffer.alloc(0);

  /** The messages that are complete now, without their lengths. */
  *cut(chunk: Buffer): Iterable<Buffer> {
    this.#rest = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    while (this.#rest.length >= 4) {
      const end = 4 + this.#rest.readUInt32BE(0);
      if (this.#rest.length < end) return;
      const message = this.#rest.subarray(4, end);
      // Taken out first: the receiver may ask for the next message.
      this.#rest = this.#rest.subarray(end);
      yield message;
    }
  }
}
