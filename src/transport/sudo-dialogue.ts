import { PassThrough, Writable, type Readable } from 'node:stream';
import type { Milliseconds } from '../model/duration.js';
import type { Clock } from '../ports/clock.js';
import { announcement, announcementIn } from './announcement.js';
import type { BecomePassword, Offer } from './become-password.js';
import { quote } from './quote.js';
import type { Exit, RunningProcess } from './running-process.js';

/** What sudo asks with, and what the first program under it says. */
const prompt = 'adfpush-sudo-password:';
const granted = 'adfpush-sudo-granted\n';

/**
 * In front of a command: sudo that reads a password from stdin, and says when it has let the command through. sudo reads byte by byte
 * up to the end of the line, so that what follows is the command's own. `asUser` are sudo's options for another user than root.
 */
export const sudoWithPassword = (asUser: string): string =>
  `sudo -S -p ${quote(prompt)} ${asUser}-- /bin/sh -c ${quote('echo adfpush-sudo-granted >&2; exec "$@"')} sh `;

export const asksForPassword = (sudo: string): boolean => sudo.startsWith('sudo -S ');

/** What the record of a job has of its stderr, without what sudo and this side said to one another. */
export const withoutDialogue = (stderr: string): string => {
  const at = stderr.indexOf(granted);
  return (at < 0 ? stderr : stderr.slice(at + granted.length)).replaceAll(prompt, '');
};

/** How long sudo may take for each of its steps. One that asks for something else than a password waits for ever. */
const patience: Milliseconds = 30_000;

const announcements = new RegExp(`^${announcement}.*\\n`, 'gm');

const lastWords: Milliseconds = 200;

/** How sudo's side of the talk ended. */
export type SudoEnd = 'granted' | 'refused' | 'refused here' | 'refused elsewhere' | 'unanswered';

/**
 * A process under `sudoWithPassword`, spoken to as if sudo were not there. The password is given when sudo asks for it and only then:
 * where sudo needs none, it does not reach the command, whose stdin is held back until sudo let it through. A second
 * question means that the password was wrong; it is not answered.
 */
export class SudoDialogue implements RunningProcess {
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly stderr = new PassThrough();
  readonly exited: Promise<Exit>;
  readonly closed: Promise<void>;
  /** How it ended; undefined while sudo has not said anything. */
  end: SudoEnd | undefined;
  #said = '';
  #asked = 0;
  #offer: Offer | undefined;
  #letThrough: () => void = () => undefined;
  readonly #through = new Promise<void>((resolve) => (this.#letThrough = resolve));
  readonly #over = new AbortController();

  constructor(
    private readonly process: RunningProcess,
    private readonly password: BecomePassword,
    private readonly host: string,
    private readonly clock: Clock,
  ) {
    this.stdout = process.stdout;
    this.exited = process.exited;
    this.stdin = this.#heldBack();
    process.stderr.on('data', (chunk: Buffer) => this.#hear(chunk));
    const heard = new Promise((resolve) => this.stderr.once('end', resolve));
    this.closed = process.closed.then(async () => {
      this.#finish('unanswered');
      this.stderr.end();
      await heard;
    });
    // What it said last may still be under way.
    void process.exited.then(() => this.#giveUpAfter(lastWords, () => true));
    this.#giveUpAfter(patience, () => this.#asked === 0);
  }

  close(): void {
    this.#finish('unanswered');
    this.process.close();
  }

  #heldBack(): Writable {
    const { stdin } = this.process;
    return new Writable({
      // Destroyed of itself at its end it would close the session with it.
      autoDestroy: false,
      write: (chunk: Buffer, _encoding, done) => {
        void this.#through.then(() => (this.end === 'granted' ? stdin.write(chunk, done) : done()));
      },
      final: (done) => {
        void this.#through.then(() => (this.end === 'granted' ? stdin.end(done) : done()));
      },
      destroy: (error, done) => {
        stdin.destroy();
        done(error);
      },
    });
  }

  #hear(chunk: Buffer): void {
    if (this.end !== undefined) {
      if (this.end === 'granted') this.#tell(chunk);
      else this.#tell(withoutPrompts(chunk.toString('latin1')));
      return;
    }
    // Latin 1 keeps every byte of what may be the command's.
    this.#said += chunk.toString('latin1');
    this.#tellAnnouncements();
    const at = this.#said.indexOf(granted);
    if (at >= 0) {
      // What comes before is sudo's own, but for a step runner above it.
      const own = announcementIn(this.#said.slice(0, at)) + this.#said.slice(at + granted.length);
      this.#said = '';
      this.#finish('granted');
      this.#tell(Buffer.from(own, 'latin1'));
      return;
    }
    const questions = this.#said.split(prompt).length - 1;
    if (questions > this.#asked) void this.#answer((this.#asked = questions));
  }

  /** What the step runner prints before sudo begins goes to the caller of the command; sudo's lecture does not. */
  #tellAnnouncements(): void {
    this.#said = this.#said.replace(announcements, (line) => {
      this.#tell(Buffer.from(line, 'latin1'));
      return '';
    });
  }

  async #answer(question: number): Promise<void> {
    if (question > 1) {
      this.#finish('refused');
      return;
    }
    const offer = await this.password.offerFor(this.host);
    if (typeof offer === 'string') {
      this.#finish(offer);
      return;
    }
    if (this.end !== undefined) {
      offer.settle('unsaid');
      return;
    }
    this.#offer = offer;
    this.process.stdin.write(`${offer.secret.reveal()}\n`);
    this.#giveUpAfter(patience, () => true);
  }

  #giveUpAfter(duration: Milliseconds, still: () => boolean): void {
    void this.clock.sleep(duration, this.#over.signal).then(
      () => {
        if (still()) this.#finish('unanswered');
      },
      () => undefined,
    );
  }

  #tell(bytes: Buffer): void {
    if (bytes.length > 0 && !this.stderr.writableEnded) this.stderr.write(bytes);
  }

  /** The first end counts. Unless the command was let through, sudo finds its stdin at an end, and gives up. */
  #finish(end: SudoEnd): void {
    if (this.end !== undefined) return;
    this.end = end;
    this.#over.abort();
    this.#offer?.settle(end === 'granted' ? 'taken' : end === 'refused' ? 'refused' : 'unsaid');
    if (end !== 'granted') {
      this.#tell(withoutPrompts(this.#said));
      this.process.stdin.end();
    }
    this.#letThrough();
  }
}

const withoutPrompts = (said: string): Buffer => Buffer.from(said.replaceAll(prompt, ''), 'latin1');
