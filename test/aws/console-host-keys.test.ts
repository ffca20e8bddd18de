import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { connectCloud } from '../../src/aws/access.js';
import { hostKeyBlocks } from '../../src/aws/console-text.js';
import { startCloudServices, type CloudServices } from '../../src/lab/cloud-services.js';
import type { Host, SshSettings } from '../../src/model/host.js';
import { environmentName, hostId, region } from '../../src/model/ids.js';
import type { RecordedHostKey } from '../../src/ports/transport.js';
import { containing } from '../stages/matching.js';
import { describeWithSshd, Sshd } from '../stages/sshd.js';

const id = 'i-0abc0123456789def';
const [ed25519, ecdsa, other] = [
  'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ2Yk0eV0Kk2xk8m2K3u0wW7ZcQb0vHk0Xo2yA1n3c4d',
  'ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBAAA',
  'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAAAk0eV0Kk2xk8m2K3u0wW7ZcQb0vHk0Xo2yA1n3c4d',
];
const block = (...keys: readonly string[]): string =>
  ['-----BEGIN SSH HOST KEY KEYS-----', ...keys, '-----END SSH HOST KEY KEYS-----', ''].join('\n');

describe('the host keys in the text of a console', () => {
  test('are those between cloud-init’s marks, whatever the console put before and after its lines', () => {
    const text =
      '\u001b[0;32m[  OK  ]\u001b[0m Started cloud-final.service.\r\n' +
      '[   12.345678] cloud-init[1234]: -----BEGIN SSH HOST KEY KEYS-----\r\n' +
      `[   12.345679] cloud-init[1234]: ${ecdsa} root@ip-10-0-0-7\r\n` +
      '[   12.400000] kernel: something in between\r\n' +
      `<14>Nov 21 10:32:48 cloud-init: ${ed25519} root@ip-10-0-0-7\r\n` +
      'ci-info: -----END SSH HOST KEY KEYS-----\r\n' +
      '\r\nip-10-0-0-7 login: ';

    expect(hostKeyBlocks(text)).toEqual([[ecdsa, ed25519]]);
  });

  test.each([
    ['nothing yet', ''],
    ['fingerprints only', block().replaceAll('KEYS', 'FINGERPRINTS')],
    ['an empty block', block()],
    ['a block that has not ended', block(ed25519).replace(/-----END.*/, '')],
    ['the end of a block', block(ed25519).replace(/-----BEGIN.*/, '')],
    [
      'a block in the log of another program',
      block(ed25519).replace(/^/gm, 'Nov 21 10:32:48 ip-10-0-0-7 web[7]: '),
    ],
    ['a block that a program was sent', block(ed25519).replace(/^/gm, 'GET /')],
  ])('are none: %s', (_what, text) => {
    expect(hostKeyBlocks(text)).toEqual([]);
  });

  test('of a block that was begun twice are those of the second beginning', () => {
    expect(hostKeyBlocks(block(other).replace(/-----END.*\n/, '') + block(ed25519))).toEqual([[ed25519]]);
  });
});

describe('an instance is asked for its console', () => {
  let lab: CloudServices;
  beforeEach(async () => {
    const instance = { privateIp: '10.0.0.7', zone: 'eu-lab-1a' };
    lab = await startCloudServices({
      instances: [
        { ...instance, id },
        { ...instance, id: 'i-0old', type: 't2.micro' },
      ],
      targetGroups: [],
      resolve: () => undefined,
    });
  });
  afterEach(() => lab.stop());
  const keysOf = (instance = id): Promise<readonly string[]> =>
    connectCloud({ endpoint: lab.endpoint, region: 'eu-west-1' }).hostKeys.hostKeysOf({
      ...host,
      id: hostId(instance),
      region: region(lab.region),
    });
  const host: Host = {
    id: hostId(id),
    name: 'api-1',
    environment: environmentName('test'),
    groups: [],
    address: '10.0.0.7',
    targetIds: [],
    ssh: {},
    docker: {},
    facts: {},
  };

  test('and it says its keys, in its own region, also where only a late copy is to be had', async () => {
    for (const instance of [id, 'i-0old']) {
      lab.aws.printToConsole(instance, `booting\n${block(ed25519, ecdsa)}login: `);

      expect(await keysOf(instance)).toEqual([ecdsa, ed25519]);
    }
    expect(lab.aws.calls('GetConsoleOutput')).toBe(3);
  });

  test('which says none as long as there are none', async () => {
    expect(await keysOf()).toEqual([]);
    lab.aws.printToConsole(id, 'booting\n');
    expect(await keysOf()).toEqual([]);
  });

  test('where the same block may stand twice, but not two that differ in any key', async () => {
    lab.aws.printToConsole(id, block(ed25519, ecdsa) + block(ecdsa, ed25519));
    expect(await keysOf()).toEqual([ecdsa, ed25519]);

    lab.aws.printToConsole(id, block(ed25519));
    await expect(keysOf()).rejects.toMatchObject({ code: 'ssh.host_key', message: containing('contradict') });
  });

  test('where a block with two keys of one type says nothing', async () => {
    lab.aws.printToConsole(id, block(ed25519, other));

    await expect(keysOf()).rejects.toMatchObject({
      code: 'ssh.host_key',
      message: containing('two of a type'),
    });
  });

  test('and an error of AWS is told as one', async () => {
    await expect(keysOf('i-0gone')).rejects.toMatchObject({ message: containing('i-0gone') });
  });
});

describeWithSshd('with host_keys: console a host that is not known', () => {
  let sshd: Sshd;
  let lab: CloudServices;
  let rightKeys: string[];
  beforeAll(async () => {
    sshd = await Sshd.start({ hostKeyTypes: ['ed25519', 'ecdsa'], config: ['LogLevel DEBUG1'] });
    rightKeys = readFileSync(sshd.knownHostsFile, 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => line.replace(/^\S+ /, ''));
    execFileSync('ssh-keygen', ['-q', '-N', '', '-t', 'ed25519', '-f', join(sshd.folder, 'other')]);
  });
  afterAll(() => sshd.stop());
  beforeEach(async () => {
    lab = await startCloudServices({
      instances: [{ id, privateIp: '10.0.0.7', zone: 'eu-lab-1a' }],
      targetGroups: [],
      resolve: () => undefined,
    });
  });
  afterEach(() => lab.stop());

  const told: RecordedHostKey[] = [];
  async function connect(knownHostsFile: string, ssh: SshSettings = {}): Promise<unknown> {
    told.length = 0;
    const transport = sshd.transport({
      hostKeySource: connectCloud({ endpoint: lab.endpoint, region: lab.region }).hostKeys,
      onHostKeyRecorded: (recorded) => told.push(recorded),
    });
    try {
      const settings: SshSettings = { knownHostsFile, hostKeys: 'console', hostKeyName: id, ...ssh };
      const connection = await transport.connect(
        sshd.host(settings, { id: hostId(id), name: 'api-1', region: region(lab.region) }),
      );
      return (await connection.run({ argv: ['true'] })).outcome;
    } catch (error) {
      return error;
    } finally {
      await transport.close();
    }
  }
  const welcome = { kind: 'exited', code: 0 };
  const fingerprintOf = (name: string): string =>
    execFileSync('ssh-keygen', ['-lf', join(sshd.folder, `${name}.pub`)], { encoding: 'utf8' }).split(
      ' ',
    )[1]!;

  test('is believed by what it printed, recorded under its id, and not asked for again', async () => {
    const file = join(sshd.folder, 'by-console');
    // The type that would not be asked for first.
    lab.aws.printToConsole(id, block(rightKeys[1]!));

    expect(await connect(file)).toEqual(welcome);

    expect(readFileSync(file, 'utf8')).toBe(`${id} ${rightKeys[1]}\n`);
    expect(told).toMatchObject([{ host: { id }, keyType: 'ecdsa-sha2-nistp256', source: 'console', file }]);
    expect(await connect(file)).toEqual(welcome);
    expect(await connect(file, { hostKeys: 'known_hosts' })).toEqual(welcome);
    expect(told).toEqual([]);
    expect(lab.aws.calls('GetConsoleOutput')).toBe(1);
  });

  test('is refused without a byte of a login when it shows another key than its console', async () => {
    const file = join(sshd.folder, 'not-by-console');
    const wrong = readFileSync(join(sshd.folder, 'other.pub'), 'utf8').split(' ').slice(0, 2).join(' ');
    lab.aws.printToConsole(id, block(wrong));
    const before = sshd.output.length;

    const error = await connect(file);

    expect(error).toMatchObject({ code: 'ssh.host_key', message: containing('has changed') });
    expect((error as Error).message).toContain(fingerprintOf('host_ed25519'));
    expect((error as Error).message).toContain(fingerprintOf('other'));
    expect((error as Error).message).toContain('its console printed');
    expect(existsSync(file)).toBe(false);
    expect(sshd.output.slice(before)).not.toContain('userauth-request');
  });

  test('is refused as long as its console says nothing, with accept-new too', async () => {
    const file = join(sshd.folder, 'silent');

    for (const strictHostKeyChecking of ['yes', 'accept-new'] as const) {
      expect(await connect(file, { strictHostKeyChecking })).toMatchObject({
        code: 'ssh.host_key',
        message: containing('no host keys are on the console of api-1'),
        hint: containing('minutes'),
      });
    }
    expect(existsSync(file)).toBe(false);
  });

  test('is refused when its console cannot be read, and told what is missing', async () => {
    await lab.stop();

    expect(await connect(join(sshd.folder, 'unread'))).toMatchObject({
      code: 'ssh.host_key',
      message: containing('cannot be read'),
      hint: containing('ec2:GetConsoleOutput'),
    });
  });

  test('is not one that known_hosts contradicts: its console is not asked then', async () => {
    const file = join(sshd.folder, 'contradicted');
    const wrong = readFileSync(join(sshd.folder, 'other.pub'), 'utf8').split(' ').slice(0, 2).join(' ');
    writeFileSync(file, `[127.0.0.1]:${sshd.port} ${wrong}\n`);
    lab.aws.printToConsole(id, block(...rightKeys));

    expect(await connect(file)).toMatchObject({ code: 'ssh.host_key', message: containing(`${file}:1`) });
    expect(lab.aws.calls('GetConsoleOutput')).toBe(0);
  });
});
