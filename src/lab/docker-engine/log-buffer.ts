export type LogStream = 'stdout' | 'stderr';

interface LogLine {
  readonly stream: LogStream;
  /** Nanoseconds since 1970; each line of a container has a later one than the line before. */
  readonly at: bigint;
  readonly text: string;
}

/** Lines beyond this are forgotten, oldest first. */
const capacity = 2_000;

/** A longer line is kept and sent in pieces of so many bytes. Source: moby, daemon/logger/copier.go. */
const piece = 16_384;

const million = 1_000_000n;
const thousandMillion = 1_000_000_000n;

/** The log of one container. `tty` is whether it was made with a terminal: then there is one stream, and it has no frames. */
export class LogBuffer {
  readonly #lines: LogLine[] = [];
  readonly #partial = { stdout: '', stderr: '' };
  readonly #followers = new Set<(line: LogLine) => void>();
  #last = 0n;

  constructor(private readonly tty: boolean) {}

  write(stream: LogStream, text: string): void {
    const lines = (this.#partial[stream] + text).split('\n');
    this.#partial[stream] = lines.pop() ?? '';
    for (const line of lines) this.#add(stream, line);
  }

  /** The process ended: what had no line end yet is a line too. */
  flush(): void {
    for (const stream of ['stdout', 'stderr'] as const) {
      if (this.#partial[stream] !== '') this.#add(stream, this.#partial[stream]);
      this.#partial[stream] = '';
    }
  }

  read(query: LogQuery): Buffer {
    const chosen = this.#lines.filter((line) => isWanted(line, query));
    const { tail } = query;
    const lines = tail === undefined ? chosen : chosen.slice(Math.max(0, chosen.length - tail));
    return Buffer.concat(lines.map((line) => this.#sent(line, query)));
  }

  /** Hands over each new line until the returned function is called. */
  follow(query: LogQuery, onLine: (line: Buffer) => void): () => void {
    const follower = (line: LogLine): void => {
      if (isWanted(line, query)) onLine(this.#sent(line, query));
    };
    this.#followers.add(follower);
    return () => {
      this.#followers.delete(follower);
    };
  }

  #add(stream: LogStream, text: string): void {
    const now = BigInt(Date.now()) * million;
    this.#last = now > this.#last ? now : this.#last + 1n;
    const line = { stream: this.tty ? 'stdout' : stream, at: this.#last, text } as const;
    this.#lines.push(line);
    if (this.#lines.length > capacity) this.#lines.shift();
    for (const follower of this.#followers) follower(line);
  }

  #sent({ stream, at, text }: LogLine, { timestamps }: LogQuery): Buffer {
    const bytes = Buffer.from(`${text}${this.tty ? '\r' : ''}\n`);
    const time = Buffer.from(timestamps ? `${rfc3339(at)} ` : '');
    const sent: Buffer[] = [];
    for (let from = 0; from < bytes.length; from += piece) {
      const payload = Buffer.concat([time, bytes.subarray(from, from + piece)]);
      sent.push(...(this.tty ? [payload] : [head(stream, payload.length), payload]));
    }
    return Buffer.concat(sent);
  }
}

export interface LogQuery {
  readonly streams: readonly LogStream[];
  readonly tail?: number;
  readonly timestamps: boolean;
  /** Nanoseconds since 1970, both included. */
  readonly since?: bigint;
  readonly until?: bigint;
}

const isWanted = ({ stream, at }: LogLine, { streams, since, until }: LogQuery): boolean =>
  streams.includes(stream) && (since === undefined || at >= since) && (until === undefined || at <= until);

/** With nine digits behind the point, as Docker writes it. */
const rfc3339 = (at: bigint): string =>
  new Date(Number(at / million))
    .toISOString()
    .replace(/\d{3}Z$/, `${(at % thousandMillion).toString().padStart(9, '0')}Z`);

/** `1700000000.123456789`, or an RFC 3339 time; undefined for none and for zero, Docker's word for none. */
export function momentOf(text: string | null): bigint | undefined {
  if (text === null || text === '' || text === '0') return undefined;
  const [, seconds, fraction = ''] = /^(\d+)(?:\.(\d+))?$/.exec(text) ?? [];
  if (seconds === undefined) return BigInt(Date.parse(text)) * million;
  return BigInt(seconds) * thousandMillion + BigInt(fraction.padEnd(9, '0').slice(0, 9));
}

/** A header of 8 bytes: the stream and the length. Source: Docker Engine API, "Stream format". */
function head(stream: LogStream, length: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes[0] = stream === 'stdout' ? 1 : 2;
  bytes.writeUInt32BE(length, 4);
  return bytes;
}
