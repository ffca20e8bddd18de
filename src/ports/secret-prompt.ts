import type { Secret } from '../model/secret.js';

/** The person at the terminal, where there is one. */
export interface SecretPrompt {
  /** Shows `question` and reads an answer that is not echoed; undefined when nobody answers. One question at a time. */
  ask(question: string): Promise<Secret | undefined>;
}
