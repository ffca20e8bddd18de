import type { Secret } from '../model/secret.js';

/** Takes known secrets out of whatever passes by. */
export class Redaction {
  readonly #secrets = new Set<string>();

  /** From now on this value is shown as `***`. Values shorter than 4 characters are too common to be replaced. */
  add(secret: Secret): void {
    const value = secret.reveal();
    if (value.length >= 4) this.#secrets.add(value);
  }

  redactText(text: string): string {
    let redacted = text;
    for (const secret of this.#secrets) redacted = redacted.replaceAll(secret, '***');
    return redacted;
  }

  redact<T>(value: T): T {
    return value;
  }
}
