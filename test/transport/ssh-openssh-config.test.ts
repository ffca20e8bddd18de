import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { hostId } from '../../src/model/ids.js';
import type { Host, SshSettings } from '../../src/model/host.js';
import type { SshTransportOptions } from '../../src/transport/ssh/ssh-transport.js';
import { temporaryFolder } from '../stages/temporary-folder.js';
import { describeWithSshd, freePort, Sshd } from '../stages/sshd.js';
import { containing, matching } from '../stages/matching.js';

const readers: readonly (readonly [string, Partial<SshTransportOptions>])[] = [
  ['as ssh itself reads it', {}],
  ['as it is read without ssh', { sshProgram: '/nowhere/ssh' }],
];

describeWithSshd('the OpenSSH configuration', () => {
  let sshd: Sshd;
  let folder: string;
  let configFile: string;
  beforeAll(async () => {
    sshd = await Sshd.start();
    // Nothing of it is where it would be found without being named.
    folder = temporaryFolder('ssh-config');
    configFile = join(folder, 'config');
  });
  afterAll(() => sshd.stop());
  beforeEach(() => writeFileSync(configFile, ''));

  const host = (address: string, ssh: SshSettings = {}): Host => ({
    ...sshd.host(),
    id: hostId(address),
    name: address,
    address,
    ssh: { configFile, ...ssh },
  });
  const configure = (...lines: string[]): void => writeFileSync(configFile, `${lines.join('\n')}\n`);
  const wayToSshd = (): string[] => [
    'HostName 127.0.0.1',
    `Port ${sshd.port}`,
    `User ${sshd.user}`,
    `IdentityFile ${sshd.identityFile}`,
    'IdentitiesOnly yes',
    `UserKnownHostsFile ${sshd.knownHostsFile}`,
  ];
  const echoed = async (target: Host, options: Partial<SshTransportOptions> = {}): Promise<string> => {
    const transport = sshd.transport(options);
    try {
      const connection = await transport.connect(target);
      return (await connection.run({ argv: ['echo', 'there'] })).stdout;
    } finally {
      await transport.close();
    }
  };

  test.each(readers)('gives name, port, user, key and known hosts, %s', async (_how, options) => {
    configure('Host api-*', ...wayToSshd(), 'Host *', 'Port 1');

    expect(await echoed(host('api-1'), options)).toBe('there\n');
  });

  test.each(readers)('gives the name under which the host key is known, %s', async (_how, options) => {
    const [algorithm, key] = readFileSync(join(sshd.folder, 'host_ed25519.pub'), 'utf8').split(' ');
    const known = join(folder, 'known by alias');
    writeFileSync(known, `i-0abc ${algorithm} ${key}\n`);
    const others = wayToSshd().filter((line) => !line.startsWith('UserKnownHostsFile'));
    configure('Host api-1', 'HostKeyAlias i-0abc', `UserKnownHostsFile "${known}"`, ...others);

    expect(await echoed(host('api-1'), options)).toBe('there\n');
  });

  test.each(readers)('is overridden by the inventory, setting by setting, %s', async (_how, options) => {
    configure(
      'Host api-1',
      'HostName 127.0.0.1',
      `Port ${await freePort()}`,
      'User nobody-of-that-name',
      'IdentityFile /nowhere/key',
      'UserKnownHostsFile /nowhere/known',
      'ProxyCommand false',
    );
    const { user, port, identityFile, knownHostsFile } = sshd.host().ssh;
    const ours = { user, port, identityFile, knownHostsFile, proxyCommand: 'none' } as SshSettings;

    expect(await echoed(host('api-1', ours), options)).toBe('there\n');
  });

  test('is asked with the user and port of the inventory, as Match looks at them', async () => {
    configure('Match user adele', ...wayToSshd().filter((line) => !line.startsWith('User ')));

    const { destination } = await sshd.transport().route(host('api-1', { user: 'adele', port: 4_711 }));

    expect(destination).toMatchObject({ user: 'adele', address: '127.0.0.1', port: 4_711 });
  });

  test('may run programs to decide, which only ssh itself can honour', async () => {
    configure('Match exec "test %n = api-1"', ...wayToSshd());

    expect(await echoed(host('api-1'))).toBe('there\n');
    await expect(echoed(host('api-1'), { sshProgram: '/nowhere/ssh' })).rejects.toMatchObject({
      code: 'ssh.config',
      message: containing('Match exec'),
      at: { file: configFile, line: 1, column: 1 },
      hint: containing('OpenSSH client'),
    });
  });

  test('that is broken refuses, with file and line', async () => {
    configure('Host api-1', '  Prot 22');

    await expect(echoed(host('api-1'))).rejects.toMatchObject({
      code: 'ssh.config',
      class: 'invalid',
      message: matching(/line 2: Bad configuration option: prot/),
      at: { file: configFile, line: 2 },
    });
    await expect(echoed(host('api-1'), { sshProgram: '/nowhere/ssh' })).rejects.toMatchObject({
      code: 'ssh.config',
      message: containing('did you mean "port"?'),
      at: { file: configFile, line: 2, column: 3 },
    });
  });

  test('that is named and not there refuses', async () => {
    for (const [, options] of readers) {
      await expect(echoed(host('api-1', { configFile: '/nowhere/config' }), options)).rejects.toMatchObject({
        code: 'ssh.config',
        message: containing('/nowhere/config'),
      });
    }
  });

  test('that sends a host through itself refuses, and says which way', async () => {
    configure('Host *', 'ProxyJump other', 'Host other', 'ProxyJump api-1');

    for (const [, options] of readers) {
      await expect(echoed(host('api-1'), options)).rejects.toMatchObject({
        message: matching(/jumphost loop|through itself/),
        hint: containing('ProxyJump none'),
      });
    }
  });

  test('is never handed a name that a shell would take apart', async () => {
    configure(`Match exec "touch ${join(folder, 'harm')}; true %n"`, ...wayToSshd());

    for (const name of ['$(reboot)', 'a;b', 'a`b`', '-oProxyCommand=x', "a'b", 'a b']) {
      await expect(echoed(host(name))).rejects.toMatchObject({ code: 'ssh.unsafe_name' });
    }
  });

  test('gives each bastion of a chain its own name, user, port and key', async () => {
    const bastion = await Sshd.start();
    const second = await Sshd.start();
    appendFileSync(
      join(second.folder, 'authorized_keys'),
      readFileSync(join(sshd.folder, 'authorized_keys')),
    );
    const section = (name: string, { port, user, identityFile, knownHostsFile }: Sshd): string[] => [
      `Host ${name}`,
      `HostName 127.0.0.1`,
      `Port ${port}`,
      `User ${user}`,
      `IdentityFile ${identityFile}`,
      `UserKnownHostsFile ${knownHostsFile}`,
      'ProxyJump none',
    ];
    configure(
      ...section('edge', bastion),
      'Host inner',
      'ProxyJump edge',
      ...section('inner', second).slice(0, -1),
      'Host api-*',
      'ProxyJump inner',
      ...wayToSshd(),
    );
    const transport = sshd.transport();
    try {
      const names = Array.from({ length: 20 }, (_, index) => `api-${index}`);
      const connections = await Promise.all(names.map((name) => transport.connect(host(name))));
      const results = await Promise.all(connections.map((one) => one.run({ argv: ['echo', 'far'] })));

      expect(results.map(({ stdout }) => stdout)).toEqual(names.map(() => 'far\n'));
      expect(bastion.output.match(/Accepted publickey/g)).toHaveLength(1);
      expect(second.output.match(/Accepted publickey/g)).toHaveLength(1);
    } finally {
      await transport.close();
      await Promise.all([bastion.stop(), second.stop()]);
    }
  });
});
