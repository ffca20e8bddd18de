import { afterAll, beforeAll, expect, test } from 'vitest';
import { isUnreachable } from '../../src/errors/ssh.js';
import { hostId } from '../../src/model/ids.js';
import type { Host } from '../../src/model/host.js';
import { readFileSync, writeFileSync, appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { describeWithSshd, freePort, Sshd, until } from '../stages/sshd.js';
import { containing, matching } from '../stages/matching.js';

describeWithSshd('hosts behind a bastion', () => {
  let bastion: Sshd;
  let target: Sshd;
  let knownHostsFile: string;
  beforeAll(async () => {
    [bastion, target] = await Promise.all([Sshd.start(), Sshd.start()]);
    // One identity and one known_hosts for both, as a fleet has it.
    appendFileSync(
      join(bastion.folder, 'authorized_keys'),
      readFileSync(join(target.folder, 'authorized_keys')),
    );
    knownHostsFile = join(target.folder, 'both');
    writeFileSync(
      knownHostsFile,
      `${readFileSync(bastion.knownHostsFile, 'utf8')}${readFileSync(target.knownHostsFile, 'utf8')}`,
    );
  });
  afterAll(() => Promise.all([bastion.stop(), target.stop()]));

  const behind = (id: string, proxyJump = `${target.user}@127.0.0.1:${bastion.port}`): Host =>
    target.host({ proxyJump, knownHostsFile }, { id: hostId(id) });
  const logins = (sshd: Sshd): number => sshd.output.match(/Accepted publickey/g)?.length ?? 0;

  test('20 of them share one connection to it', async () => {
    const transport = target.transport();
    const hosts = Array.from({ length: 20 }, (_, index) => behind(`host-${index}`));

    const connections = await Promise.all(hosts.map((host) => transport.connect(host)));
    const results = await Promise.all(connections.map((one) => one.run({ argv: ['echo', 'here'] })));
    await transport.close();

    expect(results.map(({ stdout }) => stdout)).toEqual(Array.from({ length: 20 }, () => 'here\n'));
    expect(logins(bastion)).toBe(1);
    expect(logins(target)).toBe(20);
  });

  test('when it is lost they are lost, and reached again through a new one', async () => {
    const transport = target.transport();
    const connection = await transport.connect(behind('lost'));
    const running = connection.run({ argv: ['sleep', '30'] });

    bastion.killSessions();

    expect((await running).outcome.kind).toBe('unknown');
    expect(connection.alive).toBe(false);
    expect((await transport.connect(behind('lost'))).alive).toBe(true);
    await transport.close();
  });

  test('when it is lost while hosts are on their way through it, they go again through a new one', async () => {
    const transport = target.transport();
    const before = logins(target);
    const all = Array.from({ length: 40 }, (_, index) => transport.connect(behind(`on-the-way-${index}`)));
    const settled = Promise.allSettled(all);
    await until('some are through', () => logins(target) - before >= 4);

    bastion.killSessions();

    const failures = (await settled).flatMap((one) =>
      one.status === 'rejected' ? [String(one.reason)] : [],
    );
    expect(failures).toEqual([]);
    await transport.close();
  });

  test('one that is not there, or refuses to forward, is named', async () => {
    const transport = target.transport();
    const port = await freePort();
    const closed = await Sshd.start({ config: ['AllowTcpForwarding no'] });
    appendFileSync(
      join(closed.folder, 'authorized_keys'),
      readFileSync(join(target.folder, 'authorized_keys')),
    );
    appendFileSync(knownHostsFile, readFileSync(closed.knownHostsFile));
    try {
      const missing = await transport
        .connect(behind('a', `127.0.0.1:${port}`))
        .catch((error: unknown) => error);
      const refusing = await transport
        .connect(behind('b', `127.0.0.1:${closed.port}`))
        .catch((error: unknown) => error);

      expect(missing).toMatchObject({
        code: 'ssh.unreachable',
        message: matching(new RegExp(`127.0.0.1:${port}.*\\(bastion\\)`)),
      });
      expect(refusing).toMatchObject({
        code: 'ssh.unreachable',
        message: containing('(bastion)'),
      });
      expect([missing, refusing].every(isUnreachable)).toBe(true);
    } finally {
      await transport.close();
      await closed.stop();
    }
  });

  test('a target that is not there is told from a bastion that is not', async () => {
    const transport = target.transport();
    const gone: Host = { ...behind('gone'), ssh: { ...behind('gone').ssh, port: await freePort() } };

    await expect(transport.connect(gone)).rejects.toMatchObject({
      code: 'ssh.unreachable',
      message: containing('(tcp)'),
    });
    await transport.close();
  });

  test('a chain of them is gone along, with one connection to each', async () => {
    const second = await Sshd.start();
    appendFileSync(
      join(second.folder, 'authorized_keys'),
      readFileSync(join(target.folder, 'authorized_keys')),
    );
    appendFileSync(knownHostsFile, readFileSync(second.knownHostsFile));
    const transport = target.transport();
    const before = { first: logins(bastion), target: logins(target) };
    const chain = `127.0.0.1:${bastion.port},${target.user}@127.0.0.1:${second.port}`;
    try {
      const hosts = Array.from({ length: 20 }, (_, index) => behind(`far-${index}`, chain));

      const connections = await Promise.all(hosts.map((host) => transport.connect(host)));
      const results = await Promise.all(connections.map((one) => one.run({ argv: ['echo', 'far'] })));

      expect(results.map(({ stdout }) => stdout)).toEqual(hosts.map(() => 'far\n'));
      expect(logins(bastion) - before.first).toBe(1);
      expect(logins(second)).toBe(1);
      expect(logins(target) - before.target).toBe(20);
      expect(second.output).toContain(`Accepted publickey for ${target.user} from 127.0.0.1`);
    } finally {
      await transport.close();
      await second.stop();
    }
  });

  test('nonsense is refused with the form that is understood', async () => {
    const transport = target.transport();

    for (const nonsense of ['a b:c', 'one,,two', 'a:0', 'a:70000']) {
      await expect(transport.connect(behind('nonsense', nonsense))).rejects.toMatchObject({
        code: 'ssh.proxy_jump',
        hint: containing('user@host:port'),
      });
    }
    await transport.close();
  });
});
