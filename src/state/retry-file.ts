import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { EnvironmentName } from '../model/ids.js';
import type { RetryHosts } from '../ports/journal.js';

const shape = z.object({ hosts: z.array(z.string()) });

/** The failed hosts of the last ad-hoc playbook of each environment, in a file of the state folder for each. */
export class RetryFile implements RetryHosts {
  constructor(
    /** The state folder. */
    private readonly directory: string,
  ) {}

  /** Throws what the system says. */
  async keep(environment: EnvironmentName, hosts: readonly string[]): Promise<void> {
    await mkdir(this.directory, { recursive: true, mode: 0o700 });
    const path = this.#pathOf(environment);
    await writeFile(`${path}.new`, `${JSON.stringify({ hosts })}\n`, { mode: 0o600 });
    await rename(`${path}.new`, path);
  }

  async last(environment: EnvironmentName): Promise<readonly string[] | undefined> {
    try {
      return shape.parse(JSON.parse(await readFile(this.#pathOf(environment), 'utf8'))).hosts;
    } catch {
      // No file, or one that was not written here: nothing is known of a last run.
      return undefined;
    }
  }

  #pathOf(environment: EnvironmentName): string {
    return join(this.directory, `retry-${encodeURIComponent(environment)}.json`);
  }
}
