import { parsed } from './parsed.js';
import { shown } from './number.js';

/** Permission bits, `0o644`; or changes to them in chmod's words. */
export type FileMode = number | string;

const clause = /^[ugoa]+([-+=]([rwxXst]*|[ugo]))+$/;

/**
 * Octal digits in quotes, or `u=rwX,g=rX,o=`. A bare number is refused: YAML 1.2 reads 0644 and 644 as the number 644, which is octal
 * 1204 and what nobody means (Ansible's documentation of `mode`, file module). A clause has to say whose bits it means, since without
 * that chmod leaves the choice to the umask.
 */
export const fileModeSchema = parsed((value, refuse): FileMode => {
  if (typeof value === 'string') {
    const text = value.trim();
    if (/^0?[0-7]{3,4}$/.test(text)) return Number.parseInt(text, 8);
    if (text !== '' && text.split(',').every((part) => clause.test(part))) return text;
  }
  const hint =
    typeof value === 'number'
      ? `YAML takes it for a decimal number: put the octal digits in quotes, mode: "0644".`
      : 'Whose bits a clause is about comes first: u, g, o or a.';
  refuse(`must be octal digits in quotes, or u=rw,g=r,o=; not ${shown(value)}`, hint);
  return 0;
}).meta({ type: 'file mode' });

/** The bits that chmod would leave of `current`. Folders, and files that somebody may run, get an `X`. */
export function applyMode(mode: FileMode, current: number, isFolder: boolean): number {
  if (typeof mode === 'number') return mode;
  return mode.split(',').reduce((bits, part) => applyClause(part, bits, isFolder), current);
}

function applyClause(part: string, current: number, isFolder: boolean): number {
  const [, given = ''] = /^([ugoa]+)/.exec(part) ?? [];
  const whose = given.includes('a') ? 'ugo' : given;
  let bits = current;
  for (const [, sign, perms = ''] of part.slice(given.length).matchAll(/([-+=])([rwxXstugo]*)/g)) {
    const wanted = bitsOf(perms, whose, bits, isFolder);
    const all = whose.split('').reduce((sum, who) => sum | (0o7 << shift(who)) | special(who), 0);
    if (sign === '+') bits |= wanted;
    else if (sign === '-') bits &= ~wanted;
    // GNU's chmod keeps a folder's setuid and setgid unless they are named.
    else bits = (bits & ~(isFolder && !perms.includes('s') ? all & 0o1777 : all)) | wanted;
  }
  return bits;
}

const shift = (who: string): number => (who === 'u' ? 6 : who === 'g' ? 3 : 0);
const special = (who: string): number => (who === 'u' ? 0o4000 : who === 'g' ? 0o2000 : 0o1000);

function bitsOf(perms: string, whose: string, current: number, isFolder: boolean): number {
  let bits = 0;
  for (const who of whose) {
    for (const perm of perms) {
      if ('ugo'.includes(perm)) bits |= ((current >> shift(perm)) & 0o7) << shift(who);
      else if (perm === 'r') bits |= 0o4 << shift(who);
      else if (perm === 'w') bits |= 0o2 << shift(who);
      else if (perm === 'x' || (perm === 'X' && (isFolder || (current & 0o111) !== 0)))
        bits |= 0o1 << shift(who);
      else if (perm === 's' && who !== 'o') bits |= special(who);
      else if (perm === 't' && who === 'o') bits |= 0o1000;
    }
  }
  return bits;
}
