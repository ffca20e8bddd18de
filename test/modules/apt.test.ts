import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { beforeEach, describe, expect, it } from 'vitest';
import type { CheckedTask, ModuleResult } from '../../src/modules/module.js';
import type { RunOptions } from '../../src/ports/transport.js';
import { LocalConnection } from '../../src/transport/local-connection.js';
import { World } from '../fakes/world/world.js';
import { systemClock } from '../stages/system-clock.js';
import { thisMachine } from '../stages/host-shells.js';
import { FakeModuleHost } from './fake-module-host.js';
import { SandboxedApt } from './sandboxed-apt.js';

/** The module on this machine's own apt and dpkg, which work in a folder. */
describe.skipIf(!existsSync('/usr/bin/apt-get'))('apt', () => {
  let apt: SandboxedApt;
  beforeEach(() => {
    apt = new SandboxedApt();
  });

  function onHost(): FakeModuleHost {
    const world = new World();
    const host = new FakeModuleHost(world, world.addHost('h1'));
    const connection = new LocalConnection(thisMachine, systemClock);
    host.run = (command, given?: RunOptions) => connection.run(command, { ...given, env: apt.environment });
    return host;
  }

  const applied = async (checked: CheckedTask): Promise<ModuleResult> =>
    checked.changes ? checked.apply() : checked.result;

  async function run(args: object, host = onHost()): Promise<ModuleResult> {
    return applied(await host.check('apt', { lock_timeout: 0, ...args }));
  }

  /** Runs it twice: the second run must change nothing, and a dry run after it must say so. */
  async function runTwice(args: object): Promise<ModuleResult> {
    const first = await run(args);
    expect(first.failure).toBeUndefined();
    const second = await run(args);
    expect(second).toMatchObject({ changed: false });
    expect(second.failure).toBeUndefined();
    return first;
  }

  const published = (): void =>
    apt.publish(
      { name: 'base', version: '1.0' },
      { name: 'app', version: '1.0', fields: ['Depends: base'], configuration: ['app.conf'] },
    );

  it('installs what is missing with what it needs, and says what a dry run would', async () => {
    published();
    await run({ update_cache: true });
    const host = onHost();
    host.checkMode = true;
    expect(await host.check('apt', { name: 'app' })).toMatchObject({
      changes: true,
      summary: 'install app 1.0, base 1.0',
      diff: expect.stringContaining('+ base 1.0') as unknown,
    });
    expect(apt.installed()).toEqual([]);
    const result = await runTwice({ name: ['app'] });
    expect(result).toMatchObject({
      changed: true,
      values: { rc: 0, installed: ['base', 'app'], cache_updated: false },
    });
    expect(apt.installed()).toEqual(['app 1.0', 'base 1.0']);
  });

  it('leaves an older version when it is present, and upgrades it for latest', async () => {
    published();
    await run({ name: 'app', update_cache: true });
    apt.publish({ name: 'app', version: '2.0', fields: ['Depends: base'] });
    await run({ update_cache: true });
    expect(await run({ name: 'app' })).toMatchObject({ changed: false });
    const result = await runTwice({ name: 'app', state: 'latest' });
    expect(result).toMatchObject({ diff: '  app 1.0 → 2.0', values: { upgraded: ['app'] } });
    const removed = await run({ name: 'app', state: 'absent', autoremove: true });
    expect(removed.values['removed']).toEqual(['app', 'base']);
  });

  it('installs a version, by its pattern, and goes back to one only when it may', async () => {
    apt.publish(
      { name: 'app', version: '1.1' },
      { name: 'app', version: '1.2' },
      { name: 'app', version: '2.0' },
    );
    await runTwice({ name: 'app=1.2*', update_cache: true, cache_valid_time: '1h' });
    expect(apt.installed()).toEqual(['app 1.2']);
    await expect(run({ name: 'app=1.1' })).rejects.toMatchObject({
      code: 'package.failed',
      host: 'h1',
      hint: expect.stringContaining('allow_downgrade') as unknown,
    });
    await runTwice({ name: 'app=1.1', allow_downgrade: true });
    expect(apt.installed()).toEqual(['app 1.1']);
    await expect(run({ name: 'app=7' })).rejects.toThrow("Version '7' for 'app' was not found");
  });

  it('removes a package, and with purge its configuration', async () => {
    published();
    await run({ name: 'app', update_cache: true });
    await runTwice({ name: 'app', state: 'absent' });
    expect(apt.installed()).toEqual(['base 1.0']);
    expect(existsSync(apt.path('etc/app.conf'))).toBe(true);
    await runTwice({ name: 'app', state: 'absent', purge: true });
    expect(existsSync(apt.path('etc/app.conf'))).toBe(false);
    await runTwice({ autoremove: true });
    expect(apt.installed()).toEqual([]);
    expect(await run({ name: 'unheard-of', state: 'absent' })).toMatchObject({ changed: false });
  });

  it('counts a package as there that another provides', async () => {
    apt.publish({ name: 'postfix', version: '1', fields: ['Provides: mail-agent'] });
    await runTwice({ name: 'mail-agent', update_cache: true, cache_valid_time: '1h' });
    expect(apt.installed()).toEqual(['postfix 1']);
  });

  it('upgrades everything', async () => {
    published();
    await run({ name: 'app', update_cache: true });
    apt.publish({ name: 'base', version: '3' }, { name: 'app', version: '3', fields: ['Depends: base'] });
    await runTwice({ upgrade: 'full', update_cache: true });
    expect(apt.installed()).toEqual(['app 3', 'base 3']);
  });

  it('keeps a configuration file that somebody changed', async () => {
    published();
    await run({ name: 'app', update_cache: true });
    writeFileSync(apt.path('etc/app.conf'), 'mine\n');
    apt.publish({ name: 'app', version: '2.0', configuration: ['app.conf'] });
    await run({ name: 'app', state: 'latest', update_cache: true });
    expect(apt.installed()).toContain('app 2.0');
    expect(readFileSync(apt.path('etc/app.conf'), 'utf8')).toBe('mine\n');
  });

  it('installs the file of a package', async () => {
    published();
    await run({ update_cache: true });
    await runTwice({ deb: apt.fileOf('app', '1.0') });
    expect(apt.installed()).toEqual(['app 1.0', 'base 1.0']);
    await expect(run({ deb: '/nonexistent.deb' })).rejects.toMatchObject({ code: 'package.deb', host: 'h1' });
  });

  describe('the package lists', () => {
    it('change only when what is offered did', async () => {
      published();
      expect(await run({ update_cache: true })).toMatchObject({
        changed: true,
        values: { cache_updated: true },
      });
      expect(await run({ update_cache: true })).toMatchObject({ changed: false });
      apt.publish({ name: 'other', version: '1' });
      expect(await run({ update_cache: true })).toMatchObject({ changed: true });
    });

    it.each([
      [30, false],
      [7_200, true],
    ])('are updated when they are too old (%i s)', async (age, updates) => {
      published();
      await run({ update_cache: true });
      apt.publish({ name: 'other', version: '1' });
      apt.age(age);
      const checked = await onHost().check('apt', { cache_valid_time: 3_600 });
      expect(checked.changes).toBe(updates);
    });

    it('are not taken for the last word by a dry run that would update them', async () => {
      published();
      await run({ name: 'base', update_cache: true });
      const host = onHost();
      host.checkMode = true;
      const dry = (args: object): Promise<CheckedTask> => host.check('apt', { update_cache: true, ...args });
      expect(await dry({ name: 'base' })).toMatchObject({ changes: false, result: { changed: false } });
      expect(await dry({ name: 'base' })).not.toHaveProperty('unknown');
      expect(await dry({ name: 'base', state: 'latest' })).toHaveProperty('unknown');
      expect(await dry({ name: ['base', 'brand-new'] })).toMatchObject({
        summary: 'update the package lists; install brand-new (its version is known only then)',
      });
    });

    it('are not taken for the last word by a dry run in which an earlier task would change the host', async () => {
      published();
      await run({ name: 'base', update_cache: true });
      const host = onHost();
      host.checkMode = true;
      await expect(host.check('apt', { name: 'brand-new' })).rejects.toMatchObject({
        code: 'package.failed',
      });
      host.comesFirst = '"add the repository" would come first';
      expect(await host.check('apt', { name: ['base', 'brand-new', 'other'] })).toMatchObject({
        summary: 'install brand-new, other (their versions are known only by what comes before)',
      });
      expect(await host.check('apt', { name: 'base' })).toMatchObject({ changes: false });
    });

    it('that cannot be fetched are an error, not a warning', async () => {
      published();
      await run({ update_cache: true });
      rmSync(apt.path('../repository/Packages'));
      const host = onHost();
      const result = await run({ update_cache: true, update_cache_retries: 0 }, host);
      expect(result.failure).toMatchObject({ code: 'package.failed' });
      expect(result.values).not.toMatchObject({ rc: 0 });
    });
  });

  it('asks for the host to be drained before it replaces the Docker Engine', async () => {
    apt.publish({ name: 'docker.io', version: '1' });
    const first = onHost();
    await run({ name: 'docker.io', update_cache: true }, first);
    expect(first.takenDown).toEqual([]);
    apt.publish({ name: 'docker.io', version: '2' });
    const host = onHost();
    await run({ name: 'docker.io', state: 'latest', update_cache: true }, host);
    expect(host.takenDown).toEqual(['replace docker.io, which restarts the Docker Engine']);
  });

  it('names the program that has the lock, and the way out', async () => {
    published();
    await run({ update_cache: true });
    const host = onHost();
    const whole = host.run.bind(host);
    const said = 'E: Could not get lock /var/lib/dpkg/lock-frontend. It is held by process 7 (apt-get)\n';
    host.run = (command, options) => {
      const isChange =
        'argv' in command &&
        command.argv.some((word) => word.includes('force-confdef')) &&
        command.argv.includes('0');
      return isChange
        ? Promise.resolve({
            outcome: { kind: 'exited', code: 100 },
            stdout: '',
            stderr: said,
            duration: 1,
            truncated: false,
          })
        : whole(command, options);
    };
    const { failure } = await run({ name: 'app' }, host);
    expect(failure).toMatchObject({
      code: 'package.failed',
      message: expect.stringContaining('held by process 7') as unknown,
      hint: expect.stringContaining('lock_timeout') as unknown,
    });
  });

  it.each([
    [{ name: 'nginx*' }, /only its version may be a pattern/],
    [{ name: 'nginx>=1' }, /exact version, or a pattern/],
    [{ name: 'nginx-' }, /state: absent/],
    [{ deb: 'relative.deb' }, /absolute path/],
    [{ name: 'a', deb: '/b.deb' }, /beside name/],
  ])('refuses %j', async (args, words) => {
    await expect(onHost().check('apt', args)).rejects.toSatisfy((error: Error) =>
      words.test(JSON.stringify(error)),
    );
  });
});
