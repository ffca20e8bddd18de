import { expect, it } from 'vitest';
import { SecretFreeTransport } from '../../src/transport/secret-free-transport.js';
import { FakeTransport } from '../fakes/fake-transport.js';
import { World } from '../fakes/world/world.js';

const secrets = {
  isIn: (value: unknown): boolean => JSON.stringify(value).includes('hunter2'),
};

it('starts no ProxyCommand with a secret among its words', async () => {
  const world = new World();
  const { host } = world.addHost('i-1');
  const transport = new SecretFreeTransport(new FakeTransport(world), secrets);
  const through = (proxyCommand: string) =>
    transport.connect({ ...host, ssh: { ...host.ssh, proxyCommand } });

  await expect(through('corkscrew -p hunter2 %h %p')).rejects.toMatchObject({
    code: 'secret.in_argument',
    message: expect.stringContaining('i-1') as string,
  });
  expect((await through('corkscrew -f ~/.proxy %h %p')).alive).toBe(true);
});

it('starts no program with a secret in its arguments, on a host that is reached like any other', async () => {
  const world = new World();
  const fake = world.addHost('i-1');
  const inner = new FakeTransport(world);
  const transport = new SecretFreeTransport(inner, secrets);

  const connection = await transport.connect(fake.host);

  const refused = { code: 'secret.in_argument' };
  await expect(connection.run({ argv: ['login', 'hunter2'] })).rejects.toMatchObject(refused);
  await expect(connection.run({ argv: ['ls'] }, { cwd: '/srv/hunter2' })).rejects.toMatchObject(refused);
  await expect(connection.stream(['cat', 'hunter2'])).rejects.toMatchObject(refused);
  expect(inner.commands).toEqual([]);

  await connection.run({ script: 'echo hunter2' });
  expect(inner.commands.map(({ text }) => text)).toEqual(['echo hunter2']);
  expect((await connection.stream(['cat'])).writable).toBe(true);
  expect((await connection.forward({ address: '127.0.0.1', port: 80 })).writable).toBe(true);
  expect(connection.alive).toBe(true);
  fake.lose();
  expect(connection.alive).toBe(false);
  await transport.close();
});
