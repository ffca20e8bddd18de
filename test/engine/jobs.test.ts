import { describe, expect, it } from 'vitest';
import type { Milliseconds } from '../../src/model/duration.js';
import type { Outcome, StepRecord } from '../../src/ports/transport.js';
import { checkTasks, TaskStage } from './run-tasks.js';
import type { StageOptions } from '../stages/fleet-stage.js';

const minute: Milliseconds = 60_000;
const lost: Outcome = { kind: 'unknown', reason: 'connection lost' };
const ended = (code: number, stdout = '', stderr = ''): StepRecord => ({
  state: 'ended',
  outcome: { kind: 'exited', code },
  stdout,
  stderr,
});

/** The task that starts a job, and after it these. */
const tasks = (more = '', keywords = ''): string =>
  `- name: start
  command: reindex
  async: 1h
  poll: 0
  register: job${keywords}
${more}`;

const wait = `- name: wait
  async_status: { jid: "{{ job.ansible_job_id }}" }
  register: result
  until: result.finished
  retries: 100
  delay: 30s`;

/** A stage on which `reindex` ends after this time as the record says; it never does without one. */
function stageOf(text: string, after: Milliseconds, record?: StepRecord, options?: StageOptions): TaskStage {
  const stage = new TaskStage(text, options);
  const { clock } = stage.world;
  stage.transport.when(({ text: command, options: { step, detach } }) => {
    if (!command.includes('reindex') || step === undefined || detach === undefined) return undefined;
    if (record === undefined) return undefined;
    void clock.sleep(after).then(() => stage.transport.records.set(step.id, record));
    return undefined;
  });
  return stage;
}

const warnings = (stage: TaskStage): readonly string[] => stage.told('warning').map(({ message }) => message);
/** How long after the run began the first event of this type was told. */
const since = (stage: TaskStage, type: Parameters<TaskStage['told']>[0]): number =>
  (stage.told(type)[0]?.at ?? NaN) - (stage.events[0]?.at ?? NaN);
const turns = (stage: TaskStage): readonly string[] => stage.told('turn.ended').map(({ status }) => status);

describe('a task with poll: 0', () => {
  it('starts its command and goes on at once; async_status waits, and gives what it gave', async () => {
    const look =
      '- name: look\n  debug: { msg: "{{ job.started }} {{ job.finished }} {{ result.rc }} {{ result.stdout }}" }';
    const stage = stageOf(tasks(`${wait}\n${look}`), 10 * minute, ended(0, 'all of it\n'));
    await stage.deploy();

    expect(stage.statusOf('start')).toEqual(['changed']);
    expect(stage.ended('start')[0]?.duration).toBeLessThan(minute);
    expect(stage.statusOf('wait')).toEqual(['changed']);
    expect(stage.ended('wait')[0]?.duration).toBeGreaterThan(9 * minute);
    expect(stage.messageOf('look')).toBe('true false 0 all of it');
    const [ran] = stage.transport.commands.filter(({ text }) => text.includes('reindex'));
    expect(ran?.options).toMatchObject({ detach: 60 * minute });
    expect(ran?.options.timeout).toBeUndefined();
    expect(turns(stage)).toEqual(['ok']);
    expect(warnings(stage)).toEqual([]);
  });

  it.each([
    ['exits with another code', ended(3, '', 'no space'), 'exited with 3: no space'],
    [
      'was ended at its limit',
      { state: 'ended', outcome: { kind: 'timed_out' }, stdout: '', stderr: '' },
      'timed out',
    ],
    ['was interrupted', { state: 'interrupted', reason: 'the host was restarted' }, 'was interrupted'],
  ] as const)('fails in async_status when its command %s', async (_, record, says) => {
    const stage = stageOf(tasks(wait), minute, record);
    await stage.deploy();

    expect(stage.statusOf('wait')).toEqual(['failed']);
    expect(stage.messageOf('wait')).toContain(says);
    expect(turns(stage)).toEqual(['failed']);
    expect(warnings(stage)).toEqual([]);
  });

  it('is left running by the tasks after it, and waited for at the end of the turn', async () => {
    const stage = stageOf(tasks('- name: other\n  shell: other'), 20 * minute, ended(0));
    await stage.deploy();

    expect(since(stage, 'task.progress')).toBeLessThan(minute);
    expect(stage.statusOf('other')).toEqual(['changed']);
    expect(since(stage, 'turn.ended')).toBeGreaterThanOrEqual(20 * minute);
    expect(stage.told('task.progress').map(({ message }) => message)).toContainEqual(
      expect.stringContaining('the turn waits for its job, 1 h at most') as string,
    );
    expect(warnings(stage)).toEqual([]);
  });

  it('that failed and was not asked for is a warning', async () => {
    const stage = stageOf(tasks(), minute, ended(3, '', 'no space'));
    const result = await stage.deploy();

    expect(turns(stage)).toEqual(['ok']);
    expect(result.warnings).toContainEqual(
      expect.stringMatching(/^i-1: The job of "start" failed/) as string,
    );
    expect(warnings(stage).join()).toContain('exited with 3: no space');
  });

  it('with no_log shows nothing of its output', async () => {
    const stage = stageOf(tasks(wait, '\n  no_log: true'), minute, ended(3, 'hunter2', 'hunter2'));
    const unasked = stageOf(tasks('', '\n  no_log: true'), minute, ended(3, 'hunter2', 'hunter2'));
    await stage.deploy();
    await unasked.deploy();

    expect(stage.statusOf('wait')).toEqual(['failed']);
    expect(warnings(unasked).join()).toContain('hidden by no_log');
    expect(JSON.stringify([stage.events, unasked.events])).not.toContain('hunter2');
  });

  it('passes on become and environment, and each item of a loop is a job', async () => {
    const keywords = '\n  become: true\n  environment: { COLOUR: red }\n  loop: [1, 2]';
    const all = wait.replace('job.ansible', 'item.ansible') + '\n  loop: "{{ job.results }}"';
    const stage = stageOf(tasks(all, keywords), minute, ended(0));
    await stage.deploy();

    const started = stage.transport.commands.filter(({ text }) => text.includes('reindex'));
    expect(started).toHaveLength(2);
    expect(new Set(started.map(({ options }) => options.step?.id)).size).toBe(2);
    for (const { options } of started)
      expect(options).toMatchObject({ become: true, env: { COLOUR: 'red' } });
    expect(stage.statusOf('wait')).toEqual(['changed']);
  });

  it('of which the command has nothing to do is a job that has ended', async () => {
    const text = tasks(wait).replace('command: reindex', 'command: { argv: reindex, creates: /srv/index }');
    const stage = stageOf(text, minute, ended(0));
    await stage.deploy();

    expect(stage.ran('reindex')).toBe(0);
    expect(stage.statusOf('wait')).toEqual(['ok']);
  });

  it('starts nothing in a dry run', async () => {
    const { stage } = await checkTasks(tasks(wait));
    expect(stage.ran('reindex')).toBe(0);
    expect([...stage.statusOf('start'), ...stage.statusOf('wait')]).toEqual(['changed', 'skipped']);
    await expect(checkTasks(tasks(wait, '\n  check_mode: false'))).rejects.toMatchObject({
      code: 'playbook.changes_in_dry_run',
    });
  });
});

describe('a job whose start lost its connection', () => {
  const starting = (record?: StepRecord): TaskStage => {
    const stage = new TaskStage(tasks(wait));
    let times = 0;
    stage.transport.when(({ text, options: { step } }) => {
      if (!text.includes('reindex') || step === undefined) return undefined;
      times += 1;
      const { records } = stage.transport;
      void stage.world.clock.sleep(5 * minute).then(() => records.set(step.id, ended(0)));
      if (times > 1) return undefined;
      if (record !== undefined) records.set(step.id, record);
      return { outcome: lost };
    });
    return stage;
  };

  it('has begun when its host says so, and is not started again', async () => {
    const stage = starting({ state: 'running', pid: 7 });
    await stage.deploy();
    expect(stage.ran('reindex')).toBe(1);
    expect(stage.statusOf('start')).toEqual(['changed']);
    expect(stage.ended('start')[0]?.duration).toBeLessThan(minute);
    expect(stage.statusOf('wait')).toEqual(['changed']);
  });

  it('is started under the same id when its host says that it never began', async () => {
    const stage = starting({ state: 'absent' });
    await stage.deploy();
    const ids = stage.transport.commands.flatMap(({ text, options }) =>
      text.includes('reindex') ? [options.step?.id] : [],
    );
    expect(ids).toHaveLength(2);
    expect(new Set(ids).size).toBe(1);
    expect(turns(stage)).toEqual(['ok']);
  });

  it('may run as long as its limit when its host does not answer: so long nothing is restored, and the lease is kept', async () => {
    const stage = new TaskStage(tasks());
    stage.transport.when(({ text, host }) => {
      if (!text.includes('reindex')) return undefined;
      stage.world.host(host.id).lose();
      return { outcome: lost };
    });
    await stage.deploy();
    expect(stage.statusOf('start')).toEqual(['unreachable']);
    expect(stage.world.clock.elapsed()).toBeGreaterThanOrEqual(60 * minute);
  });
});

it('a host that cannot run a job says so, and starts nothing', async () => {
  const stage = new TaskStage(tasks(wait));
  stage.says('reindex', { record: 'none' });
  await stage.deploy();
  expect(stage.ended('start')[0]?.error?.code).toBe('job.not_possible');
  expect(stage.ended('wait')).toEqual([]);
});

describe('a turn that fails while its job runs', () => {
  const replaced = `- docker_image: { image: "{{ release.image }}", containers: "{{ containers }}" }
- docker_container: { image: "{{ release.image }}", containers: "{{ containers }}" }
`;
  const workers: StageOptions = { groupVars: { target_groups: 'none' } };

  it('is restored once the job is over', async () => {
    const stage = stageOf(`${replaced}${tasks('- fail: { msg: no }')}`, 20 * minute, ended(0), workers);
    await stage.deploy();
    expect(since(stage, 'restore.started')).toBeGreaterThanOrEqual(20 * minute);
    expect((await stage.later())[0]).toContain('v1 running');
  });

  it('ends the job when the run is stopped, and restores at once', async () => {
    const stage = stageOf(`${replaced}${tasks('- pause: 30m')}`, 50 * minute, ended(0), workers);
    stage.atTask('i-1', 'pause', 'task.started', () => stage.interrupt());
    await stage.deploy();
    expect([...stage.transport.records.values()]).toContainEqual({
      state: 'interrupted',
      reason: 'it was stopped',
    });
    expect(since(stage, 'restore.started')).toBeLessThan(minute);
    expect(warnings(stage).join()).toContain('was ended because the run was stopped');
    expect((await stage.later())[0]).toContain('v1 running');
  });

  it('of a host that is lost is restored when the job can change nothing any more', async () => {
    const stage = stageOf(`${replaced}${tasks('- name: other\n  shell: other')}`, 0, undefined, workers);
    stage.transport.when(({ text, host }) => {
      if (!text.includes('other')) return undefined;
      stage.world.host(host.id).lose();
      void stage.world.clock.sleep(30 * minute).then(() => {
        for (const id of stage.transport.records.keys()) stage.transport.records.set(id, ended(0));
        stage.world.host(host.id).find();
      });
      return { outcome: lost };
    });
    await stage.deploy();
    expect(since(stage, 'restore.started')).toBeGreaterThanOrEqual(30 * minute);
    expect((await stage.later())[0]).toContain('v1 running');
  });
});

it('a host is put in service once its jobs are over', async () => {
  const stage = stageOf(
    `- docker_image: { image: "{{ release.image }}", containers: "{{ containers }}" }
- elb_target: { target_groups: [api-http], state: drained }
${tasks('- elb_target: { target_groups: [api-http], state: in_service }')}`,
    20 * minute,
    ended(0),
  );
  await stage.deploy();
  const [drained, returned] = stage.told('task.ended').filter(({ task }) => task.module === 'elb_target');
  expect((returned?.at ?? 0) - (drained?.at ?? 0)).toBeGreaterThanOrEqual(20 * minute);
  expect(turns(stage)).toEqual(['ok']);
});

describe('async_status', () => {
  it.each([
    ['a job that is none', 'nonsense', 'playbook.unknown_job', 'ansible_job_id'],
    ['a job that is misspelt', '{{ job.ansible_job_id }}x', 'playbook.unknown_job', 'Did you mean'],
  ])('refuses %s, at its place', async (_, jid, code, hint) => {
    const stage = stageOf(tasks(wait.replace('{{ job.ansible_job_id }}', jid)), minute, ended(0));
    await stage.deploy();
    const error = stage.ended('wait')[0]?.error;
    expect(error?.code).toBe(code);
    expect(error?.hint).toContain(hint);
    expect(error?.at).toMatchObject({ file: 'playbooks/deploy.yml', line: 9, column: 28 });
  });

  it('refuses the job of another host, unless it is delegated there', async () => {
    const options = { hosts: 2, rollout: { serial: 2 } };
    const elsewhere = wait.replace('job.ansible_job_id', 'hostvars.i-1.job.ansible_job_id');
    const refused = stageOf(tasks(elsewhere), minute, ended(0), options);
    const delegated = stageOf(tasks(`${elsewhere}\n  delegate_to: i-1`), minute, ended(0), options);
    await refused.deploy();
    await delegated.deploy();

    const [error] = refused.ended('wait').flatMap((one) => one.error ?? []);
    expect(error?.code).toBe('playbook.job_elsewhere');
    expect(error?.hint).toContain('delegate_to: i-1');
    expect(error?.at?.line).toBe(9);
    expect(delegated.statusOf('wait')).toEqual(['changed', 'changed']);
  });

  it('refuses mode: cleanup, with what to do', async () => {
    const stage = stageOf(tasks(wait.replace('}" }', '}", mode: cleanup }')), minute, ended(0));
    await expect(stage.deploy()).rejects.toMatchObject({
      code: 'playbook.unknown_argument',
      hint: expect.stringContaining('Leave a task with mode: cleanup out') as string,
      at: { line: 9, column: 56 },
    });
  });
});
