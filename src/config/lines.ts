import type { ErrorPlace } from '../errors/adf-error.js';
import type { Place } from '../model/source.js';

/** A file's text by lines, for turning offsets into places that people find. */
export class Lines {
  readonly #starts: number[] = [0];

  constructor(
    private readonly file: string,
    readonly text: string,
  ) {
    for (const match of text.matchAll(/\r\n|\n|\r/g)) this.#starts.push(match.index + match[0].length);
  }

  /** Offsets beyond the text are at its end. */
  placeAt(offset: number): Place {
    const within = Math.min(Math.max(offset, 0), this.text.length);
    let low = 0;
    let high = this.#starts.length - 1;
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if ((this.#starts[middle] ?? 0) <= within) low = middle;
      else high = middle - 1;
    }
    return { file: this.file, line: low + 1, column: within - (this.#starts[low] ?? 0) + 1 };
  }

  /** The same with the text of its line. */
  withLine(offset: number): Required<ErrorPlace> {
    const at = this.placeAt(offset);
    return { at, sourceLine: this.line(at.line) ?? '' };
  }

  /** The text of a line, counted from 1, without its line break. */
  line(line: number): string | undefined {
    const start = this.#starts[line - 1];
    return start === undefined
      ? undefined
      : this.text.slice(start, this.#starts[line]).replace(/[\r\n]+$/, '');
  }
}
