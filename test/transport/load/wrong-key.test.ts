import { execFileSync, spawnSync } from 'node:child_process';
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { AdfError } from '../../../src/errors/adf-error.js';
import { hostId } from '../../../src/model/ids.js';
import type { Host } from '../../../src/model/host.js';
import { describeWithSshd, Sshd, until } from '../../stages/sshd.js';
import { hostsAtAddressesOfTheirOwn, knownAs, letIn, logins, refusals, visits } from './fleet-of-hosts.js';

const stopped = 'ssh.authentication_stopped';

describeWithSshd('a fleet of 50 with a wrong key', () => {
  let target: Sshd;
  let bastion: Sshd;
  let stranger: string;
  beforeAll(async () => {
    target = await Sshd.start({ listenAddress: '0.0.0.0', config: ['MaxStartups 1000'] });
    bastion = await Sshd.start();
    letIn(bastion, target);
    stranger = join(target.folder, 'stranger');
    execFileSync('ssh-keygen', ['-q', '-N', '', '-t', 'ed25519', '-f', stranger]);
  });
  afterAll(() => Promise.all([target.stop(), bastion.stop()]));

  async function codesOf(hosts: readonly Host[]): Promise<Record<string, number>> {
    const transport = target.transport();
    const ends = await Promise.allSettled(hosts.map((host) => transport.connect(host)));
    await transport.close();
    return countEach(
      ends.map((end) => {
        if (end.status === 'fulfilled') return 'connected';
        return end.reason instanceof AdfError ? end.reason.code : String(end.reason);
      }),
    );
  }

  test('behind a bastion is stopped after two hosts have refused it', async () => {
    appendFileSync(join(bastion.folder, 'authorized_keys'), readFileSync(`${stranger}.pub`));
    const proxyJump = `${bastion.user}@127.0.0.1:${bastion.port}`;
    const hosts = hostsAtAddressesOfTheirOwn(target, 50, { proxyJump, identityFile: stranger });
    const before = { refusals: refusals(target), visits: visits(target) };

    const codes = await codesOf(hosts);

    expect(codes).toEqual({ 'ssh.authentication': 2, [stopped]: 48 });
    await until('the servers noticed', () => refusals(target) - before.refusals === 2);
    expect(logins(target)).toBe(0);
    // One more may be on its way when both take longer than usual.
    expect(visits(target) - before.visits).toBeLessThan(10);
  });

  test('that the bastion refuses knocks there once', async () => {
    const own = await Sshd.start();
    appendFileSync(target.knownHostsFile, readFileSync(own.knownHostsFile));
    const proxyJump = `${own.user}@127.0.0.1:${own.port}`;
    const hosts = hostsAtAddressesOfTheirOwn(target, 50, { proxyJump, identityFile: stranger });
    try {
      const codes = await codesOf(hosts);

      expect(codes).toEqual({ 'ssh.unreachable': 50 });
      await until('the bastion noticed', () => refusals(own) > 0);
      expect(refusals(own)).toBe(1);
    } finally {
      await own.stop();
    }
  });

  test('at one address, on several ports, is stopped after two have refused it', async () => {
    const others = await Promise.all([Sshd.start(), Sshd.start()]);
    const all = [target, ...others];
    const hosts = Array.from({ length: 50 }, (_, index) => {
      const { port, knownHostsFile } = all[index % all.length]!;
      const ssh = { port, knownHostsFile, identityFile: stranger };
      return target.host(ssh, { id: hostId(`host-${index}`), name: `host-${index}` });
    });
    const sum = (count: (sshd: Sshd) => number): number => all.reduce((total, one) => total + count(one), 0);
    const before = { refusals: sum(refusals), visits: sum(visits) };
    try {
      const codes = await codesOf(hosts);

      expect(codes).toEqual({ 'ssh.authentication': 2, [stopped]: 48 });
      await until('the servers noticed', () => sum(refusals) - before.refusals === 2);
      expect(sum(visits) - before.visits).toBeLessThan(10);
    } finally {
      await Promise.all(others.map((one) => one.stop()));
    }
  });

  test('is told which two hosts refused, and that it was stopped on purpose', async () => {
    const transport = target.transport();
    const hosts = ['a', 'b', 'c'].map((id) =>
      target.host({ identityFile: stranger }, { id: hostId(id), name: id }),
    );
    const ends = await Promise.allSettled(hosts.map((host) => transport.connect(host)));
    await transport.close();

    const errors = ends.map((end) => (end.status === 'rejected' ? end.reason : undefined) as AdfError);
    const left = errors.find(({ code }) => code === stopped);
    const names = /^(\w) was not tried, on purpose: (\w) and (\w), at 127\.0\.0\.1, did not let us in/;
    expect(left).toMatchObject({ class: 'failed', hint: expect.stringContaining('--limit') as unknown });
    expect(names.exec(left!.message)?.slice(1).sort()).toEqual(['a', 'b', 'c']);
  });

  test('whose keys are not believed either leaves an address alone long before that bans it', async () => {
    const nobody = join(target.folder, 'knows-nobody');
    writeFileSync(nobody, '');
    const hosts = Array.from({ length: 50 }, (_, index) =>
      target.host({ knownHostsFile: nobody }, { id: hostId(`host-${index}`) }),
    );
    const before = visits(target);

    const codes = await codesOf(hosts);

    expect(codes['ssh.host_key']).toBeLessThanOrEqual(5);
    expect((codes['ssh.host_key'] ?? 0) + (codes[stopped] ?? 0)).toBe(50);
    expect(visits(target) - before).toBeLessThanOrEqual(6);
  });

  const penalties = spawnSync('/usr/sbin/sshd', ['-T', '-o', 'PerSourcePenalties=yes'], { encoding: 'utf8' });
  const hasPenalties = !/Bad configuration option/i.test(penalties.stderr);
  if (!hasPenalties)
    console.warn(
      'LEFT OUT: that a real PerSourcePenalties does not ban us: this sshd has none (9.8 and later have)',
    );
  test.skipIf(!hasPenalties)('does not get the machine banned by an sshd that keeps a record', async () => {
    const own = await Sshd.start({ config: ['PerSourcePenalties yes'] });
    const hosts = Array.from({ length: 50 }, (_, index) =>
      own.host({ identityFile: stranger, hostKeyAlias: knownAs(own) }, { id: hostId(`host-${index}`) }),
    );
    const transport = own.transport();
    try {
      await codesOf(hosts);
      expect((await transport.connect(own.host())).alive).toBe(true);
    } finally {
      await transport.close();
      await own.stop();
    }
  });
});

function countEach(words: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const word of words) counts[word] = (counts[word] ?? 0) + 1;
  return counts;
}
