import type { SecretBackend, SecretContent } from '../ports/secret-backend.js';

/** Variables of the environment that adfpush runs in: what a build job binds its credentials to. */
export class EnvironmentBackend implements SecretBackend {
  readonly description = 'the environment';

  constructor(
    private readonly variable: (name: string) => string | undefined,
    private readonly prefix = '',
  ) {}

  nameOf(name: string): string {
    return this.prefix + name;
  }

  fetch(names: readonly string[]): Promise<ReadonlyMap<string, SecretContent>> {
    const found = new Map<string, SecretContent>();
    for (const name of names) {
      const text = this.variable(this.nameOf(name));
      if (text !== undefined) found.set(name, contentOf(text));
    }
    return Promise.resolve(found);
  }
}

/** Node reads bytes that are no UTF-8 as this character. */
const contentOf = (text: string): SecretContent =>
  text.includes('\uFFFD') ? { kind: 'unusable', why: 'not_text' } : { kind: 'text', text };
