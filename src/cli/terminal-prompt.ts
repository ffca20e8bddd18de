import { defined } from '../model/defined.js';
import { Secret } from '../model/secret.js';
import type { PersonPrompt } from '../ports/secret-keeper.js';
import { visibleText } from '../model/visible.js';

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

/** Asks the person at the terminal, one question at a time. The answer to a question for a secret is not shown. */
export class TerminalPrompt implements PersonPrompt {
  #before: Promise<unknown> = Promise.resolve();

  constructor(private readonly options: PromptOptions) {}

  ask(question: string): Promise<Secret | undefined> {
    return this.#inTurn(() => this.#ask(question));
  }

  askOpenly(question: string): Promise<string | undefined> {
    return this.#inTurn(() => this.#askOpenly(question));
  }

  #inTurn<T>(ask: () => Promise<T>): Promise<T> {
    const answer = this.#before.then(ask);
    this.#before = answer.catch(() => undefined);
    return answer;
  }

  async #askOpenly(question: string): Promise<string | undefined> {
    const { hold, interrupt, signal, output, input = process.stdin } = this.options;
    if (signal.aborted) return undefined;
    const { createInterface } = await import('node:readline/promises');
    const release = hold();
    const lines = createInterface({ input, output, terminal: true });
    // Ctrl-C at the question is a key, not a signal.
    lines.on('SIGINT', interrupt);
    // Ctrl-D ends the input without an answer.
    const closed = new Promise<undefined>((resolve) => lines.once('close', () => resolve(undefined)));
    try {
      return await Promise.race([lines.question(`${visibleText(question)}: `, { signal }), closed]);
    } catch (error) {
      if (error instanceof Error && error.name === 'AbortError') return undefined;
      throw error;
    } finally {
      lines.close();
      release();
    }
  }

  async #ask(question: string): Promise<Secret | undefined> {
    const { hold, interrupt, signal, output, input } = this.options;
    if (signal.aborted) return undefined;
    const { default: password } = await import('@inquirer/password');
    const release = hold();
    try {
      const answer = await password(
        { message: visibleText(question), mask: '*', toggleMask: false },
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
