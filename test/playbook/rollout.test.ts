import { describe, expect, it } from 'vitest';
import { readPlayRollout } from '../../src/playbook/rollout.js';
import { UnknownValue } from '../../src/model/unknown.js';
import { complaintsOf, variables } from '../stages/sources.js';
import { firstPlay } from '../stages/loaded-playbook.js';

const known = variables({
  rollout: { serial: [1, '25%', '100%'], bake: '1m30s', on_failure: 'stop' },
  half: '50%',
  nothing: null,
  word: 'many',
  later: new UnknownValue('task "a"'),
});
const play = async (keywords: string): ReturnType<typeof firstPlay> =>
  firstPlay(`- hosts: api\n  ${keywords.replaceAll('\n', '\n  ')}\n`);

describe('the roll of a play', () => {
  it.each([
    ['serial: 2', { serial: [{ hosts: 2 }] }],
    ['serial: 30%', { serial: [{ percent: 30 }] }],
    ['serial: [1, "5", 100%]', { serial: [{ hosts: 1 }, { hosts: 5 }, { percent: 100 }] }],
    ['serial: "{{ rollout.serial }}"', { serial: [{ hosts: 1 }, { percent: 25 }, { percent: 100 }] }],
    ['serial: [1, "{{ half }}"]', { serial: [{ hosts: 1 }, { percent: 50 }] }],
    ['min_healthy: "{{ half }}"', { minHealthy: { percent: 50 } }],
    ['min_healthy: 0', { minHealthy: { hosts: 0 } }],
    ['bake: "{{ rollout.bake }}"', { bake: 90_000 }],
    ['bake: 30', { bake: 30_000 }],
    ['on_failure: "{{ rollout.on_failure }}"', { onFailure: 'stop' }],
    ['max_fail_percentage: 20', { maxFailPercentage: 20 }],
    ['max_fail_percentage: "12.5%"', { maxFailPercentage: 12.5 }],
    ['max_failures: 1', { maxFailures: { hosts: 1 } }],
    ['max_failures: 10%', { maxFailures: { percent: 10 } }],
    ['any_errors_fatal: true\nmax_fail_percentage: 20', { maxFailPercentage: 0 }],
    ['bake: "{{ nothing }}"', { bake: 0 }],
  ])('%j', async (keywords, expected) =>
    expect(readPlayRollout(await play(keywords), known)).toMatchObject(expected),
  );

  it('is all at once, without a floor or limit of its own, when nothing is said', async () => {
    expect(readPlayRollout(await play('name: x'), known)).toEqual({
      serial: [{ percent: 100 }],
      bake: 0,
      onFailure: 'rollback',
    });
  });

  it.each([
    ['serial: 0', '2:11 config.invalid_value: `serial` must be a number of hosts or a percentage, not'],
    ['serial: [1, x]', '2:15 config.invalid_value: `serial[1]` must be a number of hosts or a percentage'],
    [
      'serial: "{{ word }}"',
      '2:11 config.invalid_value: `serial` must be a number of hosts or a percentage, not "many"',
    ],
    [
      'serial: "{{ wrod }}"',
      '2:15 expression.unknown_variable: unknown variable "wrod" | Did you mean "word"?',
    ],
    ['min_healthy: 120%', '2:16 config.invalid_value: `min_healthy`'],
    ['bake: long', '2:9 config.invalid_value: `bake` must be a duration, not "long"'],
    [
      'on_failure: rolback',
      '2:15 config.invalid_value: `on_failure` must be one of rollback, restore, stop, not "rolback". | Did you mean "rollback"?',
    ],
    [
      'max_fail_percentage: 101',
      '2:24 config.invalid_value: `max_fail_percentage` must be a percentage from 0 to 100, not the number 101',
    ],
    [
      'serial: "{{ later }}"',
      '2:11 playbook.wrong_value: "serial" must be known, not not known yet (task "a")',
    ],
  ])('%j: %s', async (keywords, expected) => {
    const wrong = await play(keywords);

    const found = complaintsOf(() => readPlayRollout(wrong, known));

    expect(found).toHaveLength(1);
    expect(found[0]).toContain(`playbooks/deploy.yml:${expected}`);
  });

  it('tells all that is wrong at once', async () => {
    const wrong = await play('serial: x\nbake: x\non_failure: x');

    expect(complaintsOf(() => readPlayRollout(wrong, known))).toHaveLength(3);
  });
});
