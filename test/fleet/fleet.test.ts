import { readFileSync } from 'node:fs';
import { expect } from 'vitest';
import { fleetTest } from './fleet-test.js';

// What the other cases take for granted of the fleet itself, shown without adfpush.

fleetTest(
  'has hosts with an Engine and a key each, and the balancer finds what runs on them',
  async ({ fleet }) => {
    await Promise.all(
      fleet.hosts.map(async (host) => host.runForeign('api', `${fleet.machines.registry}/api:v2`, 5060)),
    );
    await fleet.eventually(() => {
      expect(fleet.cloud.registrations('api-http')).toEqual(fleet.inService());
    });
    const load = fleet.load();
    await fleet.eventually(() => {
      expect(fleet.cloud.requests('api-http')).toBeGreaterThan(100);
    });

    const { failures, byVersion } = await load.stop();
    const keys = readFileSync(fleet.machines.knownHostsFile, 'utf8').trimEnd().split('\n');
    expect(failures).toEqual([]);
    expect(Object.keys(byVersion)).toEqual(['v2']);
    expect(await fleet.running()).toEqual(fleet.all(['api v2']));
    expect(keys.length).toBeGreaterThanOrEqual(fleet.hosts.length);
    expect(new Set(keys.map((line) => line.split(' ')[2])).size).toBe(keys.length);
  },
);

fleetTest('can take from a host its disk and its sshd, and gives both back', async ({ fleet }) => {
  const [host] = fleet.hosts;
  const pull = `docker pull --quiet ${fleet.machines.registry}/api:v1`;
  const sshd = `bash -c 'exec 3<> /dev/tcp/127.0.0.1/22'`;

  await host?.fillDisk();
  await host?.killSshd();

  await expect(host?.sh(pull)).rejects.toThrow('no space left on device');
  await expect(host?.sh(sshd)).rejects.toThrow('Connection refused');

  await host?.reset();

  await host?.sh(pull);
  await host?.sh(sshd);
});

fleetTest('takes the sshd of a host the moment a container of it dies', async ({ fleet }) => {
  const [host] = fleet.hosts;
  await host?.runForeign('api', `${fleet.machines.registry}/api:v1`, 5060);
  await host?.killSshdWhenDies('api');

  await host?.sh('docker stop api');

  await fleet.eventually(async () => {
    await expect(host?.sh(`bash -c 'exec 3<> /dev/tcp/127.0.0.1/22'`)).rejects.toThrow('refused');
  });
});
