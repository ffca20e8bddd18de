import { Duplex, type Readable, type Writable } from 'node:stream';

/** Where a `PipeSocket` gets its bytes from and sends them to. */
export interface Pipe {
  readonly input: Readable;
  readonly output: Writable;
  /** The end of the input is the end of this side only when the other side is gone for good, so that its reason is known. */
  readonly endsWhenClosed?: boolean;
  /** Called once when the other side is gone for good: with why, unless it ended as it should. */
  onClose(listener: (error: Error | undefined) => void): void;
  /** Lets go of the other side. */
  close(): void;
}

/**
 * A pair of streams as one Duplex that behaves like a socket towards Node's HTTP and TLS: it closes when it is destroyed, fails
 * with the reason when the other side is lost, and has the methods of net.Socket that tune what only TCP has.
 */
export class PipeSocket extends Duplex {
  readonly #pipe: Pipe;

  constructor(pipe: Pipe) {
    super({ allowHalfOpen: true });
    this.#pipe = pipe;
    pipe.input.on('data', (chunk: Buffer) => {
      if (!this.push(chunk)) pipe.input.pause();
    });
    pipe.input.on('end', () => {
      if (pipe.endsWhenClosed !== true) this.push(null);
    });
    pipe.input.on('error', (error) => this.destroy(error));
    pipe.output.on('error', (error) => this.destroy(error));
    pipe.onClose((error) => {
      // Without an error there may be bytes left to read: the end of the input ends this side then.
      if (error !== undefined) this.destroy(error);
      else if (!this.readableEnded) this.push(null);
    });
    this.on('end', () => {
      if (this.writableFinished || !pipe.output.writable) this.destroy();
    });
  }

  setKeepAlive(): this {
    return this;
  }

  setNoDelay(): this {
    return this;
  }

  setTimeout(): this {
    return this;
  }

  ref(): this {
    return this;
  }

  unref(): this {
    return this;
  }

  override _read(): void {
    this.#pipe.input.resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    if (this.#pipe.output.write(chunk)) done();
    else this.#pipe.output.once('drain', () => done());
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#pipe.output.end();
    done();
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#pipe.close();
    done(error);
  }
}
