import { execa } from 'execa';
import { fileURLToPath } from 'node:url';

const program = fileURLToPath(new URL('../../dist/bin.js', import.meta.url));

/** How a run of the built program ended. */
export interface Ran {
  readonly exit: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

/** A run under way. */
export interface Running {
  readonly ended: Promise<Ran>;
  kill(signal: NodeJS.Signals): void;
}

/** Starts the built program as a user would, with no terminal and only the environment given. */
export function adfpush(
  project: string,
  env: Readonly<Record<string, string>>,
  ...args: readonly string[]
): Running {
  const child = execa(process.execPath, [program, ...args], {
    cwd: project,
    env: { PATH: process.env['PATH'] ?? '', HOME: project, ...env },
    extendEnv: false,
    reject: false,
    stdin: 'ignore',
    // A run that is asked to stop restores its hosts first, however long a busy machine takes for it.
    forceKillAfterDelay: false,
  });
  return {
    ended: child.then(({ exitCode, stdout, stderr }) => ({ exit: exitCode, stdout, stderr })),
    kill: (signal) => void child.kill(signal),
  };
}
