import { describe, expect, it } from 'vitest';
import { AdfError } from '../../src/errors/adf-error.js';
import { dockerApi } from '../../src/errors/docker.js';
import { journalWrite } from '../../src/errors/journal.js';
import { runTasks, type TaskStage } from './run-tasks.js';

const waitFor = (until: string): string =>
  `- name: wait\n  uri: { port: 5060 }\n  until: '${until}'\n  retries: 5\n  delay: 10s\n  register: answer`;

const beginsAfter =
  (seconds: number) =>
  (stage: TaskStage): void => {
    const container = stage.host('i-1').named('api')!;
    stage.at(
      ({ type }) => type === 'task.started',
      () => {
        container.stop('world');
        stage.world.clock.after(seconds * 1_000, () => container.start('world'));
      },
    );
  };

describe('until', () => {
  it.each(['result.status == 200', 'answer.status == 200', '!result.failed', 'answer.content != ""'])(
    'waits with %s for an app that does not answer yet',
    async (until) => {
      const { stage } = await runTasks(waitFor(until), beginsAfter(25));
      expect(stage.statusOf('wait')).toEqual(['ok']);
      expect(stage.told('task.retrying').length).toBeGreaterThanOrEqual(2);
    },
  );

  it('gives up after its retries, and says what it last saw', async () => {
    const { stage } = await runTasks(waitFor('result.status == 200'), beginsAfter(100_000));
    expect(stage.statusOf('wait')).toEqual(['failed']);
    expect(stage.told('task.retrying')).toHaveLength(5);
    expect(stage.ended('wait')[0]?.error?.code).toBe('http.no_answer');
  });

  it('does not hold yet while the result lacks what it asks for', async () => {
    const { stage } = await runTasks(
      '- name: ask\n  shell: ask\n  until: int(result.stdout) > 3\n  retries: 3',
      (given) => given.says('ask', { stdout: 'starting' }, { stdout: '' }, { stdout: '4' }),
    );
    expect(stage.statusOf('ask')).toEqual(['changed']);
    expect(stage.ran('ask')).toBe(3);
  });

  it('says what was missing when it never held', async () => {
    const { stage } = await runTasks(
      '- name: ask\n  shell: ask\n  until: result.json.ready == true\n  retries: 1',
    );
    expect(stage.messageOf('ask')).toContain('"result" has no "json"');
    expect(stage.ran('ask')).toBe(2);
  });

  it('registers a failure when it never held, though the command succeeded', async () => {
    const { stage } = await runTasks(
      `- name: ask
  shell: ask
  until: result.rc == 9
  retries: 1
  register: out
  ignore_errors: true
- name: look
  debug: { msg: "{{ out.failed }} {{ out.rc }} {{ out.attempts }}" }`,
    );
    expect(stage.messageOf('look')).toBe('true 0 2');
  });

  it('tells how many attempts it took', async () => {
    const { stage } = await runTasks(
      `- name: ask
  shell: ask
  until: result.rc == 0
  register: out
- name: look
  debug: { msg: "{{ out.attempts }}" }`,
      (given) => given.says('ask', { outcome: { kind: 'exited', code: 1 } }, {}),
    );
    expect(stage.messageOf('look')).toBe('2');
  });

  it.each([
    ['the journal', journalWrite('/journal', new Error('ENOSPC'))],
    ['an interlock', new AdfError({ code: 'interlock.lease_over', class: 'failed', message: 'over' })],
    ['the floor', new AdfError({ code: 'floor.blocked', class: 'failed', message: 'blocked' })],
  ])('does not try again what %s stopped', async (_, error) => {
    const { stage } = await runTasks(
      '- name: pull\n  docker_image: registry:5000/api:v2\n  until: "!result.failed"\n  failed_when: "false"',
      (given) => {
        given.world.calls.intercept = (call, proceed) =>
          call.method === 'pull' ? Promise.reject(error) : proceed();
      },
    );
    expect(stage.statusOf('pull')).toEqual(['failed']);
    expect(stage.told('task.retrying')).toEqual([]);
  });
});

describe('failed_when', () => {
  const pullFails = (stage: TaskStage): void => {
    stage.world.calls.intercept = (call, proceed) =>
      call.method === 'pull' ? Promise.reject(dockerApi(stage.host('i-1').host, 500, 'no space')) : proceed();
  };

  it('has the last word on what a module throws', async () => {
    const { stage } = await runTasks(
      `- name: pull
  docker_image: registry:5000/api:v2
  failed_when: '!result.msg.contains("no space")'
  register: pulled
- name: look
  debug: { msg: "{{ pulled.failed }}" }`,
      pullFails,
    );
    expect([...stage.statusOf('pull'), stage.messageOf('look')]).toEqual(['ok', 'false']);
  });

  it('leaves what a module throws a failure when it asks for what is not there', async () => {
    const { stage } = await runTasks(
      '- name: pull\n  docker_image: registry:5000/api:v2\n  failed_when: result.rc > 1',
      pullFails,
    );
    expect(stage.ended('pull')[0]).toMatchObject({ status: 'failed', error: { code: 'docker.api' } });
  });

  it('does not bring back a lost host', async () => {
    const { stage } = await runTasks(
      '- name: pull\n  docker_image: registry:5000/api:v2\n  failed_when: "false"',
      (given) => given.atTask('i-1', 'docker_image', 'task.started', () => given.host('i-1').lose()),
    );
    expect(stage.statusOf('pull')).toEqual(['unreachable']);
  });

  it('does not make a task that ran out of time a success', async () => {
    const { stage } = await runTasks(
      '- name: wait\n  pause: { minutes: 5 }\n  timeout: 10s\n  failed_when: "false"',
    );
    expect(stage.ended('wait')[0]).toMatchObject({ status: 'failed', error: { code: 'task.timeout' } });
  });
});
