export type LogStream = 'stdout' | 'stderr';

interface LogLine {
  readonly stream: LogStream;
  readonly at: Date;
  readonly text: string;
}

/** Lines beyond this are forgotten, oldest first. */
const capacity = 2_000;

/** The log of one container. */
export class LogBuffer {
  readonly #lines: LogLine[] = [];
  readonly #partial = { stdout: '', stderr: '' };
  readonly #followers = new Set<(line: LogLine) => void>();

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

  /** In Docker's multiplexed format. */
  read({ streams, tail, timestamps }: LogQuery): Buffer {
    const chosen = this.#lines.filter(({ stream }) => streams.includes(stream));
    const lines = tail === undefined ? chosen : chosen.slice(Math.max(0, chosen.length - tail));
    return Buffer.concat(lines.map((line) => frame(line, timestamps)));
  }

  /** Hands over each new line until the returned function is called. */
  follow({ streams, timestamps }: LogQuery, onLine: (line: Buffer) => void): () => void {
    const follower = (line: LogLine): void => {
      if (streams.includes(line.stream)) onLine(frame(line, timestamps));
    };
    this.#followers.add(follower);
    return () => {
      this.#followers.delete(follower);
    };
  }

  #add(stream: LogStream, text: string): void {
    const line = { stream, at: new Date(), text };
    this.#lines.push(line);
    if (this.#lines.length > capacity) this.#lines.shift();
    for (const follower of this.#followers) follower(line);
  }
}

export interface LogQuery {
  readonly streams: readonly LogStream[];
  readonly tail?: number;
  readonly timestamps: boolean;
}

/** A header of 8 bytes, the stream and the length, then the text. Source: Docker Engine API, "Stream format". */
function frame({ stream, at, text }: LogLine, timestamps: boolean): Buffer {
  const payload = Buffer.from(`${timestamps ? `${at.toISOString()} ` : ''}${text}\n`);
  const head = Buffer.alloc(8);
  head[0] = stream === 'stdout' ? 1 : 2;
  head.writeUInt32BE(payload.length, 4);
  return Buffer.concat([head, payload]);
}
