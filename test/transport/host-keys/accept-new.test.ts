import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { SshSettings } from '../../../src/model/host.js';
import type { RecordedHostKey } from '../../../src/ports/transport.js';
import { HostKeys } from '../../../src/transport/ssh/host-keys.js';
import { describeUnless, notOnPath } from '../../describe-unless.js';
import { temporaryFolder } from '../../stages/temporary-folder.js';
import { containing } from '../../stages/matching.js';
import { describeWithSshd, Sshd } from '../../stages/sshd.js';
import { systemClock } from '../../stages/system-clock.js';
import { destinationOf } from './openssh-verdict.js';

describeWithSshd('with accept-new the key of a host that is not known', () => {
  let sshd: Sshd;
  beforeAll(async () => (sshd = await Sshd.start({ config: ['LogLevel DEBUG1'] })));
  afterAll(() => sshd.stop());

  const told: RecordedHostKey[] = [];
  async function connect(ssh: SshSettings): Promise<unknown> {
    told.length = 0;
    const transport = sshd.transport({ onHostKeyRecorded: (recorded) => told.push(recorded) });
    try {
      const host = sshd.host({ strictHostKeyChecking: 'accept-new', ...ssh });
      const connection = await transport.connect(host);
      return (await connection.run({ argv: ['true'] })).outcome;
    } catch (error) {
      return error;
    } finally {
      await transport.close();
    }
  }
  const welcome = { kind: 'exited', code: 0 };
  const rightLine = (): string => readFileSync(sshd.knownHostsFile, 'utf8');

  test('is accepted, recorded in a file and folder that are closed to other users, told once, and from then on the only one', async () => {
    const folder = join(sshd.folder, 'fresh');
    const file = join(folder, 'known_hosts');

    expect(await connect({ knownHostsFile: file })).toEqual(welcome);

    expect(readFileSync(file, 'utf8')).toBe(rightLine());
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    const fingerprint = execFileSync('ssh-keygen', ['-lf', join(sshd.folder, 'host_ed25519.pub')], {
      encoding: 'utf8',
    }).split(' ')[1];
    expect(told).toMatchObject([{ keyType: 'ssh-ed25519', fingerprint, file, source: 'accept-new' }]);
    expect(await connect({ knownHostsFile: file, strictHostKeyChecking: 'yes' })).toEqual(welcome);
    expect(await connect({ knownHostsFile: file })).toEqual(welcome);
    expect(told).toEqual([]);
    expect(readFileSync(file, 'utf8')).toBe(rightLine());
    expect(readdirSync(folder).filter((name) => name.includes('adfpush-lock'))).toEqual([]);
  });

  test('goes to the first of several files, on a line of its own also where the last one has no end', async () => {
    const [first, second] = [join(sshd.folder, 'first'), join(sshd.folder, 'second')];
    writeFileSync(first, '# no end');

    expect(await connect({ knownHostsFile: `${first} ${second}` })).toEqual(welcome);

    expect(readFileSync(first, 'utf8')).toBe(`# no end\n${rightLine()}`);
    expect(existsSync(second)).toBe(false);
  });

  test('is refused when another one is on record, and the record stays as it is', async () => {
    execFileSync('ssh-keygen', ['-q', '-N', '', '-t', 'ecdsa', '-f', join(sshd.folder, 'another')]);
    const other = readFileSync(join(sshd.folder, 'another.pub'), 'utf8').split(' ').slice(0, 2).join(' ');
    const file = join(sshd.folder, 'changed');
    // Of another type, which is a change too.
    const before = `[127.0.0.1]:${sshd.port} ${other}\n`;
    writeFileSync(file, before);

    expect(await connect({ knownHostsFile: file })).toMatchObject({
      code: 'ssh.host_key',
      message: containing('has changed'),
    });
    expect(readFileSync(file, 'utf8')).toBe(before);
    expect(told).toEqual([]);
  });

  test.each([
    ['below a file', () => join(sshd.identityFile, 'known_hosts')],
    ['in /dev/null', () => '/dev/null'],
    ['where there is no folder', () => join(sshd.folder, 'no', 'such', 'known_hosts')],
    ['where no folder can be', () => '/proc/adfpush/known_hosts'],
  ])('is refused, without a byte of a login, when it cannot be recorded: %s', async (_name, file) => {
    expect(await connect({ knownHostsFile: sshd.knownHostsFile })).toEqual(welcome);
    const before = sshd.output.length;

    expect(await connect({ knownHostsFile: file() })).toMatchObject({
      code: 'ssh.host_key',
      message: containing(`cannot be recorded in ${file()}`),
    });

    // The log tells of a login when there is one: it did of the one before.
    expect(sshd.output.slice(0, before)).toMatch(/userauth-request for user/);
    expect(sshd.output.slice(before)).not.toMatch(/userauth-request for user/);
    expect(told).toEqual([]);
  });
});

describeUnless(notOnPath('ssh-keygen'), 'keys that are recorded at the same time', () => {
  const folder = temporaryFolder('record');
  let keys: readonly [Buffer, Buffer];
  beforeAll(() => {
    const make = (name: string): Buffer => {
      execFileSync('ssh-keygen', ['-q', '-N', '', '-t', 'ed25519', '-f', join(folder, name)]);
      return Buffer.from(readFileSync(join(folder, `${name}.pub`), 'utf8').split(' ')[1] ?? '', 'base64');
    };
    keys = [make('one'), make('two')];
  });

  async function meet(
    hostKeys: HostKeys,
    file: string,
    name: string,
    key: Buffer,
    hash = false,
  ): Promise<void> {
    const asked = { address: name, port: 22, userFiles: [file], globalFiles: [], hash };
    const destination = destinationOf({ ...asked, checking: 'accept-new' });
    const host = { address: name, ssh: {}, id: name, name } as unknown as Parameters<
      HostKeys['policyFor']
    >[0];
    const policy = await hostKeys.policyFor(host, destination);
    const rejection = policy.judge(key);
    if (rejection !== undefined) throw rejection;
    await policy.confirm();
  }
  // Each has its own memory and its own queue, as processes have: the file is all they share.
  const several = (): HostKeys[] => Array.from({ length: 4 }, () => new HostKeys({ clock: systemClock }));

  test('by several who meet the same 100 hosts are each there once, whole', async () => {
    const file = join(folder, 'many');
    const names = Array.from({ length: 100 }, (_, index) => `host-${index}`);

    await Promise.all(several().flatMap((one) => names.map((name) => meet(one, file, name, keys[0]))));

    const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
    expect(lines.map((line) => line.split(' ')[0]).sort()).toEqual([...names].sort());
    expect(new Set(lines.map((line) => line.replace(/^\S+/, '')))).toHaveLength(1);
    expect(readdirSync(folder).filter((name) => name.includes('adfpush-lock'))).toEqual([]);
  });

  test('for one host, and are not the same, are believed once only', async () => {
    const file = join(folder, 'quarrel');
    const all = several();

    const ends = await Promise.allSettled(
      all.map((one, index) => meet(one, file, 'api-1', keys[index < 2 ? 0 : 1])),
    );

    const [line = ''] = readFileSync(file, 'utf8').split('\n');
    const winner = line.includes(keys[0].toString('base64')) ? [0, 1] : [2, 3];
    expect(ends.flatMap(({ status }, index) => (status === 'fulfilled' ? [index] : []))).toEqual(winner);
    expect(readFileSync(file, 'utf8').trimEnd().split('\n')).toHaveLength(1);
  });

  test('are found by ssh-keygen where names are hashed, and the name is not in the file', async () => {
    const file = join(folder, 'hashed');
    const [one] = several() as [HostKeys];

    await Promise.all(['api-1', 'api-2'].map((name) => meet(one, file, name, keys[0], true)));

    expect(readFileSync(file, 'utf8')).not.toContain('api');
    for (const name of ['api-1', 'api-2']) {
      expect(execFileSync('ssh-keygen', ['-F', name, '-f', file], { encoding: 'utf8' })).toContain('found');
    }
  });

  test('under a name that is a pattern mean that name only', async () => {
    const file = join(folder, 'pattern');
    const [one] = several() as [HostKeys];

    await meet(one, file, '*', keys[0]);

    expect(() => execFileSync('ssh-keygen', ['-F', 'api-1', '-f', file])).toThrow();
    await expect(meet(one, file, '*', keys[1])).rejects.toMatchObject({ code: 'ssh.host_key' });
  });

  test('do not wait for a process that ended with the lock taken', async () => {
    const file = join(folder, 'stale');
    const lock = `${file}.adfpush-lock.0`;
    writeFileSync(lock, '');
    const longAgo = new Date(Date.now() - 60_000);
    utimesSync(lock, longAgo, longAgo);
    const all = several();

    await Promise.all(all.map((one) => meet(one, file, 'api-1', keys[0])));

    expect(readFileSync(file, 'utf8').trimEnd().split('\n')).toHaveLength(1);
  });
});
