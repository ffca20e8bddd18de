import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { isUnreachable } from '../../src/errors/ssh.js';
import type { SshSettings } from '../../src/model/host.js';
import { describeWithSshd, Sshd } from '../stages/sshd.js';
import { containing } from '../stages/matching.js';

describeWithSshd('the keys of hosts', () => {
  let sshd: Sshd;
  let right: string;
  beforeAll(async () => {
    sshd = await Sshd.start({ hostKeyTypes: ['ed25519', 'ecdsa', 'rsa'] });
    right = readFileSync(sshd.knownHostsFile, 'utf8');
  });
  afterAll(() => sshd.stop());

  const file = (name: string, content: string): string => {
    const path = join(sshd.folder, name);
    writeFileSync(path, content);
    return path;
  };
  const fingerprintOf = (keyFile: string): string =>
    execFileSync('ssh-keygen', ['-l', '-f', keyFile], { encoding: 'utf8' }).split(' ')[1]!;

  async function connect(ssh: SshSettings): Promise<unknown> {
    // Nothing of this machine's own must be asked: the home is the server's folder.
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
  const welcome = { kind: 'exited', code: 0 };

  test('a host that is known is spoken to, by whichever of its keys is known', async () => {
    for (const type of ['ssh-ed25519', 'ecdsa-sha2-nistp256', 'ssh-rsa']) {
      const only = right.split('\n').filter((line) => line.includes(` ${type} `));
      expect(await connect({ knownHostsFile: file(`only-${type}`, only.join('\n')) })).toEqual(welcome);
    }
  });

  test('a host that is known under a hashed name is spoken to', async () => {
    const hashed = file('hashed', right);
    execFileSync('ssh-keygen', ['-q', '-H', '-f', hashed], { stdio: 'ignore' });

    expect(readFileSync(hashed, 'utf8')).not.toContain('127.0.0.1');
    expect(await connect({ knownHostsFile: hashed })).toEqual(welcome);
  });

  test('a host is found in the second of several files, by a pattern, by its alias, and by its name without the port', async () => {
    const [, type, key] = right.split('\n')[0]!.split(' ');
    const empty = file('empty', '# nothing\n');

    expect(await connect({ knownHostsFile: `${empty} ${sshd.knownHostsFile}` })).toEqual(welcome);
    expect(await connect({ knownHostsFile: file('pattern', `[127.0.*]:* ${type} ${key}\n`) })).toEqual(
      welcome,
    );
    expect(await connect({ knownHostsFile: file('bare', `127.0.0.1 ${type} ${key}\n`) })).toEqual(welcome);
    const alias = file('alias', `i-0abc ${type} ${key}\n`);
    expect(await connect({ knownHostsFile: alias, hostKeyAlias: 'i-0abc' })).toEqual(welcome);
    expect(await connect({ knownHostsFile: alias, hostKeyAlias: 'i-0def' })).toMatchObject({
      code: 'ssh.host_key',
    });
  });

  test('a host that is not known is refused, with its fingerprint and the line that would let it in', async () => {
    const empty = file('nobody', '');
    const error = await connect({ knownHostsFile: empty });

    expect(isUnreachable(error)).toBe(true);
    expect(error).toMatchObject({
      code: 'ssh.host_key',
      message: containing(fingerprintOf(join(sshd.folder, 'host_ed25519.pub'))),
    });
    const advice = (error as { hint: string }).hint;
    expect(advice).toContain(empty);
    execFileSync('/bin/sh', ['-c', advice.slice(advice.indexOf('echo '))]);
    expect(await connect({ knownHostsFile: empty })).toEqual(welcome);
  });

  test('a known_hosts that is not there has no host', async () => {
    const error = await connect({ knownHostsFile: join(sshd.folder, 'not-there') });

    expect(error).toMatchObject({ code: 'ssh.host_key', message: containing('not-there') });
  });

  test('a key that changed is refused, naming both fingerprints and the line that promised another', async () => {
    execFileSync('ssh-keygen', ['-q', '-N', '', '-t', 'ed25519', '-f', join(sshd.folder, 'other')]);
    const [type, key] = readFileSync(join(sshd.folder, 'other.pub'), 'utf8').split(' ');
    const wrong = file('wrong', `# a comment\n[127.0.0.1]:${sshd.port} ${type} ${key}\n`);

    const error = await connect({ knownHostsFile: wrong });

    expect(error).toMatchObject({ code: 'ssh.host_key' });
    const { message } = error as Error;
    expect(message).toContain(fingerprintOf(join(sshd.folder, 'host_ed25519.pub')));
    expect(message).toContain(fingerprintOf(join(sshd.folder, 'other.pub')));
    expect(message).toContain(`${wrong}:2`);
  });

  test('a revoked key is refused, even where it is also known', async () => {
    const [line = ''] = right.split('\n');
    const [, type, key] = line.split(' ');
    const revoked = file('revoked', `\n# now known\n${line}\n@revoked * ${type} ${key}\n`);
    // As OpenSSH does, we would ask for a key of another type, if we knew one.
    const all = file('one-of-three-revoked', `${right}@revoked * ${type} ${key}\n`);
    expect(await connect({ knownHostsFile: all })).toEqual(welcome);

    const error = await connect({ knownHostsFile: revoked });

    expect(error).toMatchObject({ code: 'ssh.host_key', message: containing(`${revoked}:4`) });
  });

  test('a known_hosts that cannot be read refuses all hosts, even where another file knows the host', async () => {
    const folder = join(sshd.folder, 'a-folder');
    mkdirSync(folder);

    const error = await connect({ knownHostsFile: `${folder} ${sshd.knownHostsFile}` });

    expect(error).toMatchObject({ code: 'ssh.host_key', message: containing(folder) });
  });
});
