import { defined } from '../model/defined.js';
import { Secret } from '../model/secret.js';
import type { SecretPrompt } from '../ports/secret-keeper.js';

export interface PromptOptions {
  /** Takes the live view away until the function that it gives is called. */
  readonly hold: () => () => void;
  /** Called when Ctrl-C answers. */
  readonly interrupt: () => void;
  /** Ends the question when a signal comes. */
  readonly signal: AbortSignal;
  readonly output: NodeJS.WritableStream;
  /** The keyboard; stdin when absent. */
  readonly input?: NodeJS.ReadableStream;
}

/** Asks the person at the terminal for secrets, one at a time. The answer is not shown. */
export class TerminalPrompt implements SecretPrompt {
  #before: Promise<unknown> = Promise.resolve();

  constructor(private readonly options: PromptOptions) {}

  ask(question: string): Promise<Secret | undefined> {
    const answer = this.#before.then(() => this.#ask(question));
    this.#before = answer.catch(() => undefined);
    return answer;
  }

  async #ask(question: string): Promise<Secret | undefined> {
    const { hold, interrupt, signal, output, input } = this.options;
    if (signal.aborted) return undefined;
    const { default: password } = await import('@inquirer/password');
    const release = hold();
    try {
      const answer = await password(
        { message: question, mask: '*', toggleMask: false },
        { output, signal, ...defined({ input }) },
      );
      return new Secret(answer);
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      // Ctrl-C at the question is a key, not a signal.
      if (error.name === 'ExitPromptError') interrupt();
      else if (error.name !== 'AbortPromptError') throw error;
      return undefined;
    } finally {
      release();
    }
  }
}
