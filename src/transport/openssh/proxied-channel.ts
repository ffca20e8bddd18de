import { Duplex, Readable } from 'node:stream';
import type { SshChannel } from '../ssh/ssh-client.js';
import { about, data, signal, windowAdjust, windowSize } from './connection-protocol.js';

/** The other end of a channel, as it was confirmed. */
export interface RemoteEnd {
  readonly id: number;
  /** Bytes that may be sent to it before it asks for more. */
  readonly window: number;
  readonly largestPacket: number;
}

/** Sends one message of the connection protocol. */
export type Send = (parts: readonly Uint8Array[]) => void;

/** An open channel of RFC 4254, section 5. No more is read of it than is taken, nor written than the host takes. */
export class ProxiedChannel extends Duplex implements SshChannel {
  readonly stderr: Readable;
  #remoteWindow: number;
  #localWindow = windowSize;
  /** Streams whose reader is behind. */
  readonly #full = new Set<Readable>();
  #waiting: { readonly rest: Buffer; readonly done: () => void } | undefined;
  #closeSent = false;
  #openEnds = 2;

  constructor(
    private readonly remote: RemoteEnd,
    private readonly send: Send,
  ) {
    super({ allowHalfOpen: true, autoDestroy: false });
    this.#remoteWindow = remote.window;
    this.stderr = new Readable({ autoDestroy: false, read: () => this.#taken(this.stderr) });
    this.once('end', () => this.#ended());
    this.stderr.once('end', () => this.#ended());
  }

  get remoteId(): number {
    return this.remote.id;
  }

  signal(name: string): void {
    if (!this.#closeSent) this.send(signal(this.remote.id, name));
  }

  close(): void {
    if (this.#closeSent) return;
    this.#closeSent = true;
    this.send(about(this.remote.id, 'channelClose'));
    this.#giveUpWriting();
  }

  /** Bytes from the host. */
  receive(stream: 'stdout' | 'stderr', bytes: Buffer): void {
    const target = stream === 'stdout' ? this : this.stderr;
    if (target.destroyed || target.readableEnded) return;
    this.#localWindow -= bytes.length;
    if (!target.push(bytes)) this.#full.add(target);
    else this.#grant();
  }

  /** The host takes so many bytes more. */
  grow(by: number): void {
    this.#remoteWindow += by;
    const waiting = this.#waiting;
    if (waiting === undefined) return;
    this.#waiting = undefined;
    this.#transmit(waiting.rest, waiting.done);
  }

  /** The host sends nothing more. */
  receiveEnd(): void {
    for (const stream of [this, this.stderr]) if (!stream.destroyed) stream.push(null);
  }

  /** The host is done with the channel, or the connection is lost: `close` follows when the rest of the output was read. */
  receiveClose(): void {
    this.close();
    this.receiveEnd();
    if (this.#openEnds === 0) this.destroy();
  }

  override _read(): void {
    this.#taken(this);
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.#transmit(chunk, done);
  }

  override _final(done: () => void): void {
    if (!this.#closeSent) this.send(about(this.remote.id, 'channelEof'));
    done();
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.close();
    this.stderr.destroy();
    done(error);
  }

  #transmit(chunk: Buffer, done: () => void): void {
    let rest = chunk;
    while (rest.length > 0 && !this.#closeSent) {
      const length = Math.min(rest.length, this.#remoteWindow, this.remote.largestPacket);
      if (length === 0) {
        this.#waiting = { rest, done };
        return;
      }
      this.#remoteWindow -= length;
      this.send(data(this.remote.id, rest.subarray(0, length)));
      rest = rest.subarray(length);
    }
    done();
  }

  /** What cannot be written any more is no error: how the command ended tells more. */
  #giveUpWriting(): void {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    waiting?.done();
  }

  #taken(stream: Readable): void {
    if (this.#full.delete(stream)) this.#grant();
  }

  /** Lets the host send on, in steps of at least half a window, once no reader is behind. */
  #grant(): void {
    if (this.#full.size > 0 || this.#localWindow > windowSize / 2 || this.#closeSent) return;
    this.send(windowAdjust(this.remote.id, windowSize - this.#localWindow));
    this.#localWindow = windowSize;
  }

  #ended(): void {
    this.#openEnds -= 1;
    if (this.#openEnds === 0 && this.#closeSent) this.destroy();
  }
}
