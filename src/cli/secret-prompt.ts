import { Secret } from '../model/secret.js';
import type { SecretPrompt } from '../ports/secret-prompt.js';

/** Asks on the terminal; stdout stays free for documents. Nobody answers where there is no terminal. */
export class TerminalSecretPrompt implements SecretPrompt {
  /** Ends when the question before it was answered. */
  #last: Promise<unknown> = Promise.resolve();

  /** `pause` takes a live view away while a question stands. */
  constructor(private readonly pause: () => void = () => undefined) {}

  ask(question: string): Promise<Secret | undefined> {
    const answer = this.#last.then(async () => this.#ask(question));
    this.#last = answer.catch(() => undefined);
    return answer;
  }

  async #ask(question: string): Promise<Secret | undefined> {
    if (!process.stdin.isTTY) return undefined;
    this.pause();
    const { default: password } = await import('@inquirer/password');
    try {
      return new Secret(await password({ message: question, mask: false }, { output: process.stderr }));
    } catch (error) {
      // Ctrl-C at the question: nobody answers.
      if (error instanceof Error && error.name === 'ExitPromptError') return undefined;
      throw error;
    }
  }
}
