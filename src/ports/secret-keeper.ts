import type { Secret } from '../model/secret.js';

/** Who sees to it that secrets are not shown. */
export interface SecretKeeper {
  /** From now on this value is shown as `***`, unless it is too short for that. `name` is what people are told of it then. */
  add(secret: Secret, name: string): void;
  /** Whether a secret is anywhere in the value, in any form in which it could be read; one too short to be masked counts as a word. */
  isIn(value: unknown): boolean;
  /** Lines of users' files that give a value to one of these variables are shown without it, whatever it is. */
  hideLinesOf(names: Iterable<string>): void;
}
