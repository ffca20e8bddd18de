import { closeSync, openSync, writeSync } from 'node:fs';
import { reportFileUnwritable } from '../errors/cli.js';

/**
 * A file that a reader writes. Opened, and emptied, before anything else happens, so that a wrong path is told while
 * nothing has changed yet. Written at once, so that it is complete up to the moment of a kill.
 */
export class ReportFile {
  #descriptor: number | undefined;
  #failure: string | undefined;

  /** Throws `cli.report_file`. */
  constructor(
    readonly path: string,
    flag: string,
  ) {
    try {
      this.#descriptor = openSync(path, 'w');
    } catch (error) {
      throw reportFileUnwritable(flag, path, error);
    }
  }

  /** Never throws: a full disk must not stop a run. What went wrong is in `failure`. */
  write(text: string): void {
    if (this.#descriptor === undefined) return;
    try {
      writeSync(this.#descriptor, text);
    } catch (error) {
      this.#failure ??= error instanceof Error ? error.message : String(error);
      this.close();
    }
  }

  close(): void {
    if (this.#descriptor === undefined) return;
    const descriptor = this.#descriptor;
    this.#descriptor = undefined;
    try {
      closeSync(descriptor);
    } catch (error) {
      this.#failure ??= error instanceof Error ? error.message : String(error);
    }
  }

  /** Why the file is not complete. */
  get failure(): string | undefined {
    return this.#failure;
  }
}
