import type { Secret } from '../model/secret.js';
import type { FoundSecrets } from '../model/secret-hashes.js';

/**
 * Takes known secrets out of a stream of bytes, also where one is split over its pieces. What is not a secret passes
 * byte for byte, whether or not it is text.
 */
export interface StreamRedaction {
  /** What can be shown now. The end of it is kept back for as long as it may be the beginning of a secret. */
  write(chunk: Uint8Array): Uint8Array;
  /** What is left when nothing more comes. */
  end(): Uint8Array;
}

/** The person at the terminal, where there is one. */
export interface SecretPrompt {
  /** Shows `question` and reads an answer that is not echoed; undefined when there is no answer. One question at a time. */
  ask(question: string): Promise<Secret | undefined>;
}

/** The same person, asked for what may be seen too. */
export interface PersonPrompt extends SecretPrompt {
  /** Shows `question` and reads a line that is seen while it is typed; undefined when there is no answer. */
  askOpenly(question: string): Promise<string | undefined>;
}

/** Keeps secrets out of what is shown. */
export interface SecretKeeper {
  /** From now on this value is shown as `***`, unless it is too short for that. `name` is what people are told of it then. */
  add(secret: Secret, name: string): void;
  /** Whether a secret is anywhere in the value, in any form in which it could be read; one too short to be masked counts as a word. */
  isIn(value: unknown): boolean;
  /** The secrets that are in the value, in any form that `isIn` finds. */
  secretsIn(value: unknown): FoundSecrets;
  /** Lines of users' files that give a value to one of these variables are shown without it, whatever it is. */
  hideLinesOf(names: Iterable<string>): void;
}
