import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { Host } from '../../../src/model/host.js';
import { hostId } from '../../../src/model/ids.js';
import type { KeyPusher } from '../../../src/ports/transport.js';
import { containing, matching } from '../../stages/matching.js';
import { describeWithSshd, Sshd, until } from '../../stages/sshd.js';
import { systemClock } from '../../stages/system-clock.js';
import { accessDenied } from './denied.js';
import { makeKey } from '../../stages/keys.js';

describeWithSshd('a key that is pushed for the run', () => {
  let sshd: Sshd;
  let pushes: { readonly host: string; readonly user: string; readonly line: string }[];
  let pusher: KeyPusher;
  const pushed = (): string => join(sshd.folder, 'pushed');
  const logins = (): number => sshd.output.match(/Accepted publickey/g)?.length ?? 0;

  beforeAll(async () => {
    const before = await Sshd.start();
    await before.stopListening();
    // As the package ec2-instance-connect sets it up: a command that prints what the instance's metadata has now.
    const command = `AuthorizedKeysCommand /bin/cat ${join(before.folder, 'pushed')}`;
    const config = [command, `AuthorizedKeysCommandUser ${before.user}`];
    sshd = await Sshd.start({ config, successorOf: before });
    makeKey(sshd.folder, 'stranger');
  });
  beforeEach(() => {
    pushes = [];
    pusher = {
      push: async (host, user, line) => {
        pushes.push({ host: host.id, user, line });
        writeFileSync(pushed(), `environment="HOME=${sshd.folder}" ${line}\n`);
        return Promise.resolve();
      },
    };
    writeFileSync(pushed(), '');
  });
  afterAll(() => sshd.stop());

  const host = (more: Partial<Host> = {}): Host => {
    const { identityFile: _, ...ssh } = sshd.host().ssh;
    return { ...sshd.host(), ssh: { ...ssh, instanceConnect: true }, ...more };
  };

  test('lets us in, and nothing else is offered', async () => {
    const transport = sshd.transport({ keyPusher: pusher });

    const connection = await transport.connect(host());

    expect(connection.alive).toBe(true);
    expect(pushes).toEqual([
      { host: host().id, user: sshd.user, line: matching(/^ssh-ed25519 \S+ adfpush$/) },
    ]);
    await transport.close();
  });

  test('is another one in each run, and the same for all hosts of a run', async () => {
    for (let run = 0; run < 2; run += 1) {
      const transport = sshd.transport({ keyPusher: pusher });
      for (const id of ['one', 'two']) await transport.connect(host({ id: hostId(id) }));
      await transport.close();
    }

    const lines = pushes.map(({ line }) => line);
    expect(pushes.map(({ host: id }) => id)).toEqual(['one', 'two', 'one', 'two']);
    expect(lines[0]).toBe(lines[1]);
    expect(lines[2]).toBe(lines[3]);
    expect(lines[0]).not.toBe(lines[2]);
  });

  test('is pushed again at a reconnect, unless it was pushed just before', async () => {
    let later = 0;
    const clock = { ...systemClock, elapsed: () => systemClock.elapsed() + later };
    const transport = sshd.transport({ keyPusher: pusher, clock });
    const reconnect = async (): Promise<void> => {
      const connection = await transport.connect(host());
      const before = logins();
      sshd.killSessions();
      await until('the connection is known to be lost', () => !connection.alive);
      await transport.connect(host());
      await until('there was another login', () => logins() > before);
    };

    await reconnect();
    expect(pushes).toHaveLength(1);
    later = 46_000;
    // By now the instance has forgotten it.
    writeFileSync(pushed(), '');
    await reconnect();
    expect(pushes).toHaveLength(2);
    expect(readFileSync(pushed(), 'utf8')).toContain(pushes[0]!.line);
    await transport.close();
  });

  test('is offered before a key that is named too', async () => {
    const silent: KeyPusher = { push: async () => Promise.resolve() };
    const transport = sshd.transport({ keyPusher: silent });
    const ssh = { ...host().ssh, identityFile: '~/stranger' };

    await expect(transport.connect(host({ ssh }))).rejects.toMatchObject({
      code: 'ssh.authentication',
      message: matching(/in with the run's key \(EC2 Instance Connect\), \S*stranger$/),
    });
    const named = { ...ssh, identityFile: sshd.identityFile };
    expect((await transport.connect(host({ ssh: named, id: hostId('named') }))).alive).toBe(true);
    await transport.close();
  });

  test('that cannot be pushed is told in the words of AWS, with its remedy', async () => {
    const denied: KeyPusher = { push: () => Promise.reject(accessDenied) };
    const transport = sshd.transport({ keyPusher: denied });

    await expect(transport.connect(host())).rejects.toMatchObject({
      code: 'ssh.no_key',
      message: matching(/^there is no key to offer .*The AWS credentials may not ec2-instance-connect/),
      hint: containing('Allow ec2-instance-connect:SendSSHPublicKey in the IAM policy'),
    });
    await transport.close();
  });

  test('is not there for an inventory that is not of EC2', async () => {
    const transport = sshd.transport();

    await expect(transport.connect(host())).rejects.toMatchObject({
      message: containing('the inventory is not one of EC2'),
    });
    await transport.close();
  });
});
