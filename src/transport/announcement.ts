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

  /** What of `text` is the command's own. Some is kept back until the announcement came. */
  read(text: string): string {
    if (this.#held === undefined) return text;
    this.#held += text;
    const match = announced.exec(this.#held);
    if (match !== null) {
      this.answer = match[3] as RunnerAnswer | undefined;
      this.#tell(Number(match[2]));
      return this.#release().replace(announced, '$1');
    }
    return this.#held.length > 16_384 ? this.#release() : '';
  }

  /** What is still kept back when stderr has ended. */
  end(): string {
    return this.#release();
  }

  #release(): string {
    const held = this.#held ?? '';
    this.#held = undefined;
    this.#tell(undefined);
    return held;
  }
}
