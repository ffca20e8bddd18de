import { isUtf8 } from 'node:buffer';
import { logTime } from '../model/log-time.js';
import type { LogLine } from '../ports/container-logs.js';

/** What is kept of one line, in bytes. */
export const longestLine = 65_536;
/** A longer line comes in pieces, each with the line's time in front. Source: moby, daemon/logger/copier.go. */
const piece = 16_384;
/** `2026-01-31T12:00:00.000000000Z `, or with an offset. */
const timeAtMost = 40;

type Stream = LogLine['stream'];

/**
 * Makes lines of what an Engine sends of a log with times, however it was cut on the way. Without a terminal each piece comes in a frame: its
 * stream, three zeros, its length in four bytes (Docker Engine API, ContainerAttach, "Stream format"). With one it comes bare, and all is
 * stdout; it then begins with the digit of a year, which is no number of a stream. Memory is bounded by the longest line that is kept.
 */
export class LogDecoder {
  readonly #lines = { stdout: new LineOfStream('stdout'), stderr: new LineOfStream('stderr') };
  #isBare: boolean | undefined;
  #head = Buffer.alloc(0);
  /** Bytes of the frame that are still to come. */
  #left = 0;
  #stream: Stream = 'stdout';

  write(chunk: Buffer): LogLine[] {
    const lines: LogLine[] = [];
    const first = chunk[0];
    if (first === undefined) return lines;
    this.#isBare ??= first > 2;
    if (this.#isBare) {
      this.#lines.stdout.feed(chunk, lines);
      return lines;
    }
    let at = 0;
    while (at < chunk.length) {
      if (this.#left > 0) {
        const end = Math.min(chunk.length, at + this.#left);
        this.#lines[this.#stream].feed(chunk.subarray(at, end), lines);
        this.#left -= end - at;
        at = end;
        continue;
      }
      const more = chunk.subarray(at, at + 8 - this.#head.length);
      this.#head = Buffer.concat([this.#head, more]);
      at += more.length;
      if (this.#head.length < 8) break;
      this.#stream = this.#head[0] === 2 ? 'stderr' : 'stdout';
      this.#left = this.#head.readUInt32BE(4);
      this.#lines[this.#stream].frameBegins();
      this.#head = Buffer.alloc(0);
    }
    return lines;
  }

  /** What came without a line end is a line too, when the log has ended. */
  end(): LogLine[] {
    const lines: LogLine[] = [];
    this.#lines.stdout.end(lines);
    this.#lines.stderr.end(lines);
    return lines;
  }
}

/** The line of one stream that is not at its end yet. */
class LineOfStream {
  /** The beginning of a line, until its time is known. */
  #begun: Buffer = Buffer.alloc(0);
  #time: { readonly written: string; readonly at: string } | undefined;
  #last = '1970-01-01T00:00:00.000000000Z';
  #parts: Buffer[] = [];
  #kept = 0;
  /** Bytes of the line so far, the ones that are not kept too. */
  #size = 0;
  /** A time may stand here though the line goes on: the beginning of a piece. */
  #mayRepeat = false;

  constructor(private readonly stream: Stream) {}

  frameBegins(): void {
    this.#mayRepeat = this.#time !== undefined;
  }

  feed(bytes: Buffer, into: LogLine[]): void {
    let at = 0;
    while (at < bytes.length) {
      const found = bytes.indexOf(0x0a, at);
      const end = found < 0 ? bytes.length : found;
      this.#add(bytes.subarray(at, end));
      if (found >= 0) this.#finish(into);
      at = end + 1;
    }
  }

  end(into: LogLine[]): void {
    if (this.#time !== undefined || this.#begun.length > 0) this.#finish(into);
  }

  #add(bytes: Buffer): void {
    let rest = bytes;
    while (rest.length > 0) {
      if (this.#time === undefined || this.#mayRepeat) {
        this.#begun = Buffer.concat([this.#begun, rest]);
        rest = this.#readTime(false);
        continue;
      }
      // A bare log has no frames: its pieces are known by their length.
      const untilPiece = piece - (this.#size % piece);
      const part = rest.subarray(0, untilPiece);
      this.#keep(part);
      if (part.length === untilPiece) this.#mayRepeat = true;
      rest = rest.subarray(part.length);
    }
  }

  /** Takes the time from the beginning of what has come, as soon as it must be all there; gives what is behind it. */
  #readTime(isAll: boolean): Buffer {
    const text = this.#begun.subarray(0, timeAtMost).toString('latin1');
    const space = text.indexOf(' ');
    const known = this.#time;
    const isOpen = known === undefined ? space < 0 : `${known.written} `.startsWith(text);
    if (isOpen && !isAll && text.length < timeAtMost && text !== `${known?.written ?? ''} `) {
      return Buffer.alloc(0);
    }
    const begun = this.#begun;
    this.#begun = Buffer.alloc(0);
    this.#mayRepeat = false;
    if (known !== undefined) {
      return text.startsWith(`${known.written} `) ? begun.subarray(known.written.length + 1) : begun;
    }
    const written = space < 0 ? text : text.slice(0, space);
    const at = logTime(written);
    // A line without a time belongs to the one before.
    this.#time = { written, at: at ?? this.#last };
    return at === undefined ? begun : begun.subarray(written.length + 1);
  }

  #keep(bytes: Buffer): void {
    this.#size += bytes.length;
    const room = longestLine - this.#kept;
    if (room <= 0) return;
    // A copy: the memory of the chunk is not kept for a few bytes.
    const part = Buffer.from(bytes.subarray(0, room));
    this.#parts.push(part);
    this.#kept += part.length;
  }

  #finish(into: LogLine[]): void {
    if (this.#begun.length > 0 || this.#time === undefined) this.#keep(this.#readTime(true));
    const all = Buffer.concat(this.#parts);
    const isCut = this.#size > this.#kept;
    const kept = isCut ? wholeCharacters(all) : all.at(-1) === 0x0d ? all.subarray(0, -1) : all;
    this.#last = this.#time?.at ?? this.#last;
    into.push({
      at: this.#last,
      stream: this.stream,
      text: kept.toString(),
      ...(isCut ? { cut: this.#size - kept.length } : {}),
    });
    this.#parts = [];
    this.#kept = 0;
    this.#size = 0;
    this.#time = undefined;
    this.#mayRepeat = false;
  }
}

/** Without the beginning of a UTF-8 character whose end was cut. */
function wholeCharacters(bytes: Buffer): Buffer {
  for (let less = 0; less < 4; less += 1) {
    const shorter = bytes.subarray(0, bytes.length - less);
    if (isUtf8(shorter.subarray(-8).subarray(firstOfCharacter(shorter.subarray(-8))))) return shorter;
  }
  return bytes;
}

/** Past the rest of a character that began earlier. */
function firstOfCharacter(bytes: Buffer): number {
  let at = 0;
  while (at < bytes.length && ((bytes[at] ?? 0) & 0xc0) === 0x80) at += 1;
  return at;
}
