import { writeFileSync } from 'node:fs';
import { hostname, userInfo } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import type { SshSettings } from '../../src/model/host.js';
import { connectionKey, type Destination, type Hop } from '../../src/transport/ssh/settings.js';
import { SshTransport } from '../../src/transport/ssh/ssh-transport.js';
import { makeHost } from '../fakes/make-host.js';
import { temporaryFolder } from '../stages/temporary-folder.js';
import { systemClock } from '../stages/system-clock.js';

const { homedir: home, username, uid } = userInfo();

describe('how a host is reached', () => {
  let folder: string;
  let configFile: string;
  beforeAll(() => {
    folder = temporaryFolder('route');
    configFile = join(folder, 'config');
  });

  const routeOf = (config: readonly string[], ssh: SshSettings = {}, name = 'api-1'): Promise<Hop> => {
    writeFileSync(configFile, `${config.join('\n')}\n`);
    const transport = new SshTransport({
      clock: systemClock,
      random: { next: () => 0.5 },
      homeDirectory: '/home/me',
      baseDirectory: '/project',
      defaultUser: 'me',
      agentSocket: '/run/agent',
    });
    return transport.route(makeHost(name, { address: name, ssh: { configFile, ...ssh } }));
  };
  const destinationOf = async (...given: Parameters<typeof routeOf>): Promise<Destination> =>
    (await routeOf(...given)).destination;
  const bastionOf = ({ destination: { route } }: Hop): Hop => {
    if (route.kind !== 'jump') throw new Error(`it goes ${route.kind}`);
    return route.bastion;
  };

  test('without settings is OpenSSH’s way, and stricter', async () => {
    expect(await destinationOf([])).toEqual({
      user: 'me',
      originalName: 'api-1',
      address: 'api-1',
      port: 22,
      route: { kind: 'direct' },
      identityFiles: 'usual',
      certificateFiles: [],
      identitiesOnly: false,
      identityAgent: '/run/agent',
      userKnownHostsFiles: ['/home/me/.ssh/known_hosts', '/home/me/.ssh/known_hosts2'],
      globalKnownHostsFiles: ['/etc/ssh/ssh_known_hosts', '/etc/ssh/ssh_known_hosts2'],
      hostKeyChecking: 'yes',
      hashKnownHosts: false,
      connectTimeout: 15_000,
      serverAliveInterval: 5_000,
      serverAliveCountMax: 2,
    });
  });

  test.each<[string, SshSettings, Partial<Destination>]>([
    ['IdentityFile none', {}, { identityFiles: [], identitiesOnly: false }],
    ['IdentityFile ~/.ssh/%h-%r', { user: 'bob' }, { identityFiles: [`${home}/.ssh/api-1-bob`] }],
    ['IdentityFile %d/%n-%p-%u-%i', {}, { identityFiles: [`${home}/api-1-22-${username}-${uid}`] }],
    ['IdentityFile /%l', {}, { identityFiles: [`/${hostname()}`] }],
    ['IdentityFile /a', { identityFile: 'own' }, { identityFiles: ['/project/own'], identitiesOnly: true }],
    [
      '',
      { identityFile: '~/own', identitiesOnly: false },
      { identityFiles: ['/home/me/own'], identitiesOnly: false },
    ],
    ['CertificateFile ~/c', {}, { certificateFiles: [`${home}/c`] }],
    ['IdentityAgent /other', {}, { identityAgent: '/other' }],
    ['IdentityAgent SSH_AUTH_SOCK', {}, { identityAgent: '/run/agent' }],
    ['IdentityAgent $HOME', {}, { identityAgent: process.env['HOME'] as string }],
    ['IdentityAgent /other', { identityAgent: '~/agent' }, { identityAgent: '/home/me/agent' }],
    ['UserKnownHostsFile ~/a ~/b', {}, { userKnownHostsFiles: [`${home}/a`, `${home}/b`] }],
    [
      'UserKnownHostsFile ~/a',
      { knownHostsFile: 'k ~/l' },
      { userKnownHostsFiles: ['/project/k', '/home/me/l'] },
    ],
    ['UserKnownHostsFile none', {}, { userKnownHostsFiles: [] }],
    ['GlobalKnownHostsFile none', {}, { globalKnownHostsFiles: [] }],
    ['RevokedHostKeys ~/revoked', {}, { revokedHostKeysFile: `${home}/revoked` }],
    ['HostKeyAlias a', { hostKeyAlias: 'i-1' }, { hostKeyAlias: 'i-1' }],
    ['StrictHostKeyChecking no', {}, { hostKeyChecking: 'accept-new' }],
    ['StrictHostKeyChecking accept-new', {}, { hostKeyChecking: 'accept-new' }],
    ['StrictHostKeyChecking ask', {}, { hostKeyChecking: 'yes' }],
    ['StrictHostKeyChecking no', { strictHostKeyChecking: 'yes' }, { hostKeyChecking: 'yes' }],
    ['HashKnownHosts yes', {}, { hashKnownHosts: true }],
    ['ConnectTimeout 1m', {}, { connectTimeout: 60_000 }],
    ['ConnectTimeout 1m', { connectTimeout: 500 }, { connectTimeout: 500 }],
    ['ServerAliveInterval 2', {}, { serverAliveInterval: 2_000, serverAliveCountMax: 3 }],
    ['ServerAliveInterval 300', {}, { serverAliveInterval: 5_000, serverAliveCountMax: 3 }],
    ['ServerAliveInterval 0', {}, { serverAliveInterval: 5_000, serverAliveCountMax: 2 }],
    ['ServerAliveCountMax 1000', {}, { serverAliveInterval: 1_000, serverAliveCountMax: 19 }],
    ['ServerAliveCountMax 0', {}, { serverAliveInterval: 5_000, serverAliveCountMax: 1 }],
    [
      '',
      { serverAliveInterval: 60_000, serverAliveCountMax: 1 },
      { serverAliveInterval: 10_000, serverAliveCountMax: 1 },
    ],
    ['ProxyCommand nc %h %p %% %r', {}, { route: { kind: 'command', command: 'nc api-1 22 % me' } }],
    ['ProxyCommand nc %h', { proxyCommand: 'none' }, { route: { kind: 'direct' } }],
    ['ProxyCommand nc %h', { proxyJump: 'none' }, { route: { kind: 'direct' } }],
    ['ProxyJump b', { proxyJump: 'none' }, { route: { kind: 'direct' } }],
    ['ProxyJump b', { proxyCommand: 'x %n' }, { route: { kind: 'command', command: 'x api-1' } }],
  ])('%s with %j', async (line, ssh, expected) => {
    const user = { user: 'me', ...ssh };
    expect(await destinationOf([line], user)).toMatchObject(expected);
  });

  test('IdentityAgent none asks none', async () => {
    expect(await destinationOf(['IdentityAgent none'])).not.toHaveProperty('identityAgent');
    expect(await destinationOf([], { identityAgent: 'none' })).not.toHaveProperty('identityAgent');
  });

  test('however it is set, a host that falls silent is noticed within 20 s', async () => {
    for (const interval of [1, 4, 5, 7, 20, 61, 100_000]) {
      for (const count of [0, 1, 3, 4, 7, 19, 20, 1_000]) {
        const config = [`ServerAliveInterval ${interval}`, `ServerAliveCountMax ${count}`];
        const { serverAliveInterval, serverAliveCountMax } = await destinationOf(config);
        const noticed = serverAliveInterval * (serverAliveCountMax + 1);

        expect(noticed, config.join()).toBeLessThanOrEqual(20_000);
        expect(serverAliveInterval).toBeGreaterThanOrEqual(Math.min(1_000, interval * 1_000));
      }
    }
  });

  test('a bastion has the key and known hosts of the host behind it, unless the configuration gives it its own', async () => {
    const own = { proxyJump: 'edge', identityFile: 'key', knownHostsFile: 'known', connectTimeout: 700 };

    const bare = bastionOf(await routeOf([], own)).destination;
    const config = [
      'Host edge',
      'IdentityFile /edge',
      'UserKnownHostsFile /edge-known',
      'HostName 10.9.9.9',
      'User ops',
    ];
    const configured = bastionOf(await routeOf(config, own)).destination;

    expect(bare).toMatchObject({
      address: 'edge',
      identityFiles: ['/project/key'],
      identitiesOnly: true,
      userKnownHostsFiles: ['/project/known'],
      connectTimeout: 700,
    });
    expect(configured).toMatchObject({
      user: 'ops',
      address: '10.9.9.9',
      identityFiles: ['/edge'],
      userKnownHostsFiles: ['/edge-known'],
    });
  });

  test('a bastion is as strict as the host behind it, and not laxer than it would be itself', async () => {
    const checking = async (
      strictHostKeyChecking: 'yes' | 'accept-new',
      ...config: string[]
    ): Promise<string> =>
      bastionOf(await routeOf(config, { proxyJump: 'edge', strictHostKeyChecking })).destination
        .hostKeyChecking;

    expect(await checking('accept-new')).toBe('yes');
    expect(await checking('yes', 'StrictHostKeyChecking no')).toBe('yes');
    expect(await checking('accept-new', 'Host edge', 'StrictHostKeyChecking accept-new')).toBe('accept-new');
  });

  test('as with ssh -J, only the first of several bastions follows a way of its own', async () => {
    const config = [
      'Host one',
      'ProxyJump zero',
      'Host two',
      'ProxyJump elsewhere',
      'Host three',
      'HostName 10.0.0.3',
    ];

    const three = bastionOf(await routeOf(config, { proxyJump: 'one,ops@two:2222,three' }));
    const two = bastionOf(three);
    const one = bastionOf(two);
    const zero = bastionOf(one);

    expect(
      [three, two, one, zero].map(({ destination: { address, user, port } }) => [address, user, port]),
    ).toEqual([
      ['10.0.0.3', 'me', 22],
      ['two', 'ops', 2222],
      ['one', 'me', 22],
      ['zero', 'me', 22],
    ]);
    expect(zero.destination.route).toEqual({ kind: 'direct' });
  });

  test('a bastion is the same for all who come to it the same way, and only for them', async () => {
    const config = ['Host b', 'HostName 10.0.0.9', 'Port 22', 'Host by-another-name', 'HostName 10.0.0.9'];
    const keyOf = async (proxyJump: string, name: string): Promise<string> =>
      connectionKey(bastionOf(await routeOf(config, { proxyJump }, name)), 'bastion');

    const same = await Promise.all([keyOf('b', 'x'), keyOf('b:22', 'y'), keyOf('by-another-name', 'z')]);
    const others = await Promise.all([
      keyOf('ops@b', 'x'),
      keyOf('a,b', 'x'),
      keyOf('b:23', 'x'),
      keyOf('c', 'x'),
    ]);

    expect(new Set(same).size).toBe(1);
    expect(new Set([...same, ...others]).size).toBe(5);
  });

  test('a bastion that one configuration trusts is not shared with those whose configuration may revoke its key', async () => {
    const config = ['Host b', 'HostName 10.0.0.9'];
    const keyFor = async (lines: readonly string[]): Promise<string> =>
      connectionKey(bastionOf(await routeOf(lines, { proxyJump: 'b' }, 'x')), 'bastion');

    expect(await keyFor([...config, 'RevokedHostKeys /etc/ssh/revoked'])).not.toBe(await keyFor(config));
    expect(await keyFor([...config, 'IdentitiesOnly yes'])).not.toBe(await keyFor(config));
  });

  test('a way in a circle is refused, wherever it closes', async () => {
    const config = ['Host edge', 'ProxyJump inner', 'Host inner', 'ProxyJump edge'];

    await expect(routeOf(config, { proxyJump: 'edge' })).rejects.toMatchObject({
      code: 'ssh.proxy_jump',
      class: 'invalid',
    });
  });
});
