import { onTestFinished, TestRunner } from 'vitest';

type Step = () => unknown;

const ofFile: Step[] = [];

/**
 * Does this once the test that is running has ended, whether it passed or not. Outside a test, as in `beforeAll`, the step waits for
 * the end of the file. The last step comes first.
 */
export function atEnd(step: Step): void {
  if (TestRunner.getCurrentTest() === undefined) ofFile.push(step);
  else
    onTestFinished(async () => {
      await step();
    });
}

/** For `after-each-file.ts` alone. */
export async function endFile(): Promise<void> {
  for (const step of ofFile.splice(0).reverse()) await step();
}
