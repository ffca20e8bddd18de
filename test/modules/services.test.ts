import { describe, expect, it } from 'vitest';
import type { ModuleResult } from '../../src/modules/module.js';
import { World } from '../fakes/world/world.js';
import { FakeModuleHost } from './fake-module-host.js';
import { FakeSystemd, type FakeUnit } from './fake-systemd.js';

function stage(units: Readonly<Record<string, FakeUnit>> = {}) {
  const world = new World();
  const host = new FakeModuleHost(world, world.addHost('h1'));
  const systemd = new FakeSystemd();
  for (const [name, unit] of Object.entries(units)) systemd.units.set(name, unit);
  host.transport.when(systemd.script);
  const run = async (module: string, args: object): Promise<ModuleResult> => {
    const checked = await host.check(module, args);
    return checked.changes ? checked.apply() : checked.result;
  };
  return { host, systemd, run };
}

const running = (): FakeUnit => ({ active: 'active', enablement: 'enabled' });
const stopped = (): FakeUnit => ({ active: 'inactive', enablement: 'disabled' });

describe.each(['service', 'systemd'])('%s', (module) => {
  it.each([
    [stopped(), { state: 'started' }, ['start']],
    [running(), { state: 'started' }, []],
    [running(), { state: 'stopped' }, ['stop']],
    [stopped(), { state: 'stopped' }, []],
    [{ active: 'failed', enablement: 'disabled' } as const, { state: 'stopped' }, []],
    [{ active: 'failed', enablement: 'disabled' } as const, { state: 'started' }, ['start']],
    [running(), { state: 'reloaded' }, ['reload']],
    [stopped(), { state: 'reloaded' }, ['start']],
    [running(), { state: 'restarted' }, ['restart']],
    [stopped(), { state: 'started', enabled: true }, ['enable', 'start']],
    [running(), { state: 'stopped', enabled: false }, ['disable', 'stop']],
    [{ active: 'active', enablement: 'static' } as const, { enabled: true }, []],
    [{ active: 'active', enablement: 'static' } as const, { enabled: false }, []],
  ])('a unit that is %j, with %j: %j', async (unit, args, actions) => {
    const { systemd, run } = stage({ nginx: { ...unit } });
    const result = await run(module, { name: 'nginx', ...args });
    expect(systemd.done).toEqual(actions.map((action) => `system ${action} nginx`));
    expect(result).toMatchObject({ changed: actions.length > 0, values: { name: 'nginx' } });
    const isLasting = !['reloaded', 'restarted'].includes((args as { state?: string }).state ?? '');
    if (isLasting) expect(await run(module, { name: 'nginx', ...args })).toMatchObject({ changed: false });
  });

  it('says whether it runs and begins with the machine', async () => {
    const { run } = stage({ nginx: stopped() });
    const { values } = await run(module, { name: 'nginx', state: 'started', enabled: true });
    expect(values).toMatchObject({ name: 'nginx', state: 'started', enabled: true });
  });

  it('that there is none is an error with the nearest name, and unknown in a dry run', async () => {
    const { host, run } = stage({ nginx: running() });
    await expect(run(module, { name: 'ngnix', state: 'started' })).rejects.toMatchObject({
      code: 'service.not_found',
      host: 'h1',
      hint: expect.stringContaining('nginx') as unknown,
    });
    host.checkMode = true;
    expect(await host.check(module, { name: 'ngnix', state: 'started' })).toHaveProperty('unknown');
  });

  it('a service that ends at once is a failure with its last words', async () => {
    const { run } = stage({ nginx: { ...stopped(), crashes: true } });
    await expect(run(module, { name: 'nginx', state: 'started' })).rejects.toMatchObject({
      code: 'service.did_not_stay',
      message: expect.stringContaining('cannot bind to port 80') as unknown,
    });
  });

  it('one that cannot be reloaded is an error that says what to write', async () => {
    const { run } = stage({ nginx: { ...running(), canReload: false } });
    await expect(run(module, { name: 'nginx', state: 'reloaded' })).rejects.toMatchObject({
      hint: expect.stringContaining('restarted') as unknown,
    });
  });

  it('wants the host out of service before the Docker Engine stops', async () => {
    const { host, run } = stage({ docker: running() });
    await run(module, { name: 'docker', state: 'restarted' });
    expect(host.takenDown).toEqual(['restart docker']);
    await run(module, { name: 'docker', state: 'started' });
    expect(host.takenDown).toHaveLength(1);
  });

  it('does nothing in a dry run', async () => {
    const { host, systemd } = stage({ nginx: stopped() });
    host.checkMode = true;
    expect(await host.check(module, { name: 'nginx', state: 'started' })).toMatchObject({
      changes: true,
      summary: 'start nginx',
    });
    expect(systemd.done).toEqual([]);
  });
});

describe('systemd', () => {
  it('reads its files first, and finds the unit that they bring', async () => {
    const { systemd, run } = stage();
    systemd.unread.set('api', stopped());
    const result = await run('systemd', { name: 'api', state: 'started', daemon_reload: true });
    expect(systemd.done).toEqual(['system daemon-reload', 'system start api']);
    expect(result.changed).toBe(true);
  });

  it('that only read its files has changed nothing', async () => {
    const { host, systemd, run } = stage({ nginx: running() });
    expect(await run('systemd', { daemon_reload: true })).toMatchObject({ changed: false });
    expect(await run('systemd', { name: 'nginx', state: 'started', daemon_reload: true })).toMatchObject({
      changed: false,
    });
    expect(systemd.done).toEqual(['system daemon-reload', 'system daemon-reload']);
    host.checkMode = true;
    expect(await host.check('systemd', { daemon_reload: true })).toMatchObject({ changes: false });
  });

  it('masks and unmasks', async () => {
    const { systemd, run } = stage({ nginx: running() });
    await run('systemd', { name: 'nginx', state: 'stopped', masked: true });
    expect(await run('systemd', { name: 'nginx', masked: true })).toMatchObject({ changed: false });
    await run('systemd', { name: 'nginx', masked: false, state: 'started' });
    expect(systemd.done).toEqual(
      ['stop', 'mask', 'unmask', 'start'].map((action) => `system ${action} nginx`),
    );
  });

  it("asks the user's own systemd", async () => {
    const { systemd, run } = stage({ app: stopped() });
    await run('systemd', { name: 'app', state: 'started', scope: 'user' });
    expect(systemd.done).toEqual(['user start app']);
  });

  it.each([
    [{ state: 'started' }, 'is needed for state'],
    [{ name: 'a', masked: true, state: 'started' }, 'a masked unit can only be stopped'],
    [{ name: 'a', scope: 'global', state: 'started' }, 'scope: global'],
    [{ name: 'a b' }, 'one unit'],
  ])('refuses %j', async (args, words) => {
    await expect(stage().host.check('systemd', args)).rejects.toThrow(words);
  });

  it('where systemd is not in charge names the module that does', async () => {
    const { host } = stage();
    host.transport.when(() => ({ outcome: { kind: 'exited', code: 3 } }));
    await expect(host.check('systemd', { name: 'nginx', state: 'started' })).rejects.toMatchObject({
      code: 'service.no_manager',
      hint: expect.stringContaining('module service') as unknown,
    });
  });
});
