import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { AdfError } from '../../../src/errors/adf-error.js';
import { isUnreachable } from '../../../src/errors/ssh.js';
import type { SshSettings } from '../../../src/model/host.js';
import type { SshTransportOptions } from '../../../src/transport/ssh/ssh-transport.js';
import { describeWithSshd, Sshd } from '../../stages/sshd.js';
import { authorize, makeKey } from '../../stages/keys.js';
import { startAgent } from './ssh-agent.js';

async function refusalOf(
  sshd: Sshd,
  ssh: SshSettings = {},
  options: Partial<SshTransportOptions> = {},
): Promise<AdfError> {
  const transport = sshd.transport(options);
  try {
    await transport.connect(sshd.host(ssh));
    throw new Error('it was let in');
  } catch (error) {
    if (!(error instanceof AdfError)) throw error;
    expect(isUnreachable(error)).toBe(true);
    return error;
  } finally {
    await transport.close();
  }
}

async function withSshd(config: readonly string[], use: (sshd: Sshd) => Promise<void>): Promise<void> {
  const sshd = await Sshd.start({ config });
  try {
    await use(sshd);
  } finally {
    await sshd.stop();
  }
}

const suggestsOpenssh = /ssh: \{ transport: openssh \}/;

describeWithSshd('what a refusal tells', () => {
  let sshd: Sshd;
  beforeAll(async () => {
    sshd = await Sshd.start();
    makeKey(sshd.folder, 'stranger');
  });
  afterAll(() => sshd.stop());

  test("the server's banner, without what could play with a terminal", async () => {
    const banner = join(sshd.folder, 'issue.net');
    writeFileSync(banner, 'Authorised \u001b[31muse\u001b[0m only.\r\nLog in as  ec2-user,\n not as root.\n');
    await withSshd([`Banner ${banner}`], async (polite) => {
      makeKey(polite.folder, 'stranger');
      const refused = await refusalOf(polite, { identityFile: '~/stranger' });
      expect(refused.message).toContain(
        'the server says: "Authorised use only. Log in as ec2-user, not as root."',
      );
      expect(await refusalOf(polite, { identityFile: '~/missing' })).toMatchObject({
        message: expect.stringMatching(/^there is no key to offer.*the server says: "Authorised/) as unknown,
      });
    });
  });

  test('that the user is not allowed to log in looks like any refusal: the reason is the server’s secret', async () => {
    await withSshd(['DenyUsers *'], async (strict) => {
      const refused = await refusalOf(strict);
      expect(refused.code).toBe('ssh.authentication');
      expect(refused.message).toBe(
        `${strict.host().name} does not let ${strict.user} in with ${strict.identityFile}`,
      );
    });
  });

  test('that a server takes no keys at all, and what it takes', async () => {
    await withSshd(['PubkeyAuthentication no', 'PasswordAuthentication yes'], async (old) => {
      expect((await refusalOf(old)).message).toMatch(/; the server takes only password$/);
    });
  });

  test('that a key was taken and was not enough', async () => {
    const config = ['PasswordAuthentication yes', 'AuthenticationMethods publickey,password'];
    await withSshd(config, async (double) => {
      expect((await refusalOf(double)).message).toContain(
        `it takes ${double.identityFile}, and then asks for password, which adfpush does not answer`,
      );
    });
  });

  test('that the server hung up before all keys were shown', async () => {
    await withSshd(['MaxAuthTries 2'], async (impatient) => {
      const agent = await startAgent(join(impatient.folder, 'agent'));
      agent.add(...['a', 'b', 'c', 'd'].map((name) => makeKey(impatient.folder, name)));
      const options = { agentSocket: agent.socket };
      const refused = await refusalOf(
        impatient,
        { identityFile: '~/missing', identitiesOnly: false },
        options,
      );
      expect(refused.code).toBe('ssh.authentication');
      expect(refused.message).toMatch(
        /with a in the agent, b in the agent(, c in the agent)?; not offered: /,
      );
      expect(refused.message).toContain('d in the agent (the server hung up before)');
    });
  });
});

describeWithSshd('what ssh2 cannot do', () => {
  let sshd: Sshd;
  let ca: string;
  beforeAll(async () => {
    sshd = await Sshd.start();
    ca = makeKey(sshd.folder, 'ca');
  });
  afterAll(() => sshd.stop());
  const certify = (name: string): string => {
    const key = makeKey(sshd.folder, name);
    execFileSync('ssh-keygen', ['-q', '-s', ca, '-I', name, '-n', sshd.user, `${key}.pub`]);
    return key;
  };
  /** A FIDO key as ssh-keygen writes it; its private half is never read, so that no hardware is needed for it. */
  const fidoKey = (name: string): string => {
    const field = (text: string | Buffer): Buffer => {
      const length = Buffer.alloc(4);
      length.writeUInt32BE(text.length);
      return Buffer.concat([length, Buffer.from(text)]);
    };
    const type = 'sk-ssh-ed25519@openssh.com';
    const blob = Buffer.concat([field(type), field(Buffer.alloc(32, 7)), field('ssh:')]);
    const header = [Buffer.from('openssh-key-v1\0'), field('none'), field('none'), field('')];
    const data = Buffer.concat([...header, Buffer.of(0, 0, 0, 1), field(blob), field(Buffer.alloc(64))]);
    const file = join(sshd.folder, name);
    const begin = ['BEGIN', 'END'].map((word) => `-----${word} OPENSSH PRIVATE KEY-----`);
    writeFileSync(file, begin.join(`\n${data.toString('base64')}\n`), { mode: 0o600 });
    writeFileSync(`${file}.pub`, `${type} ${blob.toString('base64')} ${name}\n`);
    return file;
  };

  test('a certificate beside the key is named, and the way to use it', async () => {
    const key = certify('certified');

    const refused = await refusalOf(sshd, { identityFile: key });

    expect(refused.message).toContain(`with ${key}; not offered: ${key}-cert.pub (it is a certificate`);
    expect(refused.hint).toMatch(suggestsOpenssh);
  });

  test('a certificate does not stand in the way of a key that is let in without it', async () => {
    const key = certify('both');
    authorize(sshd, `${key}.pub`);
    const transport = sshd.transport();

    expect((await transport.connect(sshd.host({ identityFile: key }))).alive).toBe(true);
    await transport.close();
  });

  test('certificates and FIDO keys of the agent are named, and not offered', async () => {
    const agent = await startAgent(join(sshd.folder, 'agent'));
    agent.add(certify('carried'));
    const options = { agentSocket: agent.socket };
    const refused = await refusalOf(sshd, { identityFile: '~/missing', identitiesOnly: false }, options);
    expect(refused.message).toMatch(
      /with carried in the agent; not offered: .*carried.* in the agent \(it is a certificate/,
    );
    expect(refused.hint).toMatch(suggestsOpenssh);
  });

  test('a FIDO key is named, and the way to use it', async () => {
    const key = fidoKey('touch');
    for (const identityFile of [key, `${key}.pub`]) {
      const refused = await refusalOf(sshd, { identityFile });

      expect(refused.message).toMatch(
        /^there is no key to offer .*touch(\.pub)? \(it is a FIDO security key/,
      );
      expect(refused.hint).toMatch(suggestsOpenssh);
    }
  });

  test('a server that speaks post-quantum key exchanges only', async () => {
    await withSshd(['KexAlgorithms sntrup761x25519-sha512@openssh.com'], async (modern) => {
      const refused = await refusalOf(modern);
      expect(refused).toMatchObject({ code: 'ssh.no_common_algorithm', phase: 'handshake' });
      expect(refused.message).toContain('have no key exchange algorithm in common');
      expect(refused.hint).toMatch(suggestsOpenssh);
    });
  });

  test('a server whose host key is shown only as a certificate', async () => {
    const hostKey = join(sshd.folder, 'host_ed25519');
    execFileSync('ssh-keygen', ['-q', '-s', ca, '-I', 'host', '-h', '-n', '127.0.0.1', `${hostKey}.pub`]);
    const config = [
      `HostCertificate ${hostKey}-cert.pub`,
      'HostKeyAlgorithms ssh-ed25519-cert-v01@openssh.com',
    ];
    await sshd.stopListening();
    const certain = await Sshd.start({ config, successorOf: sshd });
    try {
      const refused = await refusalOf(certain);
      expect(refused.message).toContain('have no host key format in common');
      expect(refused.hint).toMatch(suggestsOpenssh);
    } finally {
      await certain.stopListening();
    }
  });
});
