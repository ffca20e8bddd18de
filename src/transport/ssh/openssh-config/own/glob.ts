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
