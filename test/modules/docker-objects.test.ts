import { describe, expect, it } from 'vitest';
import { Secret } from '../../src/model/secret.js';
import type { ModuleResult } from '../../src/modules/module.js';
import { World } from '../fakes/world/world.js';
import { FakeModuleHost } from './fake-module-host.js';

function stage() {
  const world = new World();
  const fake = world.addHost('h1');
  const host = new FakeModuleHost(world, fake);
  const run = async (module: string, args: object): Promise<ModuleResult> => {
    const checked = await host.check(module, args);
    return checked.changes ? checked.apply() : checked.result;
  };
  return { fake, objects: fake.objects, host, run };
}

describe.each([
  ['docker_network', 'network', { driver: 'overlay' }, { force: true }],
  ['docker_volume', 'volume', { driver: 'nfs' }, { recreate: 'options-changed' }],
] as const)('%s', (module, kind, other, anew) => {
  it('makes one once, and removes it once', async () => {
    const { host, run } = stage();
    const there = { name: 'data', labels: { tier: 'db' } };
    expect(await run(module, there)).toMatchObject({
      changed: true,
      values: { [kind]: { name: 'data', labels: { tier: 'db' } } },
    });
    expect(await run(module, there)).toMatchObject({ changed: false });
    const gone = { name: 'data', state: 'absent' };
    const dry = await host.check(module, gone);
    expect(dry).toMatchObject({
      changes: true,
      summary: expect.stringMatching(module === 'docker_volume' ? /all its data/ : /remove/) as unknown,
    });
    expect(await run(module, gone)).toMatchObject({ changed: true, values: { [kind]: {} } });
    expect(await run(module, gone)).toMatchObject({ changed: false });
  });

  it('never removes one that is in use', async () => {
    const { objects, run } = stage();
    await run(module, { name: 'data' });
    objects.users.set('data', ['api']);
    const refused = { code: 'docker.in_use', host: 'h1', message: expect.stringContaining('api') as unknown };
    await expect(run(module, { name: 'data', state: 'absent' })).rejects.toMatchObject(refused);
    await expect(run(module, { name: 'data', ...other, ...anew })).rejects.toMatchObject(refused);
  });

  it('makes one that is otherwise anew only when it is told to', async () => {
    const { run } = stage();
    await run(module, { name: 'data' });
    await expect(run(module, { name: 'data', ...other })).rejects.toMatchObject({
      code: 'docker.otherwise',
      hint: expect.stringContaining(Object.keys(anew)[0] ?? '') as unknown,
    });
    expect(await run(module, { name: 'data', ...other, ...anew })).toMatchObject({
      changed: true,
      values: { [kind]: other },
    });
    expect(await run(module, { name: 'data', ...other })).toMatchObject({ changed: false });
  });
});

it('docker_volume keeps what a run holds', async () => {
  const { objects, run } = stage();
  const name = 'adfpush-hold-r1-abc';
  objects.volumes.set(name, { name, driver: 'local', options: {}, labels: {}, mountpoint: '' });
  await expect(run('docker_volume', { name, state: 'absent' })).rejects.toMatchObject({
    code: 'docker.hold',
  });
});

describe('docker_exec', () => {
  it('on a container that is not there, or does not run, is an error', async () => {
    const { run } = stage();
    await expect(run('docker_exec', { container: 'api', argv: 'true' })).rejects.toMatchObject({
      code: 'docker.no_container',
      hint: 'It has none at all.',
    });
  });

  it.each([
    { container: 'a' },
    { container: 'a', argv: 'x', shell: 'y' },
    { container: 'a', argv: 'x', chdir: 'rel' },
  ])('refuses %j', async (args) => {
    await expect(stage().run('docker_exec', args)).rejects.toThrow();
  });
});

describe('docker_login', () => {
  it('shows the credentials to the registry, keeps them for the run, and tells none of them', async () => {
    const { objects, host, run } = stage();
    objects.logins.set('deployer', 'correct horse');
    const args = {
      registry: 'https://registry.example:5000/v2/',
      username: 'deployer',
      password: new Secret('correct horse'),
    };
    const result = await run('docker_login', args);
    expect(result).toMatchObject({
      changed: false,
      values: { registry: 'registry.example:5000', username: 'deployer' },
    });
    expect(JSON.stringify(result)).not.toContain('correct horse');
    expect(host.logins.get('registry.example:5000')?.server).toBe('registry.example:5000');
    expect(host.transport.commands).toEqual([]);
  });

  it('that is refused is a failure with the words of the registry', async () => {
    await expect(stage().run('docker_login', { username: 'x', password: 'wrong' })).rejects.toMatchObject({
      code: 'docker.login',
      message: expect.stringContaining('docker.io does not let "x" in') as unknown,
    });
  });

  it('calls Docker Hub as its own client does', async () => {
    const { objects, host, run } = stage();
    objects.logins.set('x', 'y');
    await run('docker_login', { username: 'x', password: 'y' });
    expect(host.logins.get('docker.io')?.server).toBe('https://index.docker.io/v1/');
  });
});

describe('docker_logs', () => {
  it('reads what was printed, the last lines of it', async () => {
    const { objects, run } = stage();
    objects.outputs.set('api', { stdout: 'one\ntwo\nthree\n', stderr: 'careful\n' });
    expect(await run('docker_logs', { container: 'api', tail: 2 })).toMatchObject({
      changed: false,
      values: { stdout: 'two\nthree', stdout_lines: ['two', 'three'], stderr_lines: ['careful'] },
    });
  });

  it('of a container that is not there is an error, and unknown in a dry run', async () => {
    const { host, run } = stage();
    await expect(run('docker_logs', { container: 'api' })).rejects.toMatchObject({
      code: 'docker.no_container',
    });
    host.checkMode = true;
    expect((await run('docker_logs', { container: 'api' })).values['stdout']).toMatchObject({
      because: expect.any(String) as unknown,
    });
  });

  it.each([
    { container: 'a', since: 'yesterday' },
    { container: 'a', tail: -1 },
  ])('refuses %j', async (args) => {
    await expect(stage().run('docker_logs', args)).rejects.toThrow();
  });
});
