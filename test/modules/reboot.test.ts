import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { bootOf, requestRestart } from '../../src/modules/boot.js';
import { World } from '../fakes/world/world.js';
import type { CommandResult } from '../../src/ports/transport.js';
import { FakeModuleHost } from './fake-module-host.js';
import { hostShells, realHost } from './real-host.js';

const exited = (code: number, stderr = ''): Partial<CommandResult> => ({
  outcome: { kind: 'exited', code },
  stderr,
});

/** A host that restarts at once when it is asked to, unless the test says otherwise. */
function stage(request: Partial<CommandResult> = {}) {
  const world = new World();
  const fake = world.addHost('h1');
  const host = new FakeModuleHost(world, fake);
  const waits: number[] = [];
  const sleep = world.clock.sleep.bind(world.clock);
  world.clock.sleep = (length, signal) => {
    waits.push(length);
    return sleep(length, signal);
  };
  host.transport.when(({ text }) => {
    if (!text.includes('boot_id')) return undefined;
    if (!text.includes('shutdown')) return { stdout: `boot-${fake.boots}\n` };
    if (request.outcome?.kind !== 'exited' || request.outcome.code === 0) fake.reboot(1_500, 'terminated');
    return request;
  });
  const run = async (args: object) => {
    const checked = await host.check('reboot', args);
    if (!checked.changes) throw new Error('a restart is always a change');
    return world.clock.run(checked.apply());
  };
  return { world, fake, host, run, waits };
}

describe('reboot', () => {
  it('wants the host out of service, and tells how long it took', async () => {
    const { fake, host, run } = stage();
    const result = await run({});
    expect(host.takenDown).toEqual([expect.stringMatching(/^reboot, away for 10 ?m/)]);
    expect(fake.boots).toBe(1);
    expect(result).toMatchObject({ changed: true, values: { rebooted: true, elapsed: 3 } });
  });

  it.each([
    ['is in the middle', { outcome: { kind: 'unknown', reason: 'connection lost' } }],
    ['is taken for an interruption', { outcome: { kind: 'interrupted', reason: 'restarted' } }],
    ['kills the request', { outcome: { kind: 'signalled', signal: 'TERM' } }],
  ] satisfies readonly (readonly [string, Partial<CommandResult>])[])(
    'is done when the end of the connection %s',
    async (_, request) => {
      const { fake, run } = stage(request);
      expect(await run({})).toMatchObject({ changed: true });
      expect(fake.boots).toBe(1);
    },
  );

  it.each([
    [exited(3, '\nadfpush-failed:not_root\n'), { code: 'reboot.refused', hint: 'Write become: true.' }],
    [
      exited(3, 'Failed to talk to init daemon.\n\nadfpush-failed:refused\n'),
      { message: 'The host was not restarted: Failed to talk to init daemon.' },
    ],
  ])('tells at once what the host says against it', async (request, error) => {
    const { run, waits } = stage(request);
    await expect(run({})).rejects.toMatchObject(error);
    expect(waits.reduce((sum, one) => sum + one, 0)).toBe(0);
  });

  it('waits before and after, and tells those who are logged in first', async () => {
    const { host, run, waits } = stage();
    await run({ pre_reboot_delay: 60, post_reboot_delay: '30s', msg: "it's time" });
    expect(waits.slice(0, 2)).toEqual([60_000, 30_000]);
    const [announcement, request] = host.transport.commands
      .map(({ text }) => text)
      .filter((text) => text.includes("it'\\''s time"));
    expect(announcement).toContain('wall');
    expect(request).toContain('shutdown');
  });

  it('is over once the test command succeeds', async () => {
    const { host, run } = stage();
    let tests = 0;
    host.transport.when(({ text }) =>
      text === 'systemctl is-active docker' ? exited((tests += 1) < 4 ? 3 : 0) : undefined,
    );
    await run({ test_command: 'systemctl is-active docker' });
    expect(tests).toBe(4);
  });

  it('that never passes its test fails with its last words', async () => {
    const { host, run } = stage();
    host.transport.when(({ text }) => (text === 'check' ? exited(4, 'docker is activating\n') : undefined));
    await expect(run({ test_command: 'check', reboot_timeout: 30 })).rejects.toMatchObject({
      code: 'reboot.test_failed',
      message: expect.stringMatching(/within 30 ?s: it exited with 4: docker is activating\.$/) as unknown,
    });
  });

  it('that does not happen is told so', async () => {
    const { fake, run } = stage();
    fake.reboot = () => undefined;
    await expect(run({ reboot_timeout: 30 })).rejects.toMatchObject({ code: 'reboot.not_restarted' });
  });
});

describe.each(hostShells)('the restart of a host whose sh is %s', (_, transport) => {
  const real = realHost(transport);
  /** Programs that write down that they were called, before all others of the same name. */
  const asUser = (user: number, programs: readonly string[]): void => {
    mkdirSync(real.path('bin'));
    for (const [name, body] of [
      ['id', `echo ${user}`],
      ...['shutdown', 'reboot', 'wall'].map((name) => [
        name,
        `${programs.includes(name) ? '' : 'echo refused >&2; exit 1; '}echo "$0 $*" >>${real.path('called')}`,
      ]),
    ] as const) {
      writeFileSync(real.path(`bin/${name}`), `#!/bin/sh\n${body}\n`);
      chmodSync(real.path(`bin/${name}`), 0o755);
    }
    const { host } = real;
    host.runStep = (command, options) =>
      host.run(
        'script' in command ? { script: `PATH=${real.path('bin')}:$PATH\n${command.script}` } : command,
        options,
      );
  };
  const called = (): string =>
    existsSync(real.path('called'))
      ? readFileSync(real.path('called'), 'utf8').replaceAll(`${real.path('bin')}/`, '')
      : '';

  it('is asked for once, of the boot that it is for', async () => {
    asUser(0, ['shutdown']);
    const boot = await bootOf(real.host);
    expect(await bootOf(real.host)).toBe(boot);
    expect(boot).toMatch(/^[0-9a-f-]{36}(\.\d+)?$/);
    await requestRestart('another boot', 'now', 5_000, real.host);
    expect(called()).toBe('');
    await requestRestart(boot, "it's $HOME time", 5_000, real.host);
    expect(called()).toBe("shutdown -r now it's $HOME time\n");
  });

  it('is refused to users who are not root', async () => {
    asUser(1_000, ['shutdown']);
    const request = requestRestart(await bootOf(real.host), 'now', 5_000, real.host);
    await expect(request).rejects.toMatchObject({ hint: 'Write become: true.' });
    expect(called()).toBe('');
  });

  it('that shutdown refuses is told with its words', async () => {
    asUser(0, []);
    const request = requestRestart(await bootOf(real.host), 'now', 5_000, real.host);
    await expect(request).rejects.toMatchObject({ message: 'The host was not restarted: refused.' });
  });
});
