import { expect } from 'vitest';
import { expectExit } from './expect-exit.js';
import { fleetTest } from './fleet-test.js';
import { until } from './until.js';

fleetTest('puts every host back when SIGTERM comes during a drain', async ({ fleet }) => {
  const before = await fleet.given('v1');
  fleet.cloud.control.setDeregistrationDelay('api-http', 3_000);
  const load = fleet.load();
  const deploy = fleet.startDeploy('v2', '--json');
  await fleet.firstDraining();
  deploy.kill('SIGTERM');

  const ran = await deploy.ended;

  expectExit(ran, 143);
  await fleet.eventually(() => {
    expect(fleet.cloud.registrations('api-http')).toEqual(fleet.inService());
  });
  expect((await load.stop()).failures).toEqual([]);
  await fleet.expectSameContainers(before);

  // Nothing is left behind that would keep the next one from going ahead.
  fleet.cloud.control.setDeregistrationDelay('api-http', 1_000);
  expectExit(await fleet.deploy('v2'), 0);
  expect(await fleet.running()).toEqual(fleet.all(['api v2']));
});

fleetTest('puts every host back when SIGTERM comes while containers are swapped', async ({ fleet }) => {
  const before = await fleet.given('v1');
  const load = fleet.load();
  // A release that never gets healthy keeps the host in the middle of its swap.
  fleet.project.group({ health: { timeout: '60s' } });
  const deploy = fleet.startDeploy('v3', '--json');
  await until('the new container to run', async () => {
    const running = await fleet.running();
    return Object.values(running).some((containers) => containers.includes('api v3')) ? true : undefined;
  });
  deploy.kill('SIGTERM');

  const ran = await deploy.ended;

  expectExit(ran, 143);
  await fleet.eventually(() => {
    expect(fleet.cloud.registrations('api-http')).toEqual(fleet.inService());
  });
  expect((await load.stop()).failures).toEqual([]);
  await fleet.expectSameContainers(before);
});
