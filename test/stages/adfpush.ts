import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { execa, type Options } from 'execa';
import { temporaryFolder } from './temporary-folder.js';

export const root = join(import.meta.dirname, '../..');
export const program = join(root, 'dist/bin.js');
const projects = join(root, 'test/cli/projects');

export interface Ended {
  readonly exit: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

/** A project made of these files, by path; for those that no formatter should see. */
export async function projectOf(files: Readonly<Record<string, string>>): Promise<string> {
  const folder = temporaryFolder('cli');
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
  return folder;
}

/** Runs the built program in a project: a folder, or the name of one in test/cli/projects, without a terminal. */
export async function adfpush(
  words: readonly string[],
  project = 'two-environments',
  as: Pick<Options, 'uid' | 'gid'> = {},
  variables: Readonly<Record<string, string>> = {},
): Promise<Ended> {
  const { exitCode, stdout, stderr } = await execa(process.execPath, [program, ...words], {
    cwd: resolve(projects, project),
    reject: false,
    stdin: 'ignore',
    // Only what hangs takes that long, on the busiest machine.
    timeout: 600_000,
    ...as,
    env: { NO_COLOR: '1', SHELL: undefined, FORCE_COLOR: undefined, COLUMNS: undefined, ...variables },
  });
  return { exit: exitCode, stdout, stderr };
}
