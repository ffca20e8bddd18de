import { describe, expect, it } from 'vitest';
import type { Outcome, StepRecord } from '../../src/ports/transport.js';
import { runTasks, TaskStage } from './run-tasks.js';

const lost: Outcome = { kind: 'unknown', reason: 'connection lost' };
const ended = (code: number, stdout = ''): StepRecord => ({
  state: 'ended',
  outcome: { kind: 'exited', code },
  stdout,
  stderr: '',
});

/** The connection is lost in the middle of `migrate`; `later` says what the host knows of it, the first time, the second … */
const losesMigrate =
  (...later: readonly StepRecord[]) =>
  (stage: TaskStage): void => {
    let times = 0;
    stage.transport.when(({ text, options: { step } }) => {
      if (!text.includes('migrate') || step === undefined) return undefined;
      const record = later[Math.min(times, later.length - 1)];
      times += 1;
      if (times > 1 && record === undefined) return undefined;
      if (record !== undefined) stage.transport.records.set(step.id, record);
      return times > later.length ? {} : { outcome: lost, stdout: 'before' };
    });
  };

/** The connection is lost each of the first times that `migrate` is run; `leaves` says what the host knows of it then. */
function losesTimes(stage: TaskStage, times: number, leaves: (step: string) => void): void {
  let left = times;
  stage.transport.when(({ text, options: { step } }) => {
    if (!text.includes('migrate') || step === undefined || left <= 0) return undefined;
    left -= 1;
    leaves(step.id);
    return { outcome: lost };
  });
}

const migrate = (keywords = ''): string => `- name: migrate\n  shell: migrate${keywords}`;

describe('a command whose connection is lost', () => {
  it('has ended as the record of its host says, with what there is of its output', async () => {
    const { stage } = await runTasks(
      `${migrate('\n  register: out')}\n- name: look\n  debug: { msg: "{{ out.rc }} {{ out.outcome }} {{ out.truncated }} {{ out.stdout }}" }`,
      losesMigrate(ended(0, 'after')),
    );

    expect(stage.statusOf('migrate')).toEqual(['changed']);
    expect(stage.messageOf('migrate')).toContain("the host's record");
    expect(stage.messageOf('look')).toMatch(/^0 exited true before\n.*connection was lost.*\nafter$/s);
    expect(stage.ran('migrate')).toBe(1);
  });

  it.each([
    [0, 'was interrupted: it exited with 0, but its stdin may not have reached it whole'],
    [3, 'exited with 3'],
  ])('has not ended well when it was given a stdin, and exited with %i', async (code, message) => {
    const { stage } = await runTasks(
      '- name: migrate\n  shell: { cmd: migrate, stdin: all of it }',
      losesMigrate(ended(code)),
    );

    expect(stage.statusOf('migrate')).toEqual(['failed']);
    expect(stage.ended('migrate')[0]?.error?.message).toContain(message);
    expect(stage.ran('migrate')).toBe(1);
  });

  it('has failed when the record says so', async () => {
    const { stage } = await runTasks(migrate(), losesMigrate(ended(3)));

    expect(stage.statusOf('migrate')).toEqual(['failed']);
    expect(stage.messageOf('migrate')).toContain('exited with 3');
  });

  it('is waited for while it still runs, however long that takes', async () => {
    const stage = new TaskStage(migrate());
    losesMigrate({ state: 'running', pid: 7 })(stage);
    const hour = 3_600_000;
    void stage.world.clock.sleep(hour).then(() => {
      for (const id of stage.transport.records.keys()) stage.transport.records.set(id, ended(0));
    });

    await stage.deploy();

    expect(stage.statusOf('migrate')).toEqual(['changed']);
    expect(stage.ran('migrate')).toBe(1);
    expect(stage.ended('migrate')[0]?.duration).toBeGreaterThanOrEqual(hour);
  });

  it.each(['', '\n  until: result.rc == 0\n  retries: 3', '\n  failed_when: "false"', '\n  loop: [a, b]'])(
    'that was interrupted has failed, and is not run again, with these keywords: "%s"',
    async (keywords) => {
      const { stage, result } = await runTasks(
        migrate(keywords),
        losesMigrate({ state: 'interrupted', reason: 'the host was restarted' }),
      );

      expect(stage.statusOf('migrate')).toEqual(['failed']);
      expect(stage.ended('migrate')[0]?.error).toMatchObject({
        code: 'command.interrupted',
        message: expect.stringContaining('was interrupted: the host was restarted') as string,
      });
      expect(stage.ran('migrate')).toBe(1);
      expect(result.exit).not.toBe(0);
    },
  );

  it('that never began is run, once, under the same id', async () => {
    const { stage } = await runTasks(migrate(), losesMigrate({ state: 'absent', upFor: 86_400_000 }));

    expect(stage.statusOf('migrate')).toEqual(['changed']);
    const ids = stage.transport.commands.flatMap(({ text, options }) =>
      text.includes('migrate') ? [options.step?.id] : [],
    );
    expect(ids).toHaveLength(2);
    expect(new Set(ids).size).toBe(1);
  });

  it('is not taken for one that never began when the host was restarted and may have lost its record', async () => {
    const { stage } = await runTasks(migrate(), losesMigrate({ state: 'absent', upFor: -1 }));

    expect(stage.ended('migrate')[0]?.error?.code).toBe('command.interrupted');
    expect(stage.ran('migrate')).toBe(1);
  });

  it('stays unknown when the host is not back within the reconnect time of its group', async () => {
    const { stage } = await runTasks(migrate(), (given) => given.ends('migrate', lost), {
      rollout: { reconnect: '90s' },
    });

    expect(stage.statusOf('migrate')).toEqual(['unreachable']);
    expect(stage.ended('migrate')[0]?.duration).toBeGreaterThanOrEqual(90_000);
    expect(stage.ended('migrate')[0]?.duration).toBeLessThan(120_000);
  });

  it('that runs beyond its own timeout is ended on its host, and has timed out', async () => {
    const { stage } = await runTasks(
      '- name: migrate\n  shell: { cmd: migrate, timeout: 60s }',
      losesMigrate({ state: 'running', pid: 7 }),
    );

    expect(stage.messageOf('migrate')).toContain('timed out');
    expect([...stage.transport.records.values()]).toEqual([
      expect.objectContaining({ state: 'interrupted' }),
    ]);
  });

  it('that never began, and is lost again when it is run, is run again under the same id', async () => {
    const { stage } = await runTasks(migrate(), (given) =>
      losesTimes(given, 3, (id) => given.transport.records.set(id, { state: 'absent' })),
    );

    expect(stage.statusOf('migrate')).toEqual(['changed']);
    expect(stage.ran('migrate')).toBe(4);
    expect(new Set(stage.transport.commands.map(({ options }) => options.step?.id)).size).toBe(1);
  });

  it('that never begins, however often it is run, has an unknown outcome when the reconnect time is over', async () => {
    const { stage } = await runTasks(
      migrate(),
      (given) => losesTimes(given, Infinity, (id) => given.transport.records.set(id, { state: 'absent' })),
      { rollout: { reconnect: '90s' } },
    );

    expect(stage.statusOf('migrate')).toEqual(['unreachable']);
    expect(stage.ended('migrate')[0]?.duration).toBeGreaterThanOrEqual(90_000);
    expect(stage.ended('migrate')[0]?.duration).toBeLessThan(150_000);
  });

  it('is waited for no longer when its host keeps no record of it: its outcome is unknown', async () => {
    const { stage, result } = await runTasks(migrate(), (given) =>
      given.says('migrate', { outcome: lost, record: 'none' }),
    );

    expect(result.exit).toBe(4);
    expect(stage.statusOf('migrate')).toEqual(['unreachable']);
    expect(stage.ended('migrate')[0]?.duration).toBeLessThan(1_000);
    expect(stage.ran('migrate')).toBe(1);
  });

  it('that runs beyond its own timeout on a host that does not answer has an unknown outcome', async () => {
    const { stage } = await runTasks('- name: migrate\n  shell: { cmd: migrate, timeout: 60s }', (given) => {
      losesMigrate({ state: 'running', pid: 7 })(given);
      given.at(
        ({ type }) => type === 'task.started',
        () => given.world.clock.after(30_000, () => given.host('i-1').lose(), true),
      );
    });

    expect(stage.statusOf('migrate')).toEqual(['unreachable']);
    expect([...stage.transport.records.values()]).toEqual([{ state: 'running', pid: 7 }]);
    expect(stage.ran('migrate')).toBe(1);
  });

  it('that runs beyond the timeout of its task is ended on its host', async () => {
    const { stage } = await runTasks(migrate('\n  timeout: 60'), losesMigrate({ state: 'running', pid: 7 }));

    expect(stage.statusOf('migrate')).toEqual(['failed']);
    expect([...stage.transport.records.values()]).toEqual([
      expect.objectContaining({ state: 'interrupted' }),
    ]);
  });
});

describe('the steps of a run', () => {
  it('have ids of their own on each host, for each item and each attempt, and the same ones in the same run', async () => {
    const idsOf = async (): Promise<readonly (string | undefined)[]> => {
      const { stage } = await runTasks(
        `${migrate('\n  loop: [a, b]')}\n- name: again\n  shell: again\n  until: result.attempts > 5\n  retries: 1\n  delay: 1\n  ignore_errors: true`,
        () => undefined,
        { hosts: 2 },
      );
      return stage.transport.commands.map(({ options }) => options.step?.id);
    };

    const ids = await idsOf();

    expect(ids).not.toContain(undefined);
    expect(ids).toHaveLength(8);
    expect(new Set(ids).size).toBe(8);
    expect([...(await idsOf())].sort()).toEqual([...ids].sort());
  });

  it('are the commands that change something, not those that look', async () => {
    const { stage } = await runTasks('- name: make\n  shell: { cmd: make it, creates: /srv/it }', (given) => {
      given.says('test -e', { outcome: { kind: 'exited', code: 1 } });
    });

    const isStep = (word: string): boolean | undefined =>
      stage.transport.commands.find(({ text }) => text.includes(word))?.options.step !== undefined;
    expect(isStep('make it')).toBe(true);
    expect(isStep('test -e')).toBe(false);
  });
});

describe('a command that still runs when its host is back, too late for its task', () => {
  const swapAndClean = `- docker_image: { image: "{{ release.image }}", containers: "{{ containers }}" }
- docker_container: { image: "{{ release.image }}", containers: "{{ containers }}" }
- name: migrate
  shell: migrate`;

  it('has ended before its host is restored, also when it timed out and could not be ended', async () => {
    const stage = new TaskStage(swapAndClean, { groupVars: { target_groups: 'none' } });
    const host = stage.host('i-1');
    stage.transport.when(({ text, options: { step } }) => {
      if (!text.includes('migrate') || step === undefined) return undefined;
      stage.transport.records.set(step.id, { state: 'running', pid: 7 });
      stage.world.clock.after(
        30_000,
        () => {
          stage.transport.records.set(step.id, ended(0));
          host.named('api')?.stop('program');
        },
        true,
      );
      return { outcome: { kind: 'timed_out' } };
    });

    expect(await stage.deploy()).toMatchObject({ exit: 4, named: [] });
    expect((await stage.later())[0]).toContain('v1 running');
  });

  it('has ended before what its host has is looked at, and restored', async () => {
    const stage = new TaskStage(swapAndClean, {
      groupVars: { target_groups: 'none' },
      rollout: { reconnect: '2s' },
    });
    const host = stage.host('i-1');
    const { clock } = stage.world;
    stage.transport.when(({ text, options: { step } }) => {
      if (!text.includes('migrate') || step === undefined) return undefined;
      stage.transport.records.set(step.id, { state: 'running', pid: 7 });
      host.lose();
      clock.after(3_000, () => host.find(), true);
      // The last thing that it does is to stop the container that serves.
      clock.after(
        60_000,
        () => {
          stage.transport.records.set(step.id, ended(0));
          host.named('api')?.stop('program');
        },
        true,
      );
      return { outcome: lost };
    });

    const result = await stage.deploy();

    expect(stage.statusOf('migrate')).toEqual(['unreachable']);
    expect(result).toMatchObject({ exit: 4, named: [] });
    expect((await stage.later())[0]).toContain('v1 running');
  });
});

/** The host is out of reach for so long, while the command goes on; it has ended when the host is back. */
async function awayFor(minutes: number, keywords: string): Promise<TaskStage> {
  const stage = new TaskStage(migrate(keywords));
  const { clock } = stage.world;
  stage.transport.when(({ host, text, options: { step } }) => {
    if (!text.includes('migrate') || step === undefined) return undefined;
    const gone = stage.world.host(host.id);
    gone.lose();
    stage.transport.records.set(step.id, { state: 'running', pid: 7 });
    void clock.sleep(minutes * 60_000).then(() => {
      gone.find();
      stage.transport.records.set(step.id, ended(0));
    });
    return { outcome: lost };
  });
  await stage.deploy();
  return stage;
}

describe('async', () => {
  it.each([
    [
      'waits for a host as long as the command may take',
      40,
      '\n  async: 3600\n  poll: 10',
      'changed',
      undefined,
    ],
    ['without it a host is waited for as long as its group says', 40, '', 'unreachable', 'command.unknown'],
    [
      'does not wait longer than the command may take',
      40,
      '\n  async: 20m',
      'unreachable',
      'command.unknown',
    ],
    ['of 0 is none', 40, '\n  async: 0', 'unreachable', 'command.unknown'],
  ])('%s', async (_, minutes, keywords, status, code) => {
    const stage = await awayFor(minutes, keywords);
    expect(stage.statusOf('migrate')).toEqual([status]);
    expect(stage.ended('migrate')[0]?.error?.code).toBe(code);
    expect(stage.ran('migrate')).toBe(1);
  });

  it.each([
    ['\n  async: 60', 60_000],
    ['\n  async: 1h\n  args: { timeout: 5m }', 300_000],
    ['\n  async: 60\n  args: { timeout: 5m }', 60_000],
  ])('limits the time of the command: %j', async (keywords, timeout) => {
    const { stage } = await runTasks(migrate(keywords));
    const [ran] = stage.transport.commands.filter(({ text }) => text.includes('migrate'));
    expect(ran?.options.timeout).toBe(timeout);
  });
});
