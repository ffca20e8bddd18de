import pLimit, { type LimitFunction } from 'p-limit';
import type { SshLimits } from './limits.js';

/** Lets only so many connections be unauthenticated at a time, to one sshd and to all together. */
export class HandshakeGate {
  readonly #all: LimitFunction;
  readonly #servers = new Map<string, LimitFunction>();

  constructor(private readonly limits: SshLimits) {
    this.#all = pLimit(limits.handshakes);
  }

  /** `server` is the address of an sshd, as seen from the client that connects to it. */
  async pass<T>(server: string, handshake: () => Promise<T>): Promise<T> {
    const before = this.#servers.get(server);
    const one = before ?? pLimit(this.limits.handshakesPerServer);
    if (before === undefined) this.#servers.set(server, one);
    // The server's own place first: who waits for it must not keep others from theirs.
    return one(() => this.#all(handshake));
  }
}
