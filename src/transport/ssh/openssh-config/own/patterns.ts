import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';

/** The files that an absolute path with `*` and `?` stands for, in the order in which OpenSSH reads them. */
export async function glob(pattern: string): Promise<readonly string[]> {
  let found = ['/'];
  for (const step of pattern.split('/').filter((one) => one !== '')) {
    const next = await Promise.all(found.map((folder) => within(folder, step)));
    found = next.flat();
  }
  return found;
}

async function within(folder: string, step: string): Promise<readonly string[]> {
  if (!/[*?]/.test(step)) {
    const path = join(folder, step);
    return lstat(path).then(
      () => [path],
      () => [],
    );
  }
  const names = await readdir(folder).catch(() => []);
  const source = step
    .replace(/[\\^$+.()|[\]{}]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  const wanted = new RegExp(`^${step.startsWith('.') ? '' : '(?!\\.)'}${source}$`, 's');
  // By bytes, as in the C locale.
  const sorted = names
    .filter((name) => wanted.test(name))
    .sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  return sorted.map((name) => join(folder, name));
}

/** `*` and `?`, as PATTERNS in ssh_config(5) has them. */
export function matchesPattern(text: string, pattern: string): boolean {
  const source = pattern
    .replace(/[\\^$+.()|[\]{}]/g, '\\$&')
    .replaceAll(/\*+/g, '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${source}$`, 's').test(text);
}

/** A list with commas between; one that matches after a `!` rules out all others. */
export function matchesList(text: string, list: string): boolean {
  let found = false;
  for (const pattern of list.split(',')) {
    if (pattern.startsWith('!')) {
      if (matchesPattern(text, pattern.slice(1))) return false;
    } else if (matchesPattern(text, pattern)) found = true;
  }
  return found;
}
