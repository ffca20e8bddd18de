import { connect } from 'node:net';
import type { Milliseconds } from '../../../model/duration.js';
import { within, type Clock } from '../../../ports/clock.js';
import { KeyUnavailable } from './left-out.js';
import { fields, publicKeyOf, type PublicKey } from './public-key.js';

/** Message numbers and flags of draft-ietf-sshm-ssh-agent, sections 3 and 6. */
const message = { requestIdentities: 11, identities: 12, sign: 13, signature: 14 } as const;
const rsaFlags: Readonly<Record<string, number>> = { sha256: 2, sha512: 4 };

/** MAX_AGENT_REPLY_LEN of OpenSSH. */
const longestAnswer = 256 * 1024;

const listing: Milliseconds = 10_000;
/** An agent may ask its owner first: with a window, a fingerprint, a touch. */
const signing: Milliseconds = 120_000;

/**
 * An SSH agent. ssh2's own client of agents keeps silent about certificates and FIDO keys, which an error must be able to name,
 * and waits forever for an agent that hangs.
 */
export class SshAgent {
  constructor(
    readonly socket: string,
    private readonly clock: Clock,
  ) {}

  /** In the agent's order, of all kinds. Throws `KeyUnavailable`. */
  async keys(): Promise<readonly PublicKey[]> {
    const answer = new Answer(await this.#ask(Buffer.of(message.requestIdentities), listing));
    answer.expect(message.identities);
    const count = answer.number();
    return Array.from({ length: Math.min(count, longestAnswer / 8) }, () => {
      const [blob, comment] = [answer.field(), answer.field().toString('utf8')];
      return publicKeyOf(blob, comment);
    }).filter((key) => key !== undefined);
  }

  /** The bare signature, without the name of its algorithm. Throws `KeyUnavailable`. */
  async sign({ blob }: PublicKey, data: Buffer, hash?: string): Promise<Buffer> {
    const flags = Buffer.alloc(4);
    flags.writeUInt32BE(rsaFlags[hash ?? ''] ?? 0);
    const request = Buffer.concat([Buffer.of(message.sign), fields(blob, data), flags]);
    const answer = new Answer(await this.#ask(request, signing));
    answer.expect(message.signature);
    const signature = new Answer(answer.field());
    signature.field();
    return signature.field();
  }

  async #ask(request: Buffer, patience: Milliseconds): Promise<Buffer> {
    const socket = connect(this.socket);
    const answer = new Promise<Buffer>((resolve, reject) => {
      let received = Buffer.alloc(0);
      socket.on('data', (chunk: Buffer) => {
        received = Buffer.concat([received, chunk]);
        const length = received.length < 4 ? 0 : received.readUInt32BE(0);
        if (length > longestAnswer) reject(unavailable('gives an answer that is too long'));
        else if (received.length >= 4 + length && received.length > 4)
          resolve(received.subarray(4, 4 + length));
      });
      socket.on('error', (error: NodeJS.ErrnoException) =>
        reject(unavailable(`cannot be reached (${error.code ?? error.message})`)),
      );
      socket.on('close', () => reject(unavailable('ended the conversation')));
    });
    socket.write(fields(request));
    try {
      return await within(this.clock, patience, answer, () =>
        unavailable(`does not answer within ${patience / 1_000} s`),
      );
    } finally {
      socket.destroy();
    }
  }
}

const unavailable = (what: string): KeyUnavailable =>
  new KeyUnavailable({ reason: `it ${what}`, remedy: 'Check the SSH agent: ssh-add -l' });

/** Reads an agent's answer from its beginning to its end. */
class Answer {
  #at = 0;

  constructor(private readonly bytes: Buffer) {}

  expect(kind: number): void {
    const [got] = this.bytes;
    this.#at = 1;
    if (got !== kind) throw unavailable('refuses');
  }

  number(): number {
    if (this.bytes.length < this.#at + 4) throw unavailable('gives an answer that is cut off');
    this.#at += 4;
    return this.bytes.readUInt32BE(this.#at - 4);
  }

  field(): Buffer {
    const length = this.number();
    if (this.bytes.length < this.#at + length) throw unavailable('gives an answer that is cut off');
    this.#at += length;
    return this.bytes.subarray(this.#at - length, this.#at);
  }
}
