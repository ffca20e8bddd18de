import { createHash } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** Where what is slow to make is kept from one run of the tests to the next, outside the repository. */
export function cacheFolder(...path: readonly string[]): string {
  const base = process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache');
  const folder = join(base, 'adfpush', ...path);
  mkdirSync(folder, { recursive: true });
  return folder;
}

/** A short name for what a recipe makes: another recipe has another name. */
export const recipeKey = (...recipe: readonly string[]): string =>
  createHash('sha256').update(recipe.join('\0')).digest('hex').slice(0, 12);
