import type { Duplex } from 'node:stream';

/** As much as is looked at: a server may say other things before it says that it speaks SSH (RFC 4253, 4.2). */
const enough = 8_192;

/**
 * What a server says before SSH begins: a web server's error, or why its sshd hangs up at once. ssh2 tells nothing of it when
 * the connection ends there.
 */
export class FirstWords {
  #text = '';
  #isSsh = false;

  constructor(stream: Duplex) {
    const listen = (chunk: Buffer): void => {
      this.#text += chunk.toString('latin1');
      this.#isSsh = /^SSH-/m.test(this.#text);
      if (this.#isSsh || this.#text.length > enough) stream.off('data', listen);
    };
    stream.on('data', listen);
  }

  /** It said that it speaks SSH. */
  get isSsh(): boolean {
    return this.#isSsh;
  }

  /** Its first line when that is something else: fit to be shown, and not too long. */
  get instead(): string | undefined {
    if (this.#isSsh) return undefined;
    const line = this.#text.split('\n').find((one) => one.trim() !== '');
    // Cut off within its identification.
    if (line === undefined || 'SSH-'.startsWith(line)) return undefined;
    return line
      .trim()
      .replace(/[^ -~]+/g, '…')
      .slice(0, 100);
  }

  /** An sshd that would serve us another time. In OpenSSH's words (drop_connection in sshd.c), of before and after 9.8. */
  get tellsToComeBack(): boolean {
    return /Exceeded MaxStartups|Not allowed at this time/.test(this.#text);
  }
}
