import { refuseLine, type Line } from './lines.js';

/** How a keyword's words become the line that `ssh -G` prints. Throws `ssh.config` for what is no such value. */
export type ReadValue = (line: Line, words: readonly string[]) => string | undefined;

const single: ReadValue = (line, words) => {
  const [word] = words;
  if (word === undefined || word === '') throw refuseLine(line, `${line.keyword} needs a value`);
  if (words.length > 1) throw refuseLine(line, `${line.keyword} takes one value; quote one that has spaces`);
  return word;
};

const oneOf =
  (values: Readonly<Record<string, string>>): ReadValue =>
  (line, words) => {
    const word = single(line, words)?.toLowerCase() ?? '';
    const value = Object.hasOwn(values, word) ? values[word] : undefined;
    if (value === undefined) throw refuseLine(line, `"${word}" is no value of ${line.keyword}`);
    return value;
  };

const flag = oneOf({ yes: 'yes', true: 'yes', no: 'no', false: 'no' });

const integer =
  (least: number, most: number): ReadValue =>
  (line, words) => {
    const word = single(line, words) ?? '';
    const value = /^\d+$/.test(word) ? Number(word) : NaN;
    if (!(value >= least && value <= most))
      throw refuseLine(line, `"${word}" is not a number from ${least} to ${most}`);
    return String(value);
  };

const unitSeconds: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600, d: 86_400, w: 604_800 };

/** TIME FORMATS of sshd_config(5). `none` says nothing, and leaves it to a later line. */
const time: ReadValue = (line, words) => {
  const word = single(line, words) ?? '';
  if (word === 'none') return undefined;
  if (!/^(\d{1,8}[smhdw]?)+$/i.test(word))
    throw refuseLine(line, `"${word}" is not a time such as 90 or 1m30s`);
  const parts = [...word.toLowerCase().matchAll(/(\d+)([smhdw]?)/g)];
  return String(
    parts.reduce((sum, [, count, unit]) => sum + Number(count) * (unitSeconds[unit ?? 's'] ?? 1), 0),
  );
};

const files: ReadValue = (line, words) => {
  if (words.length === 0 || words.includes('')) throw refuseLine(line, `${line.keyword} needs files`);
  if (words.length > 1 && words.some((word) => word.toLowerCase() === 'none'))
    throw refuseLine(line, '"none" must stand alone');
  return words.join('\n');
};

/** The rest of the line as it is, for a shell. */
const command: ReadValue = (line) => line.rest.replace(/^[ \t\r=]+/, '');

const jumps: ReadValue = (line) => {
  const text = line.rest.replace(/^[ \t\r=]+/, '');
  if (text.toLowerCase() === 'none') return 'none';
  const each = text.split(',');
  const form = /^(?:[^\s@/#%[\]:]+@)?(?:\[[0-9A-Fa-f:.]+\]|[^\s@/#%[\]:]+)(?::(\d{1,5}))?$/;
  for (const one of each) {
    const [, port = '1'] = form.exec(one) ?? [undefined, '0'];
    if (Number(port) < 1 || Number(port) > 65_535)
      throw refuseLine(line, `"${one}" is not of the form user@host:port`);
  }
  return text;
};

/** The keywords whose first value counts. */
export const readers: Readonly<Record<string, ReadValue>> = {
  user: single,
  hostname: single,
  hostkeyalias: single,
  identityagent: single,
  revokedhostkeys: single,
  identityfile: single,
  certificatefile: single,
  ignoreunknown: single,
  port: integer(1, 65_535),
  serveralivecountmax: integer(0, 2 ** 31 - 1),
  identitiesonly: flag,
  hashknownhosts: flag,
  checkhostip: flag,
  proxyusefdpass: flag,
  canonicalizehostname: oneOf({ yes: 'yes', true: 'yes', no: 'no', false: 'no', always: 'always' }),
  stricthostkeychecking: oneOf({
    yes: 'true',
    true: 'true',
    no: 'false',
    off: 'false',
    false: 'false',
    ask: 'ask',
    'accept-new': 'accept-new',
  }),
  connecttimeout: time,
  serveraliveinterval: time,
  userknownhostsfile: files,
  globalknownhostsfile: files,
  canonicalizepermittedcnames: files,
  proxycommand: command,
  knownhostscommand: command,
  proxyjump: jumps,
};

/** Those that are gathered from all lines. */
export const gathered: ReadonlySet<string> = new Set(['identityfile', 'certificatefile']);
