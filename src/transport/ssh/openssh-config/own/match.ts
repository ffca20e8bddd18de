import { refuseLine, type Line } from './lines.js';
import { matchesList } from './patterns.js';

/** What a Match line is compared with: what is known by the time it is read. */
export interface Subject {
  /** After HostName. */
  readonly host: string;
  readonly originalHost: string;
  readonly user: string;
  readonly localUser: string;
}

/** Whether a Match line speaks of this host. Throws `ssh.config` for criteria that only ssh itself can judge. */
export function matches(line: Line, subject: Subject): boolean {
  const words = criteriaOf(line);
  let result = true;
  let criteria = 0;
  while (words.length > 0) {
    const word = words.shift() ?? '';
    const negated = word.startsWith('!');
    const criterion = word.replace('!', '').toLowerCase();
    if (criterion === 'all') {
      if (criteria > 1 || words.length > 0)
        throw refuseLine(line, '"all" cannot be combined with other criteria');
      return result && !negated;
    }
    criteria += 1;
    const holds = judge(line, criterion, words.shift(), subject);
    if (holds === negated) result = false;
  }
  if (criteria === 0) throw refuseLine(line, 'Match needs a criterion');
  return result;
}

function judge(line: Line, criterion: string, list: string | undefined, subject: Subject): boolean {
  const value = {
    host: subject.host.toLowerCase(),
    originalhost: subject.originalHost.toLowerCase(),
    user: subject.user,
    localuser: subject.localUser,
  }[criterion];
  if (value === undefined) throw refuseLine(line, `only ssh itself can judge "Match ${criterion}"`);
  if (list === undefined || list === '') throw refuseLine(line, `Match ${criterion} needs a pattern`);
  return matchesList(value, criterion.endsWith('host') ? list.toLowerCase() : list);
}

/** Unlike other lines, one quote or `=` may stand between two words (`strdelim` in OpenSSH's misc.c). */
function criteriaOf(line: Line): string[] {
  if (/["'\\]/.test(line.rest)) throw refuseLine(line, `only ssh itself can judge "Match ${line.rest}"`);
  const words = line.rest.split(/[ \t\r]*=[ \t\r]*|[ \t\r]+/);
  const comment = words.findIndex((word) => word.startsWith('#'));
  return comment < 0 ? words : words.slice(0, comment);
}
