import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Host } from '../../../src/model/host.js';
import type { SshTransport } from '../../../src/transport/ssh/ssh-transport.js';
import { breadth } from '../../deep.js';
import { describeWithSshd, Sshd } from '../../stages/sshd.js';
import { hostsAtAddressesOfTheirOwn, letIn, logins } from './fleet-of-hosts.js';

/** In a deep run as many as a large fleet has. */
const count = breadth(60, 200);

describeWithSshd('a large fleet', () => {
  let target: Sshd;
  let bastion: Sshd;
  beforeAll(async () => {
    // One sshd stands for all of them, each of which would count unauthenticated connections by itself: this one must not.
    target = await Sshd.start({ listenAddress: '0.0.0.0', config: ['MaxStartups 1000'] });
    // The bastion is as packages ship it: MaxStartups 10:30:100, MaxSessions 10.
    bastion = await Sshd.start();
    letIn(bastion, target);
  });
  afterAll(() => Promise.all([target.stop(), bastion.stop()]));

  async function connectAll(transport: SshTransport, hosts: readonly Host[]) {
    const connections = await Promise.all(hosts.map((host) => transport.connect(host)));
    const results = await Promise.all(
      connections.map((connection, index) => connection.run({ argv: ['echo', hosts[index]!.name] })),
    );
    return { connections, answers: results.map(({ stdout }) => stdout.trim()) };
  }

  test('behind one bastion at its default limits are all reached, over one connection to it', async () => {
    const transport = target.transport();
    const proxyJump = `${bastion.user}@127.0.0.1:${bastion.port}`;
    const hosts = hostsAtAddressesOfTheirOwn(target, count, { proxyJump });
    try {
      const { connections, answers } = await connectAll(transport, hosts);

      expect(answers).toEqual(hosts.map(({ name }) => name));
      expect(new Set(connections).size).toBe(count);
      expect(logins(bastion)).toBe(1);
    } finally {
      await transport.close();
    }
  });

  test('at addresses of their own are all reached directly', async () => {
    const transport = target.transport();
    const hosts = hostsAtAddressesOfTheirOwn(target, count);
    const before = logins(target);
    try {
      const { answers } = await connectAll(transport, hosts);

      expect(answers).toEqual(hosts.map(({ name }) => name));
      expect(logins(target) - before).toBe(count);
    } finally {
      await transport.close();
    }
  });
});
