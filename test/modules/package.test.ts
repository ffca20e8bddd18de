import { describe, expect, it } from 'vitest';
import type { ModuleResult } from '../../src/modules/module.js';
import type { CommandResult } from '../../src/ports/transport.js';
import { World } from '../fakes/world/world.js';
import { FakeModuleHost } from './fake-module-host.js';

/** A host with another manager than apt, which has these packages; `newer` are lines of its look. */
function stage(manager: string, there: readonly string[], newer: readonly string[] = []) {
  const world = new World();
  const host = new FakeModuleHost(world, world.addHost('h1'));
  const changes: string[] = [];
  let change: Partial<CommandResult> = {};
  host.transport.when(({ command }) => {
    const [, , script = '', , ...args] = 'argv' in command ? command.argv : [];
    if (script.includes('check-update')) {
      const asked = args.slice(2).filter((name) => there.includes(name));
      const lines = [
        `found ${manager}`,
        `manager ${manager}`,
        ...asked.map((name) => `there ${name}`),
        ...newer.map((one) => `newer ${one}`),
      ];
      return { stdout: `${lines.join('\n')}\n` };
    }
    changes.push(args.join(' '));
    return change;
  });
  const run = async (args: object): Promise<ModuleResult> => {
    const checked = await host.check('package', args);
    return checked.changes ? checked.apply() : checked.result;
  };
  return { host, changes, run, fails: (result: Partial<CommandResult>) => (change = result) };
}

describe('package', () => {
  it.each([
    ['dnf', { name: ['curl', 'jq'] }, ['dnf -y install jq']],
    ['yum', { name: ['curl', 'jq'] }, ['yum -y install jq']],
    ['apk', { name: ['curl', 'jq'] }, ['apk add --wait 60 jq']],
    ['dnf', { name: 'curl' }, []],
    ['dnf', { name: 'curl, jq', state: 'absent' }, ['dnf -y remove curl']],
    ['apk', { name: 'curl', state: 'removed' }, ['apk del --wait 60 curl']],
    ['dnf', { name: 'jq', state: 'absent' }, []],
    ['dnf', { name: 'curl', state: 'latest' }, []],
    ['dnf', { name: 'jq', state: 'latest' }, ['dnf -y install jq']],
  ])('by %s, %j: %j', async (manager, args, expected) => {
    const { run, changes } = stage(manager, ['curl']);
    expect(await run(args)).toMatchObject({ changed: expected.length > 0 });
    expect(changes).toEqual(expected);
  });

  it.each([
    ['dnf', ['curl.x86_64 8.0-1'], { name: 'curl' }, 'dnf -y install curl'],
    ['apk', ['curl-7.0-r0 8.0-r0'], { name: 'curl' }, 'apk add --wait 60 --upgrade curl'],
    ['dnf', ['curl.x86_64 8.0-1'], { name: '*' }, 'dnf -y upgrade'],
  ])('upgrades by %s what has a newer version', async (manager, newer, args, expected) => {
    const { run, changes } = stage(manager, ['curl'], newer);
    expect(await run({ ...args, state: 'latest' })).toMatchObject({ changed: true });
    expect(changes).toEqual([expected]);
  });

  it("tells the manager's own words, and what helps", async () => {
    const { run, fails } = stage('dnf', []);
    fails({
      outcome: { kind: 'exited', code: 1 },
      stderr:
        'Error: This command has to be run with superuser privileges (requested operation requires superuser)\n',
    });
    expect((await run({ name: 'jq' })).failure).toMatchObject({
      code: 'package.failed',
      host: 'h1',
      hint: 'Write become: true.',
    });
  });

  it('on a host without any known manager is an error', async () => {
    const { host } = stage('none', []);
    host.transport.when(() => ({ outcome: { kind: 'exited', code: 3 }, stdout: 'found\n' }));
    await expect(host.check('package', { name: 'jq' })).rejects.toMatchObject({ code: 'package.no_manager' });
  });

  it.each([{ name: '*' }, { name: '--root=/' }, { name: 'a; b' }])('refuses %j', async (args) => {
    await expect(stage('dnf', []).host.check('package', args)).rejects.toThrow();
  });
});
