import { renderErrors } from '../report/error-view.js';

const lastWords = new Set<() => string>();
const redactions = new Set<(text: string) => string>();

/** What takes secrets out of what is said of a crash. */
export function redactCrashes(redact: (text: string) => string): void {
  redactions.add(redact);
}

/** What to say, besides the error, when the program crashes. Returns how to take that back. */
export function whenCrashing(say: () => string): () => void {
  lastWords.add(say);
  return () => lastWords.delete(say);
}

/** An error that was not caught is a bug: it ends the program with exit code 1, and says what may be left on the hosts. */
export function reportCrashes(): void {
  const crash = (thrown: unknown): void => {
    const said = `${renderErrors(thrown)}\n${[...lastWords].map((say) => say()).join('')}`;
    process.stderr.write([...redactions].reduce((text, redact) => redact(text), said));
    process.exit(1);
  };
  process.on('uncaughtException', crash);
  process.on('unhandledRejection', crash);
}
