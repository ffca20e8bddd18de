import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { connectCloud } from '../../src/aws/access.js';
import { sshPort } from '../../src/lab/hosts/fleet.js';
import { startLab, type Lab } from '../../src/lab/lab.js';
import { hostId, region } from '../../src/model/ids.js';
import type { Host } from '../../src/model/host.js';
import { SshTransport } from '../../src/transport/ssh/ssh-transport.js';
import { makeHost } from '../fakes/make-host.js';
import { temporaryFolder } from '../stages/temporary-folder.js';
import { containing } from '../stages/matching.js';
import { systemClock } from '../stages/system-clock.js';

let directory: string;
let lab: Lab;
beforeAll(async () => {
  directory = temporaryFolder('lab-connect');
  lab = await startLab({ directory, hosts: 2 });
});
afterAll(() => lab.stop());

/** A host of the lab, to which there is no way but EC2 Instance Connect. */
function hostOf(index: number): Host {
  const { id, name, zone, address, sshAddress } = lab.hosts[index]!;
  return {
    ...makeHost(name, { address: sshAddress.address, region: region(lab.region), zone }),
    id: hostId(id),
    ssh: {
      configFile: 'none',
      user: 'lab',
      port: sshAddress.port,
      knownHostsFile: join(lab.directory, 'known_hosts'),
      // As the lab's known_hosts has it, wherever its sshd really listens.
      hostKeyAlias: `[${address}]:${sshPort}`,
      instanceConnect: true,
    },
  };
}

const transport = (): SshTransport =>
  new SshTransport({
    clock: systemClock,
    random: { next: () => Math.random() },
    homeDirectory: directory,
    defaultUser: 'nobody',
    keyPusher: connectCloud({ endpoint: lab.endpoint, region: lab.region }).keyPusher,
  });

it('a host of the lab lets in the key that was pushed to it, and a command runs there', async () => {
  const ours = transport();

  const connection = await ours.connect(hostOf(0));
  const { outcome, stdout } = await connection.run({ argv: ['sh', '-c', 'echo "$HOSTNAME"'] });
  await ours.close();

  expect(outcome).toEqual({ kind: 'exited', code: 0 });
  expect(stdout.trim()).toBe('api-1');
});

it('an instance that is stopped is not connected to, and the reason is told', async () => {
  lab.aws.setInstanceState(lab.hosts[1]!.id, 'stopping');
  const ours = transport();

  await expect(ours.connect(hostOf(1))).rejects.toMatchObject({
    code: 'ssh.no_key',
    message: containing('the instance is not running'),
  });
  expect(lab.hosts[1]!.logins).toBe(0);
  await ours.close();
});
