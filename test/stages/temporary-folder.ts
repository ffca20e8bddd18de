import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { atEnd } from './at-end.js';

/** A new folder, removed with all that is in it once the test or the file that asked for it has ended. */
export function temporaryFolder(name: string, within = tmpdir()): string {
  const folder = mkdtempSync(join(within, `adfpush-${name}-`));
  atEnd(() => removeFolder(folder));
  return folder;
}

/** For what must be gone before the end of the test, or runs outside tests. A program that was killed may still write there for a moment. */
export const removeFolder = (folder: string): void =>
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
