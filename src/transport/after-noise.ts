import { Transform, type TransformCallback } from 'node:stream';

/** Said on stdout, on a line of its own, just before a program takes over: what comes before is the login shell's. */
export const programBegins = 'adfpush-program-begins';

const mark = Buffer.from(`${programBegins}\n`);

/** As much as is kept of what a login shell prints, for people. */
const kept = 16_384;

/**
 * Leaves out what the start-up files of a login shell print before a program begins (bash reads ~/.bashrc for every command that sshd
 * runs): no protocol survives a word of welcome.
 */
export class AfterNoise extends Transform {
  #held = Buffer.alloc(0);
  #begun = false;

  /** What was printed while the program did not begin. */
  get noise(): string {
    return this.#begun ? '' : this.#held.toString().trim();
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    if (this.#begun) {
      done(null, chunk);
      return;
    }
    this.#held = Buffer.concat([this.#held, chunk]);
    const at = this.#held.indexOf(mark);
    if (at === -1) {
      this.#held = this.#held.subarray(-kept);
      done();
      return;
    }
    this.#begun = true;
    const rest = this.#held.subarray(at + mark.length);
    this.#held = Buffer.alloc(0);
    if (rest.length > 0) this.push(rest);
    done();
  }
}
