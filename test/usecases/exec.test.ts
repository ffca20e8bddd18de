import { describe, expect, it } from 'vitest';
import type { Event } from '../../src/events/event.js';
import type { CommandResult } from '../../src/ports/transport.js';
import { execWith, type ExecOptions } from '../../src/run/exec.js';
import type { RunResult } from '../../src/model/run-result.js';
import { environmentName } from '../../src/model/ids.js';
import { deployOptions, FleetStage } from '../stages/fleet-stage.js';

const exec = async (stage: FleetStage, given: Partial<ExecOptions> = {}): Promise<RunResult> => {
  const { project, environment, extraVars } = deployOptions;
  const options = { project, environment, extraVars, groups: ['api'], argv: ['uptime'], become: false };
  return stage.world.clock.run(execWith(await stage.ports(), { ...options, ...given }, stage.hooks));
};

const prints = (stage: FleetStage, results: Readonly<Record<string, Partial<CommandResult>>>): void =>
  stage.transport.when(({ host }) => results[host.id]);

const failing = (code: number, stdout = '', stderr = ''): Partial<CommandResult> => ({
  outcome: { kind: 'exited', code },
  stdout,
  stderr,
});

const ranAs = ({ transport }: FleetStage): readonly string[] =>
  transport.commands.map(
    ({ host, text, options: { become = false, becomeUser } }) =>
      `${host.id} ${text} as ${become ? (becomeUser ?? 'root') : 'deploy'}`,
  );

describe('exec', () => {
  it('tells of each host how its command ended, and what it printed', async () => {
    const stage = new FleetStage({ hosts: 3 });
    prints(stage, { 'i-1': { stdout: 'up\n' }, 'i-2': failing(7, 'a\n', 'no luck\n') });
    stage.host('i-3').lose();

    const result = await exec(stage);

    expect(result).toMatchObject({
      exit: 4,
      outcome: 'failed',
      hosts: [
        { name: 'i-1', status: 'ok', command: { outcome: 'exited', rc: 0, stdout: 'up', stderr: '' } },
        {
          name: 'i-2',
          status: 'failed',
          command: { outcome: 'exited', rc: 7, stdout: 'a', stderr: 'no luck' },
        },
        { name: 'i-3', status: 'failed', unreachable: 1 },
      ],
    });
    expect(result.hosts[2]).not.toHaveProperty('command');
    expect(stage.told('task.ended').map(({ host, rc }) => [host.id, rc])).toEqual(
      expect.arrayContaining([
        ['i-1', 0],
        ['i-2', 7],
        ['i-3', undefined],
      ]),
    );
  });

  it('never takes an unknown outcome for success, and does not run the command again', async () => {
    const stage = new FleetStage({ hosts: 1 });
    prints(stage, { 'i-1': { outcome: { kind: 'unknown', reason: 'cut' }, record: 'none' } });

    const result = await exec(stage);

    expect(result).toMatchObject({
      exit: 4,
      hosts: [{ command: { outcome: 'unknown' } }],
      errors: [{ code: 'command.unknown' }],
    });
    expect(result.hosts[0]?.command).not.toHaveProperty('rc');
    expect(ranAs(stage)).toHaveLength(1);
  });

  it('takes the words as they are: nothing in them is a template', async () => {
    const stage = new FleetStage({ hosts: 1 });
    await exec(stage, { argv: ['docker', 'ps', '--format', '{{ name }}'] });
    expect(ranAs(stage)).toEqual(['i-1 docker ps --format {{ name }} as deploy']);
  });

  it.each([
    [{ become: true }, 'root'],
    [{ become: true, becomeUser: 'postgres' }, 'postgres'],
  ])('runs the command as another user: %o', async (given, user) => {
    const stage = new FleetStage({ hosts: 1 });
    await exec(stage, given);
    expect(ranAs(stage)).toEqual([`i-1 uptime as ${user}`]);
  });

  it.each(['i-1:i-3', 'i-*:!i-2', '@retry'])('runs on the hosts that the limit %s leaves', async (limit) => {
    const stage = new FleetStage({ hosts: 3 });
    await stage.retry.keep(
      environmentName('test'),
      ['i-1', 'i-3'].map((id) => stage.host(id).host.id),
    );
    expect(await exec(stage, { limit })).toMatchObject({ exit: 0 });
    expect(ranAs(stage).toSorted()).toEqual(['i-1 uptime as deploy', 'i-3 uptime as deploy']);
  });

  it('is refused for @retry where no host failed', async () => {
    const stage = new FleetStage({ hosts: 1 });
    await expect(exec(stage, { limit: '@retry' })).rejects.toMatchObject({ code: 'ad_hoc.nothing_to_retry' });
  });

  it('gives a script to the hosts over stdin, with its arguments as they are', async () => {
    const script = '#!/usr/bin/env python3\nprint("{{ not a template }}")\n';
    const stage = new FleetStage({ hosts: 2, files: { '/home/ann/look.py': script } });
    expect(await exec(stage, { script: '/home/ann/look.py', argv: ['a b', '{{ c }}'] })).toMatchObject({
      exit: 0,
    });
    const [ran, ...more] = stage.transport.commands;
    expect(more).toHaveLength(1);
    expect(ran?.command).toMatchObject({
      argv: expect.arrayContaining(['/usr/bin/env', 'python3', 'a b', '{{ c }}']) as unknown,
    });
    expect(new TextDecoder().decode(ran?.options.stdin as Uint8Array)).toBe(script);
  });

  it.each(['/nowhere.sh', '/home/ann'])('refuses the script %s before any host is asked', async (script) => {
    const stage = new FleetStage({ hosts: 2, files: { '/home/ann/look.py': '' } });
    await expect(exec(stage, { script })).rejects.toMatchObject({
      code: 'cli.script_file',
      class: 'invalid',
    });
    expect(stage.world.calls.log.filter(({ port }) => port === 'transport')).toEqual([]);
  });
});

/** A command that takes a minute, and prints two pieces of one line at once. */
const slowly = (stage: FleetStage): void => {
  stage.transport.when(({ options: { onOutput } }) => {
    onOutput?.('stdout', 'half a ');
    onOutput?.('stdout', 'line\n');
    return { stdout: 'half a line\n', duration: 60_000 };
  });
};

const outputOf = (events: readonly Event[]): string =>
  events.flatMap((event) => (event.type === 'task.output' ? [event.text] : [])).join('');

describe('what exec tells while a command runs', () => {
  it('is what it prints, on one host', async () => {
    const stage = new FleetStage({ hosts: 1 });
    slowly(stage);
    await exec(stage);
    expect(outputOf(stage.events)).toBe('half a line\n');
  });

  it('is nothing of what it prints, on several hosts', async () => {
    const stage = new FleetStage({ hosts: 2 });
    slowly(stage);
    await exec(stage);
    expect(stage.told('task.output')).toEqual([]);
  });
});
