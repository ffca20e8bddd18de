import { existsSync, mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
// As a whole: a Node that is too old has no compile cache, and must come as far as to say that it is too old.
import nodeModule from 'node:module';
import { isAbsolute, join } from 'node:path';

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Lets Node keep the compiled code of the program, so that the next start does not compile it again. The folder follows the XDG base directory
 * specification: `$XDG_CACHE_HOME/adfpush/compiled`, else `~/.cache/adfpush/compiled`. If it cannot be made or written, each start compiles.
 *
 * Node runs the code that it reads from there. So the folder must belong to this user, and no other user may write to it. Node's own default, a
 * folder in the shared temporary directory, is not used.
 */
export function keepCompiledCode(env: Environment): void {
  const base = cacheHome(env);
  if (base === undefined) return;
  const folder = join(base, 'adfpush', 'compiled');
  if (!isOurs(folder)) return;
  emptyIfFull(folder);
  nodeModule.enableCompileCache(folder);
}

/** About 50 MB: those of some ten builds. Node removes none by itself. */
const mostFiles = 200;

/** It has a folder for each version of Node. Another process may be removing the same. */
function emptyIfFull(folder: string): void {
  try {
    const files = readdirSync(folder).flatMap((version) => readdirSync(join(folder, version)));
    if (files.length <= mostFiles) return;
    for (const version of readdirSync(folder))
      rmSync(join(folder, version), { recursive: true, force: true });
  } catch {
    // The next start looks again.
  }
}

/** A home that does not exist stays so: it is that of a user who should have none. */
function cacheHome(env: Environment): string | undefined {
  const [base, home] = [env['XDG_CACHE_HOME'], env['HOME']];
  if (base !== undefined && isAbsolute(base)) return base;
  return home !== undefined && isAbsolute(home) && existsSync(home) ? join(home, '.cache') : undefined;
}

const writableByOthers = 0o022;

/** Makes the folder if it is missing. */
function isOurs(folder: string): boolean {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const { uid, mode } = statSync(folder);
    return uid === process.geteuid?.() && (mode & writableByOthers) === 0;
  } catch {
    return false;
  }
}
