import type { Milliseconds } from '../../model/duration.js';

/** How long a pushed key is let in. Source: the API reference of SendSSHPublicKey. */
const lifetime: Milliseconds = 60_000;

interface PushedKey {
  readonly user: string;
  /** A line of authorized_keys. */
  readonly line: string;
  readonly at: Milliseconds;
}

/** The keys that EC2 Instance Connect put into the metadata of instances. */
export class PushedKeys {
  readonly #keys = new Map<string, PushedKey[]>();

  /** `elapsed` only goes forward. */
  constructor(private readonly elapsed: () => Milliseconds = () => performance.now()) {}

  push(instance: string, user: string, line: string): void {
    this.#keys.set(instance, [...this.#alive(instance), { user, line, at: this.elapsed() }]);
  }

  /** What the instance's sshd finds there for a user at this moment. */
  of(instance: string, user: string): readonly string[] {
    return this.#alive(instance).flatMap((key) => (key.user === user ? [key.line] : []));
  }

  #alive(instance: string): readonly PushedKey[] {
    const now = this.elapsed();
    return (this.#keys.get(instance) ?? []).filter(({ at }) => now - at < lifetime);
  }
}
