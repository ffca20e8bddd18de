import { describe, expect, it } from 'vitest';
import { runTasks } from './run-tasks.js';

const copy = '- name: copy\n  shell: copy {{{ item }}}\n  loop: [a, b, c]\n  register: out';
const fails = { outcome: { kind: 'exited', code: 1 } } as const;

describe('a loop', () => {
  it('goes on after an item that failed, and fails at the end', async () => {
    const { stage, result } = await runTasks(copy, (given) => given.says('copy b', fails));
    expect([stage.ran('copy a'), stage.ran('copy b'), stage.ran('copy c')]).toEqual([1, 1, 1]);
    expect(stage.statusOf('copy')).toEqual(['failed']);
    expect(stage.ended('copy')[0]?.error?.code).toBe('command.failed');
    expect(result.exit).toBe(4);
  });

  it('says how many items failed', async () => {
    const { stage } = await runTasks(copy, (given) => {
      given.says('copy a', fails);
      given.says('copy c', fails);
    });
    expect(stage.messageOf('copy')).toBe(
      '2 of 3 items of the loop failed; the first: The command exited with 1.',
    );
  });

  it('keeps what every item gave, with its item', async () => {
    const { stage } = await runTasks(
      `${copy}
  ignore_errors: true
- name: look
  debug: { msg: "{{#each out.results as |one|}}{{ one.item }} {{ one.failed }} {{ one.rc }}; {{/each}}" }`,
      (given) => given.says('copy b', fails),
    );
    expect(stage.messageOf('look')).toBe('a false 0; b true 1; c false 0; ');
  });

  it('names the item by its loop variable, too', async () => {
    const { stage } = await runTasks(
      `- name: ports
  shell: open {{ port }}
  loop: [80]
  loop_control: { loop_var: port }
  until: result.rc == 0
  register: out
- name: look
  debug: { msg: "{{#each out.results as |one|}}{{ one.item }} {{ one.port }} {{ one.attempts }}{{/each}}" }`,
      (given) => given.says('open', fails, {}),
    );
    expect(stage.messageOf('look')).toBe('80 80 2');
  });

  it('goes on after an item that its arguments do not fit', async () => {
    const { stage } = await runTasks(
      `- name: list
  shell: list
  register: out
- name: copy
  shell: copy {{ item.to }}
  loop: "{{ out.stdout_lines }}"`,
      (given) => given.says('list', { stdout: 'a\nb' }),
    );
    expect(stage.ended('copy')[0]?.error).toMatchObject({
      class: 'invalid',
      message: expect.stringContaining('2 of 2 items of the loop failed') as string,
    });
  });

  it('stops when the host is lost', async () => {
    const { stage } = await runTasks(copy, (given) =>
      given.ends('copy b', { kind: 'unknown', reason: 'connection lost' }),
    );
    expect([stage.ran('copy b'), stage.ran('copy c')]).toEqual([1, 0]);
    expect(stage.statusOf('copy')).toEqual(['unreachable']);
  });
});

describe('run_once', () => {
  const once = (keyword: string): string =>
    `- name: migrate\n  shell: migrate\n  run_once: true\n  ${keyword}\n- name: after\n  shell: after`;
  const options = { hosts: 2, rollout: { serial: '100%', bake: '1s' } };

  it.each([
    ['ignore_errors: true', { kind: 'exited', code: 1 }, 'failed, ignored'],
    ['ignore_unreachable: true', { kind: 'unknown', reason: 'lost' }, 'unreachable, ignored'],
  ] as const)('with %s is ignored for all hosts', async (keyword, outcome, status) => {
    const { stage } = await runTasks(once(keyword), (given) => given.ends('migrate', outcome), options);
    expect(stage.statusOf('migrate')).toEqual([status, 'failed, ignored']);
    expect([stage.ran('migrate'), stage.ran('after')]).toEqual([1, 2]);
  });

  it('is ignored for none when the runner is lost and only its errors are ignored', async () => {
    const { stage } = await runTasks(
      once('ignore_errors: true'),
      (given) => given.ends('migrate', { kind: 'unknown', reason: 'lost' }),
      options,
    );
    expect(stage.statusOf('migrate').every((status) => !status.endsWith('ignored'))).toBe(true);
    expect(stage.ran('after')).toBe(0);
  });
});
