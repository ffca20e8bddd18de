import { describe, expect, it } from 'vitest';
import { errorsOf } from '../../src/errors/adf-error.js';
import { variablesFor, warnOfUnknown, type FlagShape } from '../../src/cli/variables.js';

const flags: Readonly<Record<string, FlagShape>> = {
  help: { type: 'boolean' },
  group: { type: 'option' },
  limit: { type: 'option' },
  'lock-wait': { type: 'option' },
  'extra-vars': { type: 'option' },
  yes: { type: 'boolean' },
  timestamps: { type: 'boolean', allowNo: true },
};

const read = (environment: Readonly<Record<string, string>>, given: readonly string[] = []) =>
  variablesFor(flags, new Set(given), environment);
const words = (environment: Readonly<Record<string, string>>): readonly string[] =>
  read(environment).flatMap((one) => one.words);

describe('the variable of a flag', () => {
  it('says what the flag would say', () => {
    expect(words({ ADFPUSH_GROUP: 'api,web', ADFPUSH_LOCK_WAIT: '10m', ADFPUSH_YES: 'true' })).toEqual([
      '--group=api,web',
      '--lock-wait=10m',
      '--yes',
    ]);
  });

  it.each(['', ' ', '\t\n'])('counts as not given when it is %j', (blank) => {
    expect(read({ ADFPUSH_GROUP: blank, ADFPUSH_LIMIT: blank, ADFPUSH_YES: blank })).toEqual([]);
  });

  it.each(['false', '0', 'no', 'OFF'])('of a switch means no when it is %s', (no) => {
    expect(words({ ADFPUSH_YES: no, ADFPUSH_TIMESTAMPS: no })).toEqual(['--no-timestamps']);
  });

  it.each(['true', '1', 'Yes', 'on'])('of a switch means yes when it is %s', (yes) => {
    expect(words({ ADFPUSH_YES: yes, ADFPUSH_TIMESTAMPS: yes })).toEqual(['--yes', '--timestamps']);
  });

  it.each([
    ['ADFPUSH_YES', 'maybe', 'cli.variable'],
    ['ADFPUSH_LIMIT', ',', 'cli.empty_value'],
    ['ADFPUSH_GROUP', ' , ', 'cli.empty_value'],
  ])('%s=%s is refused, by its name', (variable, value, code) => {
    try {
      read({ [variable]: value });
      expect.unreachable();
    } catch (error) {
      const [{ message, ...found }] = errorsOf(error);
      expect(found).toMatchObject({ code, class: 'invalid' });
      expect(message).toContain(variable);
    }
  });

  it('gives way to the flag, and is told all the same', () => {
    expect(read({ ADFPUSH_LIMIT: 'api-1' }, ['limit'])).toMatchObject([
      { variable: 'ADFPUSH_LIMIT', flag: '--limit', value: 'api-1', used: false },
    ]);
  });

  it('does not show the values of --extra-vars, which may be secret', () => {
    const [variable] = read({ ADFPUSH_EXTRA_VARS: 'token=hunter2' });
    expect(variable).toMatchObject({ used: true, words: ['--extra-vars=token=hunter2'] });
    expect(variable).not.toHaveProperty('value');
  });

  it('is not read for help', () => {
    expect(read({ ADFPUSH_HELP: 'true' })).toEqual([]);
  });
});

describe('a variable that no flag has', () => {
  const warn = (environment: Readonly<Record<string, string>>) =>
    warnOfUnknown(Object.keys(flags), environment);

  it.each([
    ['ADFPUSH_LIMT', 'ADFPUSH_LIMIT'],
    ['ADFPUSH_LOCKWAIT', 'ADFPUSH_LOCK_WAIT'],
    ['ADFPUSH_BECOME_PASSWD', 'ADFPUSH_BECOME_PASS'],
  ])('%s is told with the nearest name, %s', (misspelt, meant) => {
    const [warning, ...others] = warn({ [misspelt]: 'api-1' });
    expect(others).toEqual([]);
    expect(warning).toContain(misspelt);
    expect(warning).toContain(`Did you mean ${meant}?`);
  });

  it('is told also when no name is near: a limit that is not read is no limit', () => {
    expect(warn({ ADFPUSH_SERVERS: 'api-1' })).toEqual([expect.stringContaining('ADFPUSH_SERVERS')]);
  });

  it('is not told when it is blank, ours, or of another program', () => {
    expect(
      warn({
        ADFPUSH_LIMT: '',
        ADFPUSH_LIMIT: 'x',
        ADFPUSH_SSH_PASSPHRASE: 'x',
        ADFPUSH_FLEET: 'x',
        HOME: '/',
      }),
    ).toEqual([]);
  });
});
