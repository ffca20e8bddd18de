import { expect, test } from 'vitest';
import type { SshSettings } from '../../src/model/host.js';
import type { EffectiveSettings } from '../../src/transport/openssh/effective-settings.js';
import { checkFit, configFor, masterArguments } from '../../src/transport/openssh/master-settings.js';
import { MasterTalk } from '../../src/transport/openssh/master-talk.js';
import { makeHost } from '../fakes/make-host.js';

const surroundings = { program: '/usr/bin/ssh', homeDirectory: '/home/deploy', baseDirectory: '/project' };
const effective: EffectiveSettings = {
  hostKeyChecking: 'yes',
  hostname: '10.0.0.1',
  server: 'direct|10.0.0.1:22',
  connectTimeout: 15_000,
  serverAliveInterval: 5_000,
  serverAliveCountMax: 2,
};
const files = { config: '/tmp/f/1.c', socket: '/tmp/f/1.s' };
const withSsh = (ssh: SshSettings): ReturnType<typeof makeHost> => ({
  ...makeHost('api-1'),
  address: '10.0.0.1',
  ssh,
});
const argumentsFor = (ssh: SshSettings, more: Partial<EffectiveSettings> = {}): string[] =>
  masterArguments(withSsh(ssh), { ...effective, ...more }, files, 15, surroundings);

test('a master is started with what the inventory says, and never without strict checking', () => {
  expect(argumentsFor({ user: 'deploy', port: 2222, hostKeyAlias: 'i-0abc' }).join(' ')).toBe(
    '-F /tmp/f/1.c -M -S /tmp/f/1.s -N -T -a -x -v -o ControlPersist=15 -o ClearAllForwardings=yes ' +
      '-o RemoteCommand=none -o StrictHostKeyChecking=yes -o ConnectTimeout=15 -o ServerAliveInterval=5 ' +
      '-o ServerAliveCountMax=2 -o User=deploy -o Port=2222 -o HostKeyAlias=i-0abc -- 10.0.0.1',
  );
});

test('bastions are reached as ssh does it by itself, each word quoted for the shell', () => {
  const jumps = {
    before: [{ name: 'outer', user: 'a' }],
    last: { name: 'fe80::1%eth0', user: 'b c', port: 2200 },
  };

  expect(argumentsFor({}, { jumps })).toContain(
    `ProxyCommand=/usr/bin/ssh -F /tmp/f/1.c -l 'b c' -p 2200 -J a@outer -W '[%h]:%p' -- fe80::1%%eth0`,
  );
});

test('its configuration asks no questions, is strict with bastions, and leaves the rest to the user’s own', () => {
  const config = configFor(
    withSsh({ identityFile: '~/.ssh/deploy', knownHostsFile: 'known_hosts ~/all', identityAgent: 'none' }),
    effective,
    surroundings,
  );

  expect(config.split('\n').slice(1)).toEqual([
    'BatchMode yes',
    'StrictHostKeyChecking yes',
    'UpdateHostKeys no',
    'PermitLocalCommand no',
    'ControlMaster no',
    'ControlPath none',
    'LogLevel INFO',
    'UserKnownHostsFile "/project/known_hosts" "/home/deploy/all"',
    'IdentityFile "/home/deploy/.ssh/deploy"',
    'IdentitiesOnly yes',
    'IdentityAgent none',
    'Include "/home/deploy/.ssh/config"',
    'Include "/etc/ssh/ssh_config"',
    'Match all',
    'ConnectTimeout 15',
    'ServerAliveInterval 5',
    'ServerAliveCountMax 2',
    '',
  ]);
  expect(configFor(withSsh({ configFile: 'none' }), effective, surroundings)).not.toContain('Include');
});

test('what would break out of a line of its configuration is refused, and what it cannot do is too', () => {
  for (const ssh of [
    { identityFile: '/key"\nProxyCommand evil' },
    { knownHostsFile: 'a\nb' },
    { proxyCommand: 'nc %h\nHost *' },
    { user: '-oProxyCommand=evil' },
    { hostKeyAlias: 'a b' },
    { instanceConnect: true },
    { hostKeys: 'console' },
  ] satisfies SshSettings[]) {
    expect(() => checkFit(withSsh(ssh)), JSON.stringify(ssh)).toThrow(
      expect.objectContaining({ class: 'invalid' }) as Error,
    );
  }
});

test('a server that bans this machine is not asked again', () => {
  const talk = new MasterTalk();
  talk.hear(Buffer.from('debug1: Connection established.\r\n'));
  talk.hear(Buffer.from('debug1: kex_exchange_identification: banner line 0: Not allowed at '));
  talk.hear(Buffer.from('this time\r\nkex_exchange_identification: Connection closed by remote host\r\n'));

  expect(talk.failure(withSsh({}), 'deploy')).toMatchObject({
    kind: 'failed',
    error: {
      code: 'ssh.unreachable',
      message: expect.stringMatching(/bans this machine.*\(banner\)/) as unknown,
    },
  });
});
