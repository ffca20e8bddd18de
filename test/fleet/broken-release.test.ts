import { expect } from 'vitest';
import { expectExit } from './expect-exit.js';
import { fleetTest } from './fleet-test.js';
import type { Fleet } from './fleet.js';

/** Deploys a release that cannot work over a healthy one, under load, and expects the fleet to be as it was. */
async function expectRestored(fleet: Fleet, version: string): Promise<void> {
  const before = await fleet.given('v2');
  const load = fleet.load();

  const ran = await fleet.deploy(version);

  const { sent, failures, byVersion } = await load.stop();
  expectExit(ran, 4);
  expect(failures).toEqual([]);
  expect(sent).toBeGreaterThan(500);
  expect(Object.keys(byVersion)).toEqual(['v2']);
  await fleet.expectSameContainers(before);
  expect(fleet.cloud.registrations('api-http')).toEqual(fleet.inService());
}

fleetTest('takes back a release that starts and never gets healthy', async ({ fleet }) => {
  await expectRestored(fleet, 'v3');
});

fleetTest('takes back a release that exits at once', async ({ fleet }) => {
  await expectRestored(fleet, 'v4');
});

fleetTest('rolls finished hosts back when a later batch fails', async ({ fleet }) => {
  const container = {
    name: 'api',
    ports: ['5060:5000'],
    env: { APP_HEALTH: '{{ app_health }}' },
    stop_timeout: '5s',
  };
  fleet.project.group({ container, app_health: 'ok' });
  const before = await fleet.given('v2');
  // A host whose own settings do not go with the new release; the canary is another one.
  fleet.project.write('inventory/host_vars/api-4.yml', { app_health: 'never' });
  const load = fleet.load();

  const ran = await fleet.deploy('v5');

  const { failures, byVersion } = await load.stop();
  expectExit(ran, 4);
  expect(failures).toEqual([]);
  expect(Object.keys(byVersion).sort()).toEqual(['v2', 'v5']);
  expect(await fleet.running()).toEqual(fleet.all(['api v2']));
  await fleet.expectSameContainers(before);
  expect(fleet.cloud.registrations('api-http')).toEqual(fleet.inService());
});

fleetTest('leaves no container where a first, broken release found none', async ({ fleet }) => {
  const before = await fleet.settled();

  const ran = await fleet.deploy('v3');

  expectExit(ran, 4);
  expect((await fleet.reality()).containers).toEqual(fleet.all([]));
  expect(await fleet.settled()).toEqual(before);
});

fleetTest('registers a host again on every port and in every group, exactly as it was', async ({ fleet }) => {
  const { cloud, hosts } = fleet;
  await cloud.addTargetGroup({ name: 'api-admin', port: 5061 });
  for (const { id } of hosts) cloud.control.register('api-admin', id);
  for (const { id } of hosts.slice(0, 2)) cloud.control.register('api-http', id, 5061);
  fleet.project.group({
    container: { name: 'api', ports: ['5060:5000', '5061:5000'], stop_timeout: '5s' },
    target_groups: ['api-http', 'api-admin'],
  });
  await fleet.given('v2');
  const expected = {
    'api-http': { ...fleet.inService(5060), ...fleet.inService(5061, hosts.slice(0, 2)) },
    'api-admin': fleet.inService(5061),
  };
  expect((await fleet.reality('api-http', 'api-admin')).registrations).toEqual(expected);

  const broken = await fleet.deploy('v3');

  expectExit(broken, 4);
  expect((await fleet.reality('api-http', 'api-admin')).registrations).toEqual(expected);

  const good = await fleet.deploy('v5');

  expectExit(good, 0);
  expect((await fleet.reality('api-http', 'api-admin')).registrations).toEqual(expected);
  expect(await fleet.running()).toEqual(fleet.all(['api v5']));
});
