/** Before the process number, on a line of its own on stderr. */
export const announcement = 'adfpush-pid:';

/** After the number of a step runner: whether it runs the command, was there before, or knows no place for a record and leaves it. */
export type RunnerAnswer = 'kept' | 'found' | 'none';

const announced = new RegExp(`(^|\\n)${announcement}(\\d+)(?: (kept|found|none))?\\n`);

/** The line of an announcement in `text`, or nothing. */
export const announcementIn = (text: string): string => announced.exec(text)?.[0].trimStart() ?? '';

/** Takes the announced process number out of what a command writes to stderr. */
export class Announcement {
  #held: string | undefined = '';
  #tell: (pid: number | undefined) => void = () => undefined;
  /** Resolves with the number as soon as it came; with nothing when none will come. May never resolve. */
  readonly pid = new Promise<number | undefined>((resolve) => (this.#tell = resolve));
  /** What a step runner said; undefined when it said nothing, or nothing yet. */
  answer: RunnerAnswer | undefined;
  /** The command has begun. */
  hasCome = false;

  /** What of the bytes is the command's own. Some are kept back until the announcement came. */
  read(chunk: Buffer): Buffer {
    if (this.#held === undefined) return chunk;
    // Latin 1 keeps every byte of what may be the command's.
    this.#held += chunk.toString('latin1');
    const match = announced.exec(this.#held);
    if (match !== null) {
      this.hasCome = true;
      this.answer = match[3] as RunnerAnswer | undefined;
      this.#tell(Number(match[2]));
      return Buffer.from(this.#release().replace(announced, '$1'), 'latin1');
    }
    return this.#held.length > 16_384 ? this.end() : Buffer.alloc(0);
  }

  /** What is still kept back when stderr has ended. */
  end(): Buffer {
    return Buffer.from(this.#release(), 'latin1');
  }

  #release(): string {
    const held = this.#held ?? '';
    this.#held = undefined;
    this.#tell(undefined);
    return held;
  }
}
