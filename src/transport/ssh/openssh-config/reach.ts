import { readFile } from 'node:fs/promises';

/** Lines that answer otherwise for other hosts: sections for some, names made of a host's own, and names looked up. */
const particular = /^\s*"?(host(?!\S)(?!\s+\*\s*$)|host\s*=|match|canonicali[sz]e|hostname)|%/im;

/**
 * Whether these files say the same of every host, so that one question serves them all. Unsure means no: it then costs another question.
 */
export async function sayTheSameOfAll(files: readonly string[]): Promise<boolean> {
  for (const file of files) {
    const text = await readFile(file, 'utf8').catch(() => '%');
    if (particular.test(withoutComments(text))) return false;
  }
  return true;
}

const withoutComments = (text: string): string => text.replaceAll(/^\s*#.*$/gm, '');
