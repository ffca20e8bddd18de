import { expect } from 'vitest';
import type { Ran } from './adfpush.js';

/** Expects an exit code of one of these; where it is another, all that the program said is in the failure. */
export function expectExit({ exit, stdout, stderr }: Ran, ...expected: readonly number[]): void {
  expect(expected, `exit code ${String(exit)}\n${stderr}\n${stdout}`).toContain(exit);
}
