import { lstatSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * The files below these folders that were changed since a moment (milliseconds since the epoch) and hold one of the texts, as `path: text`.
 * What vanishes meanwhile is passed over, and so are folders that somebody else's tests made.
 */
export function findInFiles(
  folders: readonly string[],
  texts: readonly string[],
  since: number,
  except: readonly string[] = [],
): readonly string[] {
  const needles = texts.map((text) => Buffer.from(text));
  const found: string[] = [];
  const visit = (path: string): void => {
    if (except.some((one) => path === one || path.startsWith(`${one}/`))) return;
    try {
      const stat = lstatSync(path);
      if (stat.isDirectory()) for (const name of readdirSync(path)) visit(join(path, name));
      else if (stat.isFile() && stat.mtimeMs >= since && stat.size < 50_000_000) {
        const bytes = readFileSync(path);
        needles.forEach((needle, index) => {
          if (bytes.includes(needle)) found.push(`${path}: ${texts[index]}`);
        });
      }
    } catch {
      // It was somebody's temporary, and is gone.
    }
  };
  for (const folder of folders) visit(folder);
  return found;
}
