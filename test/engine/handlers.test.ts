import { describe, expect, it } from 'vitest';
import { AdHocStage, exited, type AdHocOptions } from '../stages/ad-hoc-stage.js';

/** Plays what is below a play's `hosts`; commands that begin with `bad` fail. Gives what each host was told to run. */
async function played(text: string, options: AdHocOptions = {}): Promise<AdHocStage> {
  const stage = new AdHocStage(options);
  stage.command(/^bad/, exited(1));
  await stage.play(`- hosts: all\n${text.replaceAll(/^(?=.)/gm, '  ').replace(/^\n/, '')}`);
  return stage;
}

const ran = (stage: AdHocStage, host = 'i-1'): readonly string[] =>
  stage.commands.filter((one) => one.startsWith(`${host} `)).map((one) => one.replace(`${host} `, ''));

const handlers = `
handlers:
  - name: early
    command: early
  - name: middle
    command: middle
    notify: [late, early]
  - name: late
    command: late
`;

describe('a handler', () => {
  it('runs at the end of the section, once, in the order of the handlers', async () => {
    const stage = await played(`
pre_tasks:
  - { command: pre, notify: late }
tasks:
  - { command: one, notify: late }
  - { command: two, notify: [late, early] }
${handlers}`);
    expect(ran(stage)).toEqual(['pre', 'late', 'one', 'two', 'early', 'late']);
  });

  it('does not run for a task that changed nothing', async () => {
    const stage = await played(`
tasks:
  - { command: one, notify: late, changed_when: false }
  - { command: two, notify: late, when: false }
${handlers}`);
    expect(ran(stage)).toEqual(['one']);
  });

  it('notifies those below it at once, and those above it for the next time', async () => {
    const stage = await played(`
tasks:
  - { command: one, notify: middle }
post_tasks:
  - command: post
${handlers}`);
    expect(ran(stage)).toEqual(['one', 'middle', 'late', 'post', 'early']);
  });

  it('runs at the end of the last section all the same, when a handler below it notifies it', async () => {
    const stage = await played(`
tasks:
  - { command: one, notify: middle }
${handlers}`);
    expect(ran(stage)).toEqual(['one', 'middle', 'late', 'early']);
  });

  it('runs once more after each flush, and not in one with nothing to do', async () => {
    const stage = await played(`
tasks:
  - { command: a, notify: late }
  - meta: flush_handlers
  - command: b
  - meta: flush_handlers
  - { command: c, notify: late }
${handlers}`);
    expect(ran(stage)).toEqual(['a', 'late', 'b', 'c', 'late']);
    expect(stage.endings.filter((one) => one.includes('meta'))).toEqual([]);
  });

  it('is notified by what it listens to, and several may listen', async () => {
    const stage = await played(`
tasks:
  - { command: one, notify: web restarts }
handlers:
  - { name: a, command: a, listen: web restarts }
  - { name: b, command: b, listen: [other, web restarts] }
  - { name: c, command: c }
`);
    expect(ran(stage)).toEqual(['one', 'a', 'b']);
  });

  it('that has a name which another has too is the last of them', async () => {
    const stage = await played(`
tasks:
  - { command: one, notify: restart }
handlers:
  - { name: restart, command: first }
  - { name: restart, command: second }
`);
    expect(ran(stage)).toEqual(['one', 'second']);
  });

  it('is found by names with variables, and has conditions and loops of its own', async () => {
    const stage = await played(`
vars: { service: web }
tasks:
  - { command: one, notify: 'restart {{ service }}' }
handlers:
  - name: restart {{ service }}
    command: restart {{ item }}
    loop: [a, b]
    when: item != 'a'
`);
    expect(ran(stage)).toEqual(['one', 'restart b']);
  });

  it('runs on a host that fails, before that is restored, and not on one that is lost', async () => {
    const tasks = (then: string): string => `
tasks:
  - { command: one, notify: late }
  - ${then}
  - command: never
${handlers}`;
    const failed = await played(tasks('command: bad'));
    expect(ran(failed)).toEqual(['one', 'bad', 'late']);
    expect(failed.last?.turns[0]?.status).toBe('failed');

    const stage = new AdHocStage();
    stage.fleet.atTask('i-1', 'shell', 'task.started', () => stage.fleet.host('i-1').lose());
    await stage.play(`- hosts: all\n${tasks('shell: gone').replaceAll(/^(?=.)/gm, '  ')}`);
    expect(ran(stage)).toEqual(['one']);
    const message = 'these handlers were notified and did not run: late.';
    expect(stage.fleet.told('warning').map((warning) => warning.message)).toEqual([message]);
    // The result tells it too.
    expect(stage.last?.turns[0]?.session.run.tally.warnings).toEqual([`i-1: ${message}`]);
  });

  it('that fails, fails its host', async () => {
    const stage = await played(`
tasks:
  - { command: one, notify: breaks }
post_tasks:
  - command: never
handlers:
  - { name: breaks, command: bad }
`);
    expect(ran(stage)).toEqual(['one', 'bad']);
    expect(stage.last?.turns[0]?.status).toBe('failed');
  });

  it('is notified by all tasks of a block, and flushed within its rescue', async () => {
    const stage = await played(`
tasks:
  - notify: late
    block:
      - command: one
      - { command: bad, notify: early }
    rescue:
      - meta: flush_handlers
      - command: rescue
    always:
      - command: always
${handlers}`);
    expect(ran(stage)).toEqual(['one', 'bad', 'late', 'rescue', 'always', 'late']);
  });

  it('under the linear strategy is waited for by the other hosts', async () => {
    const stage = await played(
      `
strategy: linear
tasks:
  - command: one
    notify: late
    changed_when: name == 'i-2'
post_tasks:
  - command: post
${handlers}`,
      { hosts: 2 },
    );
    expect(stage.commands.slice(2)).toEqual(['i-2 late', 'i-1 post', 'i-2 post']);
  });
});

describe('meta', () => {
  it('ends the turn of a host, whose handlers run still', async () => {
    const stage = await played(
      `
tasks:
  - { command: one, notify: late }
  - meta: end_host
    when: name == 'i-1'
  - command: two
post_tasks:
  - command: three
${handlers}`,
      { hosts: 2 },
    );
    expect(ran(stage)).toEqual(['one', 'late']);
    expect(ran(stage, 'i-2')).toEqual(['one', 'two', 'late', 'three']);
    expect(stage.last?.turns.map(({ status }) => status)).toEqual(['ok', 'ok']);
  });

  it('may be asked by a variable', async () => {
    const stage = await played(`
vars: { asked: end_host }
tasks:
  - command: one
  - meta: '{{ asked }}'
  - command: never`);
    expect(ran(stage)).toEqual(['one']);
    expect(stage.endings.filter((one) => one.includes('meta'))).toEqual([]);
  });

  it('that is no action fails', async () => {
    const stage = await played(`
tasks:
  - meta: end_of_play
  - command: never`);
    expect(ran(stage)).toEqual([]);
    expect(stage.last?.turns[0]?.error?.code).toBe('playbook.arguments');
  });

  it('ends the play: no further batch begins', async () => {
    const stage = await played(
      `
serial: 1
tasks:
  - command: one
  - meta: end_play
  - command: never`,
      { hosts: 3 },
    );
    expect(stage.commands).toEqual(['i-1 one']);
    expect(stage.last).toMatchObject({ stopped: false, errors: [] });
  });
});
