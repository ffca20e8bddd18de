import { readFile } from 'node:fs/promises';

/**
 * Whether these files say the same of every host, so that one question serves them all. A line that is not plainly about all hosts means
 * no: it then costs a question for each.
 */
export async function applyToEveryHost(files: readonly string[]): Promise<boolean> {
  for (const file of files) {
    const text = await readFile(file, 'utf8').catch(() => undefined);
    if (text?.split('\n').every(isOfAll) !== true) return false;
  }
  return true;
}

/** Not one that begins a section for some hosts, makes something of a host's name, or looks that up. */
function isOfAll(line: string): boolean {
  const text = line.trim();
  if (text === '' || text.startsWith('#')) return true;
  const [, keyword, value] = /^([A-Za-z0-9]+)(?:\s*=\s*|\s+)(.*)$/.exec(text) ?? [];
  if (keyword === undefined || value === undefined || value.includes('%')) return false;
  if (keyword.toLowerCase() === 'host') return value === '*';
  return !/^(match|hostname|canonicali[sz]e.*)$/i.test(keyword);
}
