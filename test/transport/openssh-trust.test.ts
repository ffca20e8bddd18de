import { execFileSync, spawn } from 'node:child_process';
import { appendFileSync, copyFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { AdfError } from '../../src/errors/adf-error.js';
import { isUnreachable } from '../../src/errors/ssh.js';
import { hostId } from '../../src/model/ids.js';
import type { SshSettings } from '../../src/model/host.js';
import { endedWithTest } from '../stages/processes.js';
import { byOpenSsh, bySsh2, type Reach } from '../stages/transports.js';
import { containing, matching } from '../stages/matching.js';
import { describeWithSshd, freePort, Sshd, until } from '../stages/sshd.js';

const keygen = (...args: string[]): unknown =>
  execFileSync('ssh-keygen', ['-q', ...args], { stdio: 'ignore' });

/** The exit of a trivial command, or why there was none. */
async function attempt(
  reach: Reach,
  sshd: Sshd,
  ssh: SshSettings = {},
  options?: Parameters<Reach>[1],
): Promise<unknown> {
  const transport = reach(sshd, options);
  try {
    const connection = await transport.connect(sshd.host(ssh));
    return (await connection.run({ argv: ['true'] })).outcome;
  } catch (error) {
    return error;
  } finally {
    await transport.close();
  }
}
const welcome = { kind: 'exited', code: 0 };

describeWithSshd('what only the system’s ssh can do', () => {
  test('a user is let in by a certificate, and without it is not', async () => {
    const sshd = await Sshd.start();
    try {
      keygen('-N', '', '-t', 'ed25519', '-f', join(sshd.folder, 'ca'));
      keygen('-N', '', '-t', 'ed25519', '-f', join(sshd.folder, 'member'));
      const successor = await restarted(sshd, [`TrustedUserCAKeys ${sshd.folder}/ca.pub`]);
      const member = { identityFile: '~/member' };
      expect(await attempt(byOpenSsh, successor, member)).toMatchObject({ code: 'ssh.authentication' });

      keygen(
        '-s',
        join(sshd.folder, 'ca'),
        '-I',
        'a member',
        '-n',
        sshd.user,
        join(sshd.folder, 'member.pub'),
      );

      expect(await attempt(byOpenSsh, successor, member)).toEqual(welcome);
      expect(successor.output).toMatch(/Accepted certificate ID "a member"/);
    } finally {
      await sshd.stop();
    }
  });

  test('a host is believed for the authority that signed its key, and only under its own name', async () => {
    const sshd = await Sshd.start();
    try {
      const ca = join(sshd.folder, 'ca');
      keygen('-N', '', '-t', 'ed25519', '-f', ca);
      const hostKey = join(sshd.folder, 'host_ed25519');
      const sign = (principal: string): void =>
        void keygen('-s', ca, '-I', 'a host', '-h', '-n', principal, `${hostKey}.pub`);
      sign('i-0abc');
      const certified = await restarted(sshd, [`HostCertificate ${hostKey}-cert.pub`]);
      const [type, key] = readFileSync(`${ca}.pub`, 'utf8').split(' ');
      const knownHostsFile = join(sshd.folder, 'authorities');
      writeFileSync(knownHostsFile, `@cert-authority * ${type} ${key}\n`);

      const named = await attempt(byOpenSsh, certified, { knownHostsFile, hostKeyAlias: 'i-0abc' });
      const other = await attempt(byOpenSsh, certified, { knownHostsFile, hostKeyAlias: 'i-0def' });
      const own = await attempt(bySsh2, certified, { knownHostsFile, hostKeyAlias: 'i-0abc' });

      expect(named).toEqual(welcome);
      expect(other).toMatchObject({ code: 'ssh.host_key', message: matching(/not valid.*i-0def|principal/) });
      expect(own).toMatchObject({ code: 'ssh.host_key', hint: containing('transport: openssh') });
    } finally {
      await sshd.stop();
    }
  });

  test('a server with post-quantum key exchange only is spoken to; our own connections say who can', async () => {
    const sshd = await Sshd.start({ config: ['KexAlgorithms sntrup761x25519-sha512@openssh.com'] });
    try {
      expect(await attempt(byOpenSsh, sshd)).toEqual(welcome);
      expect(await attempt(bySsh2, sshd)).toMatchObject({
        code: matching(/^ssh\./),
        hint: containing('transport: openssh'),
      });
    } finally {
      await sshd.stop();
    }
  });
});

describeWithSshd('what the system’s ssh refuses', () => {
  let sshd: Sshd;
  beforeAll(async () => {
    sshd = await Sshd.start();
    keygen('-N', '', '-t', 'ed25519', '-f', join(sshd.folder, 'stranger'));
    keygen('-N', 'secret', '-t', 'ed25519', '-f', join(sshd.folder, 'locked'));
    const locked = readFileSync(join(sshd.folder, 'locked.pub'), 'utf8');
    const prefix = readFileSync(join(sshd.folder, 'authorized_keys'), 'utf8').split(' ')[0];
    appendFileSync(join(sshd.folder, 'authorized_keys'), `${prefix} ${locked}`);
  });
  afterAll(() => sshd.stop());
  const logins = (): number => sshd.output.match(/Accepted publickey/g)?.length ?? 0;
  const file = (name: string, content: string): string => {
    const path = join(sshd.folder, name);
    writeFileSync(path, content);
    return path;
  };
  const fingerprint = (key: string): string =>
    execFileSync('ssh-keygen', ['-l', '-f', join(sshd.folder, key)], { encoding: 'utf8' }).split(' ')[1]!;
  const known = (): string => readFileSync(sshd.knownHostsFile, 'utf8');
  const strangerKnown = (): string =>
    `${known().split(' ')[0]} ${readFileSync(join(sshd.folder, 'stranger.pub'), 'utf8')}`;

  test('a host that is not known, with its fingerprint, and without a question', async () => {
    const before = logins();
    for (const config of ['', 'StrictHostKeyChecking ask\n']) {
      const error = await attempt(byOpenSsh, sshd, {
        knownHostsFile: file('empty', ''),
        configFile: file('config', config),
      });

      expect(error).toMatchObject({
        code: 'ssh.host_key',
        message: containing(fingerprint('host_ed25519.pub')),
      });
      expect(isUnreachable(error)).toBe(true);
    }
    expect(logins()).toBe(before);
  });

  test('a host whose key has changed, even where the configuration checks nothing; both fingerprints and the line are told', async () => {
    const before = logins();
    for (const strict of ['yes', 'accept-new', 'no']) {
      const knownHostsFile = file('changed', `# a comment\n${strangerKnown()}`);
      const error = await attempt(byOpenSsh, sshd, {
        knownHostsFile,
        configFile: file('config', `StrictHostKeyChecking ${strict}\n`),
      });

      expect(error, strict).toMatchObject({ code: 'ssh.host_key' });
      const { message } = error as AdfError;
      expect(message).toContain(fingerprint('host_ed25519.pub'));
      expect(message).toContain(fingerprint('stranger.pub'));
      expect(message).toContain(`${knownHostsFile}:2`);
      expect(readFileSync(knownHostsFile, 'utf8')).toBe(`# a comment\n${strangerKnown()}`);
    }
    expect(logins()).toBe(before);
  });

  test('a host whose key is revoked', async () => {
    const error = await attempt(byOpenSsh, sshd, { knownHostsFile: file('revoked', `@revoked ${known()}`) });

    expect(error).toMatchObject({ code: 'ssh.host_key', message: containing('revoked') });
  });

  test('but "no" and "accept-new" believe a host that has no key on record, and record it', async () => {
    for (const strict of ['accept-new', 'no']) {
      const knownHostsFile = file(`new-${strict}`, '');
      const configFile = file('config', `StrictHostKeyChecking ${strict}\n`);

      expect(await attempt(byOpenSsh, sshd, { knownHostsFile, configFile })).toEqual(welcome);
      expect(readFileSync(knownHostsFile, 'utf8')).toContain(known().split(' ')[2]!.trim());
    }
    const knownHostsFile = file('new', '');
    expect(await attempt(byOpenSsh, sshd, { knownHostsFile, strictHostKeyChecking: 'accept-new' })).toEqual(
      welcome,
    );
  });

  test('a key that the server does not know; it is named, and the server is not asked again at once', async () => {
    const transport = byOpenSsh(sshd);
    const host = sshd.host({ identityFile: '~/stranger' });
    const attempts = (): number => sshd.output.match(/Connection from/g)?.length ?? 0;

    const first = await transport.connect(host).catch((error: unknown) => error);
    const before = attempts();
    const second = await transport.connect(host).catch((error: unknown) => error);
    await transport.close();

    expect(first).toMatchObject({
      code: 'ssh.authentication',
      message: matching(/does not let .* in with .*stranger: .*Permission denied/),
    });
    expect(second).toBe(first);
    expect(attempts()).toBe(before);
  });

  test('a key that only a person could unlock, and it says so', async () => {
    expect(await attempt(byOpenSsh, sshd, { identityFile: '~/locked' })).toMatchObject({
      code: 'ssh.authentication',
      hint: matching(/passphrase.*ssh-add/),
    });
  });

  test('but not that key when the agent has it', async () => {
    const agentSocket = join(sshd.folder, 'agent');
    endedWithTest(spawn('ssh-agent', ['-D', '-a', agentSocket], { stdio: 'ignore' }));
    await until('the agent listens', () => existsSync(agentSocket));
    const environment = {
      ...process.env,
      SSH_AUTH_SOCK: agentSocket,
      SSH_ASKPASS: file('askpass', '#!/bin/sh\necho secret\n'),
      SSH_ASKPASS_REQUIRE: 'force',
    };
    execFileSync('chmod', ['+x', join(sshd.folder, 'askpass')]);
    execFileSync('ssh-add', ['-q', join(sshd.folder, 'locked')], { env: environment, stdio: 'ignore' });

    expect(await attempt(byOpenSsh, sshd, { identityFile: '~/locked' }, { agentSocket })).toEqual(welcome);
  });

  test('a configuration that ssh cannot read, in its words', async () => {
    const configFile = file('config', 'Host *\nNonsense yes\n');

    expect(await attempt(byOpenSsh, sshd, { configFile })).toMatchObject({
      code: 'ssh.config',
      message: matching(/config.*line 2.*nonsense/i),
    });
  });

  test('an ssh that is not there', async () => {
    const transport = byOpenSsh(sshd, { sshProgram: '/no/such/ssh' });

    await expect(transport.connect(sshd.host())).rejects.toMatchObject({ code: 'ssh.program' });
    await transport.close();
  });

  test('names that it, or a shell, would take for options or commands', async () => {
    const transport = byOpenSsh(sshd);
    const evidence = join(sshd.folder, 'evidence');
    const bad = [
      '-oProxyCommand=true',
      `x;touch ${evidence}`,
      `$(touch ${evidence})`,
      `x\n-oProxyCommand=touch`,
    ];
    for (const name of bad) {
      const proxyCommand = 'exec nc %h %p';
      const address = transport.connect(sshd.host({ proxyCommand }, { address: name, id: hostId(name) }));
      const user = transport.connect(sshd.host({ proxyCommand, user: name }));
      const jump = transport.connect(sshd.host({ proxyJump: `${name}@127.0.0.1` }));

      for (const refused of [address, user, jump])
        await expect(refused, name).rejects.toMatchObject({ class: 'invalid' });
    }
    await transport.close();
    expect(existsSync(evidence)).toBe(false);
  });
});

describeWithSshd('hosts behind a bastion, through the system’s ssh', () => {
  let bastion: Sshd;
  let target: Sshd;
  let knownHostsFile: string;
  beforeAll(async () => {
    [bastion, target] = await Promise.all([Sshd.start(), Sshd.start()]);
    copyFileSync(join(target.folder, 'authorized_keys'), join(bastion.folder, 'authorized_keys'));
    knownHostsFile = join(target.folder, 'both');
    writeFileSync(
      knownHostsFile,
      `${readFileSync(bastion.knownHostsFile, 'utf8')}${readFileSync(target.knownHostsFile, 'utf8')}`,
    );
  });
  afterAll(() => Promise.all([bastion.stop(), target.stop()]));
  const through = (port: number, more: SshSettings = {}): SshSettings => ({
    proxyJump: `${target.user}@127.0.0.1:${port}`,
    knownHostsFile,
    ...more,
  });

  test('are reached with the inventory’s key, known hosts and strictness on the whole way', async () => {
    expect(await attempt(byOpenSsh, target, through(bastion.port))).toEqual(welcome);
    expect(bastion.output).toMatch(/Accepted publickey/);
  });

  test('are reached as the user’s own configuration says', async () => {
    const configFile = join(target.folder, 'config');
    writeFileSync(
      configFile,
      `Host 127.0.0.1\nProxyJump jump\nHost jump\nHostName 127.0.0.1\nPort ${bastion.port}\nProxyJump none\n`,
    );
    const before = bastion.output.match(/Accepted publickey/g)?.length ?? 0;

    // The bastion has a name of its own there, and both have the same address: the configuration tells them apart.
    const outcome = await attempt(byOpenSsh, target, { knownHostsFile, configFile });

    expect(outcome).toEqual(welcome);
    expect(bastion.output.match(/Accepted publickey/g)?.length).toBe(before + 1);
  });

  test('a bastion that is not there, is not known, or refuses to forward, and a host that is not there, are told apart', async () => {
    const closed = await Sshd.start({ config: ['AllowTcpForwarding no'] });
    copyFileSync(join(target.folder, 'authorized_keys'), join(closed.folder, 'authorized_keys'));
    const withClosed = join(target.folder, 'three');
    writeFileSync(
      withClosed,
      `${readFileSync(knownHostsFile, 'utf8')}${readFileSync(closed.knownHostsFile, 'utf8')}`,
    );
    try {
      const told = await Promise.all([
        attempt(byOpenSsh, target, through(await freePort())),
        attempt(byOpenSsh, target, through(bastion.port, { knownHostsFile: target.knownHostsFile })),
        attempt(byOpenSsh, target, through(closed.port, { knownHostsFile: withClosed })),
        attempt(byOpenSsh, target, through(bastion.port, { port: await freePort() })),
      ]);

      const [missing, unknown, refusing, gone] = told as AdfError[];
      for (const error of told) expect(error).toMatchObject({ code: 'ssh.unreachable' });
      expect(missing?.message).toMatch(/Connection refused.*\(bastion\)/);
      expect(unknown?.message).toMatch(/Host key verification failed.*\(bastion\)/);
      expect(refusing?.message).toMatch(/prohibited.*\(bastion\)/);
      expect(gone?.message).toMatch(/Connection refused.*\(tcp\)/);
    } finally {
      await closed.stop();
    }
  });

  test('are not all tried with a key that is refused: neither by a bastion, nor by the hosts behind it', async () => {
    const attempts = (server: Sshd): number => server.output.match(/Connection from/g)?.length ?? 0;
    execFileSync('ssh-keygen', ['-q', '-N', '', '-t', 'ed25519', '-f', join(target.folder, 'refused')]);
    for (const proxyJump of [undefined, `${target.user}@127.0.0.1:${bastion.port}`]) {
      const transport = byOpenSsh(target);
      const hosts = Array.from({ length: 12 }, (_, index) =>
        target.host(
          { knownHostsFile, identityFile: '~/refused', ...(proxyJump === undefined ? {} : { proxyJump }) },
          { id: hostId(`refused-${index}`) },
        ),
      );
      const before = attempts(bastion) + attempts(target);

      const errors = await Promise.all(
        hosts.map((host) => transport.connect(host).catch((error: unknown) => error)),
      );
      await transport.close();

      for (const error of errors) expect(isUnreachable(error)).toBe(true);
      expect(attempts(bastion) + attempts(target) - before).toBe(2);
      expect(
        errors.filter((error) => (error as AdfError).code === 'ssh.authentication_stopped'),
      ).toHaveLength(10);
    }
  });

  test('a ProxyCommand is run as ssh runs it, and what it says is told when it fails', async () => {
    const works = `ssh -F none -o UserKnownHostsFile=${bastion.knownHostsFile} -i ${target.identityFile} -W %h:%p -p ${bastion.port} 127.0.0.1`;

    expect(await attempt(byOpenSsh, target, { proxyCommand: works })).toEqual(welcome);
    expect(
      await attempt(byOpenSsh, target, { proxyCommand: 'echo no tunnel today >&2; exit 1' }),
    ).toMatchObject({
      code: 'ssh.unreachable',
      message: containing('no tunnel today'),
    });
  });
});

/** The same server, with more to its configuration. */
async function restarted(sshd: Sshd, config: readonly string[]): Promise<Sshd> {
  await sshd.stopListening();
  return Sshd.start({ config, successorOf: sshd });
}
