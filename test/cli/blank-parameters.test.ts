import { describe, expect, it } from 'vitest';
import { commands } from '../../src/commands/table.js';
import { variableOf } from '../../src/cli/variables.js';
import { adfpush } from '../stages/adfpush.js';

const withVariables = (variables: Readonly<Record<string, string>>, words: readonly string[]) =>
  adfpush(words, 'two-environments', {}, variables);

const inventory = ['inventory', 'list', '--json'];

describe('an empty variable', () => {
  it('counts as not given', async () => {
    const { exit, stdout, stderr } = await withVariables(
      { ADFPUSH_ENV: 'staging', ADFPUSH_LIMIT: '', ADFPUSH_ASK_BECOME_PASS: ' ', ADFPUSH_FORKS: '' },
      inventory,
    );
    expect({ exit, stderr }).toEqual({ exit: 0, stderr: '' });
    expect(stdout).toBe((await adfpush([...inventory, '--env', 'staging'])).stdout);
  });

  it('of the group does not mean all groups', async () => {
    const { exit, stderr } = await withVariables({ ADFPUSH_GROUP: '' }, ['deploy', '--env', 'prod']);
    expect({ exit, stderr }).toEqual({
      exit: 2,
      stderr: expect.stringContaining('--group is missing') as unknown,
    });
  });
});

/** Every flag that takes a value, with one of the verbs that have it. */
const valued = new Map(
  Object.entries(commands).flatMap(([id, command]) =>
    Object.entries({ ...command.baseFlags, ...command.flags }).flatMap(([flag, { type }]) =>
      type === 'option' ? [[flag, id.replace(':', ' ')] as const] : [],
    ),
  ),
);

describe('an empty value', () => {
  it.each([...valued])('of --%s is refused: %s', async (flag, verb) => {
    const tail = verb === 'exec' ? ['--', 'true'] : [];
    const { exit, stdout, stderr } = await adfpush([...verb.split(' '), `--${flag}`, '', ...tail]);
    expect(stderr).toContain(`Error [cli.empty_value] --${flag} is empty.`);
    expect({ exit, stdout }).toEqual({ exit: 2, stdout: '' });
  });

  it.each([
    [['plan', '-g', 'api', '--env', 'prod', '--limit', ','], '--limit is empty.'],
    [['plan', '-g', 'api', '--env', ' '], '--env is empty.'],
    [['plan', '-g', 'api', '--env='], '--env is empty.'],
    [['plan', '-g', ' , ', '--env', 'prod'], '--group is empty.'],
    [['plan', '-g', 'api', '--env', 'prod', '-e', ''], '--extra-vars is empty.'],
    [['resume', ''], 'RUN is empty.'],
    [['recover', '--env', 'prod', ' '], 'RUN is empty.'],
  ])('%j is refused', async (words, message) => {
    const { exit, stderr } = await adfpush(words);
    expect(stderr).toContain(`Error [cli.empty_value] ${message}`);
    expect(exit).toBe(2);
  });

  it('reaches a command on the hosts as it is', async () => {
    const { stderr } = await adfpush(['exec', '-g', 'api', '--', 'echo', '']);
    expect(stderr).toContain('[cli.missing_env]');
  });
});

describe('a variable', () => {
  it('stands for its flag, in every verb that has it', async () => {
    const { exit, stderr } = await withVariables({ ADFPUSH_ENV: 'stagign' }, inventory);
    expect(exit).toBe(2);
    expect(stderr).toContain('Did you mean "staging"?');
  });

  it('gives way to the flag', async () => {
    const { exit } = await withVariables({ ADFPUSH_ENV: 'prod' }, [...inventory, '--env', 'staging']);
    expect(exit).toBe(0);
  });

  it.each([
    [{ ADFPUSH_FORKS: 'ten' }, '--forks is set by ADFPUSH_FORKS.'],
    [{ ADFPUSH_YES: 'maybe' }, 'ADFPUSH_YES=maybe: neither yes nor no.'],
    [{ ADFPUSH_LIMIT: ',' }, 'ADFPUSH_LIMIT is empty.'],
  ])('with a wrong value is refused by its name: %j', async (variables, message) => {
    const { exit, stderr } = await withVariables(variables, ['deploy', '-g', 'api', '--env', 'prod']);
    expect(stderr).toContain(message);
    expect(exit).toBe(2);
  });

  it('asks for the document of --json, for an error too', async () => {
    const { stdout } = await withVariables({ ADFPUSH_JSON: 'true' }, ['deploy', '-g', 'api', '--env', 'no']);
    expect(JSON.parse(stdout)).toMatchObject({ exit: 2 });
    expect((await withVariables({ ADFPUSH_JSON: '0' }, ['deploy', '-g', 'api', '--env', 'no'])).stdout).toBe(
      '',
    );
  });

  it('that is misspelt is a warning with the nearest name, and changes nothing else', async () => {
    const { exit, stderr } = await withVariables({ ADFPUSH_LIMT: 'api-1' }, [...inventory, '--env', 'prod']);
    expect(exit).toBe(0);
    expect(stderr).toMatch(/^Warning: ADFPUSH_LIMT is set, .* Did you mean ADFPUSH_LIMIT\?$/);
  });

  it('of any flag is known in every verb', async () => {
    const variables = Object.fromEntries([...valued.keys()].map((flag) => [variableOf(flag), 'x']));
    const { stderr } = await withVariables(variables, ['lab', 'stop', '--project', '/nowhere']);
    expect(stderr).not.toMatch(/^Warning: ADFPUSH_/m);
  });
});
