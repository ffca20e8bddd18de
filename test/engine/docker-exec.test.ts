import { describe, expect, it } from 'vitest';
import { connectionLost } from '../../src/errors/ssh.js';
import { TaskStage } from './run-tasks.js';

describe('a command in a container', () => {
  const tasks =
    "- name: look\n  docker_exec: { container: api, argv: 'printf hi', env: { KEY: v }, stdin: in }\n  register: looked";

  it('is run through the Engine, once', async () => {
    const stage = new TaskStage(tasks);
    const [host] = stage.hosts;
    if (host === undefined) throw new Error('no host');
    host.objects.execResult = { code: 0, stdout: 'hi', stderr: '' };
    await stage.deploy();
    expect(stage.statusOf('look')).toEqual(['changed']);
    expect(host.objects.ran).toMatchObject([
      { container: 'api', command: { argv: ['printf', 'hi'], env: { KEY: 'v' } }, stdin: 'in' },
    ]);
  });

  it('that exits with another code than 0 fails', async () => {
    const stage = new TaskStage(tasks);
    for (const host of stage.hosts)
      host.objects.execResult = { code: 3, stdout: '', stderr: 'no such thing\n' };
    await stage.deploy();
    expect(stage.statusOf('look')).toEqual(['failed']);
    expect(stage.messageOf('look')).toContain('exited with 3: no such thing');
  });

  it.each([
    ['before it reached the Engine', 'before'],
    ['after the Engine had run it', 'after'],
    ['and comes late, while the Engine is asked', 'late'],
  ] as const)('runs once when the connection is lost %s', async (_, when) => {
    const stage = new TaskStage(tasks);
    const { clock, calls } = stage.world;
    let isLost = false;
    calls.intercept = async (call, proceed) => {
      if (call.method !== 'startExec' || isLost) return proceed();
      isLost = true;
      if (when === 'after') await proceed();
      if (when === 'late') clock.after(1, () => void proceed().catch(() => undefined), true);
      await clock.sleep(2);
      throw connectionLost(stage.host('i-1').host, 'read ECONNRESET');
    };
    for (const host of stage.hosts) host.objects.execResult = { code: 0, stdout: 'hi', stderr: '' };
    await stage.deploy();
    expect(stage.host('i-1').objects.ran).toHaveLength(1);
    expect(stage.statusOf('look')).toEqual(['changed']);
  });

  it('is never taken for a success when its Engine forgot it', async () => {
    const stage = new TaskStage(tasks);
    stage.world.calls.intercept = async (call, proceed) => {
      if (call.method === 'exec') return undefined as never;
      return proceed();
    };
    await stage.deploy();
    expect(stage.host('i-1').objects.ran).toHaveLength(1);
    expect(stage.statusOf('look')).toEqual(['failed']);
  });
});
