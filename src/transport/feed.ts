import type { Writable } from 'node:stream';
import type { CommandInput } from './command-line.js';

/**
 * Gives a command its input, read no faster than the command takes it, and its end. Resolves as soon as nobody reads any more: a
 * command may well end without having read all. Rejects with the input's own error; the command is not told an end then,
 * which it would take for that of a whole input.
 */
export async function feed(
  stdin: Writable,
  input: CommandInput | undefined,
  over: AbortSignal,
): Promise<void> {
  if (input === undefined || input instanceof Uint8Array) {
    stdin.end(input);
    return;
  }
  const deaf = noLongerRead(stdin, over);
  const pieces = input[Symbol.asyncIterator]();
  for (;;) {
    const next = pieces.next();
    // Looked at in the race as well; this one is for when the race is over.
    next.catch(() => undefined);
    const piece = await Promise.race([next, deaf]);
    if (piece === undefined) {
      // Not waited for: it may be in the middle of reading something that never comes.
      void Promise.resolve(pieces.return?.()).catch(() => undefined);
      return;
    }
    if (piece.done === true) {
      stdin.end();
      return;
    }
    if (!stdin.write(piece.value)) await Promise.race([drained(stdin), deaf]);
  }
}

const drained = (stdin: Writable): Promise<void> =>
  new Promise((resolve) => stdin.once('drain', () => resolve()));

const noLongerRead = (stdin: Writable, over: AbortSignal): Promise<undefined> =>
  new Promise((resolve) => {
    const stop = (): void => resolve(undefined);
    if (over.aborted || stdin.destroyed) stop();
    stdin.once('close', stop);
    stdin.once('error', stop);
    over.addEventListener('abort', stop, { once: true });
  });
