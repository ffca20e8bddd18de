import { execFileSync } from 'node:child_process';
import { chmodSync, readFileSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { SshSettings } from '../../../src/model/host.js';
import { containing } from '../../stages/matching.js';
import { describeWithSshd, Sshd, until } from '../../stages/sshd.js';

const welcome = { kind: 'exited', code: 0 };

async function connect(sshd: Sshd, ssh: SshSettings): Promise<unknown> {
  const transport = sshd.transport();
  try {
    const connection = await transport.connect(sshd.host(ssh));
    return (await connection.run({ argv: ['true'] })).outcome;
  } catch (error) {
    return error;
  } finally {
    await transport.close();
  }
}

const publicKey = (sshd: Sshd, name: string): string =>
  readFileSync(join(sshd.folder, `${name}.pub`), 'utf8')
    .split(' ')
    .slice(0, 2)
    .join(' ');
const fingerprintOf = (sshd: Sshd, name: string): string =>
  execFileSync('ssh-keygen', ['-lf', join(sshd.folder, `${name}.pub`)], { encoding: 'utf8' }).split(' ')[1]!;
const makeKey = (sshd: Sshd, name: string, ...options: readonly string[]): void => {
  execFileSync('ssh-keygen', ['-q', '-N', '', '-t', 'ed25519', '-f', join(sshd.folder, name), ...options]);
};

describeWithSshd('a host whose key is not right', () => {
  let sshd: Sshd;
  beforeAll(async () => {
    // Enough to see each request of a login.
    sshd = await Sshd.start({ config: ['LogLevel DEBUG3'] });
    makeKey(sshd, 'other');
  });
  afterAll(() => sshd.stop());
  const file = (name: string, content: string): string => {
    const path = join(sshd.folder, name);
    writeFileSync(path, content);
    return path;
  };
  const hashed = (content: string): string => {
    const path = file('to-hash', content);
    execFileSync('ssh-keygen', ['-q', '-H', '-f', path], { stdio: 'ignore' });
    return readFileSync(path, 'utf8');
  };

  test('is told nothing of a login, whatever the reason', async () => {
    const name = `[127.0.0.1]:${sshd.port}`;
    const [right, other] = [publicKey(sshd, 'host_ed25519'), publicKey(sshd, 'other')];
    const reasons: Readonly<Record<string, SshSettings>> = {
      unknown: { knownHostsFile: file('unknown', '') },
      changed: { knownHostsFile: file('changed', `${name} ${other}\n`) },
      revoked: { knownHostsFile: file('revoked', `${name} ${right}\n@revoked * ${right}\n`) },
      'changed, with accept-new': {
        knownHostsFile: file('changed-new', `${name} ${other}\n`),
        strictHostKeyChecking: 'accept-new',
      },
      'known to a certificate authority only': {
        knownHostsFile: file('authority', `@cert-authority * ${other}\n`),
      },
      'known under another alias': {
        knownHostsFile: file('alias', `${name} ${right}\n`),
        hostKeyAlias: 'i-0abc',
      },
    };
    for (const [reason, settings] of Object.entries(reasons)) {
      const before = sshd.output.length;
      expect(await connect(sshd, settings), reason).toMatchObject({ code: 'ssh.host_key' });
      // The server's child that had to do with us has ended, so its log is whole. Another's end may be told after `before`.
      await until(`${reason}: the server received our first message, and the connection ended`, () =>
        /SSH2_MSG_KEXINIT received[^]*(Connection (closed|reset) by|Received disconnect|Disconnected from|ssh_dispatch_run_fatal)/.test(
          sshd.output.slice(before),
        ),
      );

      const log = sshd.output.slice(before);
      expect(log, reason).not.toMatch(/receive packet: type (5|50)\b|userauth-request|publickey/);
    }
    // The log would tell: 5 asks for the login service, 50 is a login.
    const before = sshd.output.length;
    expect(await connect(sshd, {})).toEqual(welcome);
    expect(sshd.output.slice(before)).toMatch(/receive packet: type 5\b[^]*receive packet: type 50\b/);
  });

  test('is named with both fingerprints, the name, the file and the line, however that is written', async () => {
    const other = publicKey(sshd, 'other');
    const name = `[127.0.0.1]:${sshd.port}`;
    const forms: Readonly<Record<string, readonly [content: string, settings?: SshSettings]>> = {
      plain: [`${name} ${other}\n`],
      hashed: [hashed(`${name} ${other}\n`)],
      wildcard: [`[127.0.*]:* ${other}\n`],
      list: [`other,${name} ${other} a comment\n`],
      'with CRLF': [`${name} ${other}\r\n`],
      'with tabs': [`${name}\t${other.replace(' ', '\t')}\n`],
      alias: [`i-0abc ${other}\n`, { hostKeyAlias: 'i-0abc' }],
      "an EC2 instance's id": [`i-0abc ${other}\n`, { hostKeyName: 'i-0abc' }],
      "an EC2 instance's address": [`${name} ${other}\n`, { hostKeyName: 'i-0abc' }],
    };
    const empty = file('empty', '# nothing\n');
    for (const [form, [content, settings]] of Object.entries(forms)) {
      const path = file('form', `# a comment\n\n${content}`);
      const error = await connect(sshd, { knownHostsFile: `${empty} ${path}`, ...settings });

      expect(error, form).toMatchObject({ code: 'ssh.host_key' });
      const { message, hint = '' } = error as { message: string; hint?: string };
      const looked = content.startsWith('i-0abc') ? 'i-0abc' : name;
      expect(message, form).toContain(`sshd-${sshd.port}`);
      expect(message, form).toContain(fingerprintOf(sshd, 'host_ed25519'));
      expect(message, form).toContain(fingerprintOf(sshd, 'other'));
      expect(message, form).toContain(`${path}:3`);
      expect(message, form).toContain(`for ${looked}`);
      expect(hint, form).toContain(`ssh-keygen -R '${looked}' -f ${path}`);
    }
  });

  test('with a certificate authority only is told that certificates need the system’s ssh', async () => {
    const path = file('authority-only', `@cert-authority * ${publicKey(sshd, 'other')}\n`);

    expect(await connect(sshd, { knownHostsFile: path })).toMatchObject({
      code: 'ssh.host_key',
      hint: containing(`${path}:1 trusts a certificate authority`),
    });
    expect(await connect(sshd, { knownHostsFile: path })).toMatchObject({
      hint: containing('transport: openssh'),
    });
  });

  // Root reads everything.
  test.skipIf(process.getuid?.() === 0)('is refused while a file may not be read', async () => {
    const path = file('secret', '');
    chmodSync(path, 0o000);

    expect(await connect(sshd, { knownHostsFile: `${path} ${sshd.knownHostsFile}` })).toMatchObject({
      code: 'ssh.host_key',
      message: containing('EACCES'),
    });
  });

  test('is refused while a file is a link to itself', async () => {
    const path = join(sshd.folder, 'circle');
    symlinkSync(path, path);

    expect(await connect(sshd, { knownHostsFile: `${path} ${sshd.knownHostsFile}` })).toMatchObject({
      code: 'ssh.host_key',
      message: containing('ELOOP'),
    });
  });

  test('is refused while a pipe stands in the place of a file, and does not wait for it', async () => {
    const path = join(sshd.folder, 'pipe');
    execFileSync('mkfifo', [path]);

    expect(await connect(sshd, { knownHostsFile: `${path} ${sshd.knownHostsFile}` })).toMatchObject({
      code: 'ssh.host_key',
      message: containing('no regular file'),
    });
  });
});

describeWithSshd('the key of a host', () => {
  test('is asked for again at each rekey, and need not be on record any more', async () => {
    const sshd = await Sshd.start({ config: ['RekeyLimit 64K', 'LogLevel DEBUG1'] });
    const transport = sshd.transport();
    try {
      const connection = await transport.connect(sshd.host());
      // Whoever connects now would be refused.
      renameSync(sshd.knownHostsFile, `${sshd.knownHostsFile}.away`);
      const { outcome, stdout } = await connection.run({ script: 'head -c 400000 /dev/zero | tr "\\0" x' });

      expect(outcome).toEqual(welcome);
      expect(stdout.length).toBeGreaterThan(100_000);
      expect(sshd.output.match(/SSH2_MSG_KEXINIT received/g)?.length).toBeGreaterThan(2);
      expect(await connect(sshd, {})).toMatchObject({ code: 'ssh.host_key' });
    } finally {
      await transport.close();
      await sshd.stop();
    }
  });

  test('that is a certificate and nothing else is what the system’s ssh is for, and the error says so', async () => {
    const first = await Sshd.start();
    makeKey(first, 'authority');
    const [authority, host] = ['authority', 'host_ed25519.pub'].map((name) => join(first.folder, name));
    execFileSync('ssh-keygen', ['-q', '-s', authority!, '-h', '-I', 'host', host!]);
    await first.stopListening();
    const sshd = await Sshd.start({
      successorOf: first,
      config: [
        `HostCertificate ${join(first.folder, 'host_ed25519-cert.pub')}`,
        'HostKeyAlgorithms ssh-ed25519-cert-v01@openssh.com',
      ],
    });
    try {
      expect(await connect(sshd, {})).toMatchObject({
        code: 'ssh.no_common_algorithm',
        hint: containing('transport: openssh'),
      });
    } finally {
      await sshd.stop();
    }
  });
});
