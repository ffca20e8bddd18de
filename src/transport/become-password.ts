import type { Secret } from '../model/secret.js';

/** What sudo made of the password; `unsaid` when it was gone before it could tell. */
type Verdict = 'taken' | 'refused' | 'unsaid';

/** Leave to give the password to one sudo, and the call that takes the result. */
export interface Offer {
  readonly secret: Secret;
  readonly settle: (verdict: Verdict) => void;
}

/** Hosts that may refuse a password that no host took, before it is taken for wrong: a wrong one must not lock out a fleet. */
const refusalsAllowed = 2;

/**
 * The password for sudo, the same on every host. Until one host took it, it is tried on one host at a time; after two refused it
 * and none took it, on no other. No host is given it again that refused it once: pam_faillock counts.
 */
export class BecomePassword {
  readonly #refusedBy = new Set<string>();
  #proven = false;
  /** Ends when the command that tries an unproven password has ended. */
  #trial: Promise<unknown> = Promise.resolve();

  constructor(private readonly secret: Secret) {}

  /** Leave to try it on this host, or why it is not to be tried there. */
  async offerFor(host: string): Promise<Offer | 'refused here' | 'refused elsewhere'> {
    if (!this.#proven) {
      let end = (): void => undefined;
      const before = this.#trial;
      this.#trial = new Promise<void>((resolve) => (end = resolve));
      await before;
      const offer = this.#offer(host, end);
      if (typeof offer === 'string') end();
      return offer;
    }
    return this.#offer(host, () => undefined);
  }

  #offer(host: string, settled: () => void): Offer | 'refused here' | 'refused elsewhere' {
    if (this.#refusedBy.has(host)) return 'refused here';
    if (!this.#proven && this.#refusedBy.size >= refusalsAllowed) return 'refused elsewhere';
    if (this.#proven) settled();
    return {
      secret: this.secret,
      settle: (verdict) => {
        if (verdict === 'taken') this.#proven = true;
        if (verdict === 'refused') this.#refusedBy.add(host);
        settled();
      },
    };
  }
}
