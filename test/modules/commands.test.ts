import { describe, expect, it } from 'vitest';
import type { CheckedTask, ModuleResult } from '../../src/modules/module.js';
import type { CommandResult, Outcome } from '../../src/ports/transport.js';
import { World } from '../fakes/world/world.js';
import { FakeModuleHost } from './fake-module-host.js';

function stage(result: Partial<CommandResult> = {}) {
  const world = new World();
  const fake = world.addHost('h1');
  const host = new FakeModuleHost(world, fake);
  host.transport.when(({ text }) => (text.startsWith('test -e') ? undefined : result));
  return { fake, host, commands: () => host.transport.commands };
}

const applied = async (checked: CheckedTask): Promise<ModuleResult> =>
  checked.changes ? checked.apply() : checked.result;

describe.each(['command', 'shell'])('%s', (module) => {
  const run = async (result: Partial<CommandResult>): Promise<ModuleResult> =>
    applied(await stage(result).host.check(module, { [module === 'command' ? 'argv' : 'cmd']: 'deploy it' }));

  it("keeps the result in Ansible's words", async () => {
    const result = await run({ stdout: 'one\ntwo\n', stderr: 'careful\n', duration: 1_234 });
    expect(result).toMatchObject({ changed: true, output: 'one\ntwo\ncareful\n' });
    expect(result.failure).toBeUndefined();
    expect(result.values).toEqual({
      rc: 0,
      outcome: 'exited',
      stdout: 'one\ntwo',
      stderr: 'careful',
      stdout_lines: ['one', 'two'],
      duration_ms: 1_234,
      truncated: false,
    });
  });

  it('has no lines where nothing was printed', async () => {
    expect((await run({})).values).toMatchObject({ stdout: '', stdout_lines: [] });
  });

  it.each<[Outcome, string, string]>([
    [{ kind: 'exited', code: 3 }, 'command.failed', 'The command exited with 3: no such thing.'],
    [
      { kind: 'signalled', signal: 'SIGKILL' },
      'command.failed',
      'The command was killed by SIGKILL: no such thing.',
    ],
    [{ kind: 'timed_out' }, 'command.failed', 'The command timed out: no such thing.'],
    [{ kind: 'cancelled' }, 'command.failed', 'The command was cancelled: no such thing.'],
    [
      { kind: 'unknown', reason: 'connection lost' },
      'command.unknown',
      'The command has an unknown outcome: connection lost: no such thing.',
    ],
  ])('fails when it %j', async (outcome, code, message) => {
    const { failure, values } = await run({ outcome, stderr: 'first\nno such thing\n' });
    expect(failure).toMatchObject({ code, message, host: 'h1' });
    // Only who exited has an exit code: nobody shall take an unknown outcome for 0.
    expect('rc' in values).toBe(outcome.kind === 'exited');
  });

  it('in a check says what it would run, and runs nothing', async () => {
    const { host, commands } = stage();
    const args = { [module === 'command' ? 'argv' : 'cmd']: 'migrate' };
    expect(await host.check(module, args)).toMatchObject({
      changes: true,
      summary: 'run migrate',
      takes: [],
    });
    expect(commands()).toEqual([]);
  });

  it('hands over the folder, the input and the time', async () => {
    const { host, commands } = stage();
    const args = {
      [module === 'command' ? 'argv' : 'cmd']: 'load',
      chdir: '/srv',
      stdin: 'x',
      timeout: '5m',
    };
    await applied(await host.check(module, args));
    expect(commands()[0]?.options).toEqual({ cwd: '/srv', stdin: 'x', timeout: 300_000 });
  });

  describe.each([
    ['creates', true],
    ['removes', false],
  ] as const)('with %s', (condition, skipsWhenThere) => {
    const args = { [module === 'command' ? 'argv' : 'cmd']: 'make it', [condition]: '/srv/it' };
    const withTest = (outcome: Outcome) => {
      const given = stage();
      given.host.transport.when(({ text }) => (text === 'test -e /srv/it' ? { outcome } : undefined));
      return given;
    };

    it.each([0, 1])('looks whether the path is there (test exits with %i)', async (code) => {
      const { host } = withTest({ kind: 'exited', code });
      const checked = await host.check(module, args);
      expect(checked.changes).toBe((code === 0) !== skipsWhenThere);
      if (!checked.changes) expect(checked.result).toMatchObject({ changed: false, values: { rc: 0 } });
    });

    it.each([
      ['it', '/srv', '/srv/it'],
      ['it', '/', '/it'],
      ['it', 'app/', 'app/it'],
      ['/srv/it', '/elsewhere', '/srv/it'],
    ])('finds %s where the command, in %s, would find it', async (path, chdir, looked) => {
      const { host, commands } = stage();
      await host.check(module, { ...args, [condition]: path, chdir });
      expect(commands()[0]?.text).toBe(`test -e ${looked}`);
    });

    it('neither runs nor passes for done when nobody knows whether the path is there', async () => {
      const { host, commands } = withTest({ kind: 'unknown', reason: 'connection lost' });
      await expect(host.check(module, args)).rejects.toThrow('has an unknown outcome: connection lost');
      expect(commands().map(({ text }) => text)).toEqual(['test -e /srv/it']);
    });
  });
});

describe('command', () => {
  it.each([
    ['a list', ['echo', 'a b', '$HOME']],
    ['a line', "echo 'a b' $HOME"],
  ])('runs the very words of %s, without a shell', async (_, argv) => {
    const { host, commands } = stage();
    await applied(await host.check('command', { argv }));
    expect(commands()[0]?.command).toEqual({ argv: ['echo', 'a b', '$HOME'] });
  });
});

describe('shell', () => {
  it('gives the whole script to sh, and shows only its first line', async () => {
    const { host, commands } = stage();
    const checked = await host.check('shell', { cmd: 'set -e\nmigrate\n' });
    expect(checked).toMatchObject({ summary: 'run set -e …' });
    await applied(checked);
    expect(commands()[0]?.command).toEqual({ script: 'set -e\nmigrate\n' });
  });
});

describe('command', () => {
  it.each([
    ['echo x >> /tmp/trace', ['echo', 'x', '>>', '/tmp/trace'], '>>'],
    ['make && make install', ['make', '&&', 'make', 'install'], '&&'],
    ['find / -exec ls {} \\;', ['find', '/', '-exec', 'ls', '{}', ';'], undefined],
  ])('gives what a shell would take for an operator to the program: %s', async (line, argv, operator) => {
    const { host, commands } = stage();
    await applied(await host.check('command', { argv: line }));
    expect(commands().map(({ command }) => command)).toEqual([{ argv }]);
    expect(host.warned.map((message) => message.includes(`no shell: ${operator ?? ''} `))).toEqual(
      operator === undefined ? [] : [true],
    );
  });
});
