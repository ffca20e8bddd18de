import { expect } from 'vitest';
import { expectExit } from './expect-exit.js';
import { fleetTest } from './fleet-test.js';
import { until } from './until.js';

fleetTest('puts a host back whose sshd died after it was drained', async ({ fleet }) => {
  fleet.project.group({ rollout: { reconnect: '3s' } });
  const before = await fleet.given('v1');
  fleet.cloud.control.setDeregistrationDelay('api-http', 3_000);
  const load = fleet.load();
  const deploy = fleet.startDeploy('v2', '--json');
  const lost = await fleet.firstDraining();
  await lost.killSshd();

  const ran = await deploy.ended;

  const { failures } = await load.stop();
  // Its container was not touched, so it goes back without SSH, and nothing is held.
  expectExit(ran, 4);
  expect(failures).toEqual([]);
  await fleet.expectSameContainers(before);
  await fleet.eventually(() => {
    expect(fleet.cloud.registrations('api-http')).toEqual(fleet.inService());
  });
});

fleetTest('names a host whose sshd died after its container was stopped', async ({ fleet }) => {
  fleet.project.group({ rollout: { reconnect: '3s' } });
  const before = await fleet.given('v1');
  const load = fleet.load();
  // Whichever host is the first: each loses its sshd when its container dies, and only one gets that far.
  for (const host of fleet.hosts) await host.killSshdWhenDies('api');

  const ran = await fleet.deploy('v2');

  const { failures } = await load.stop();
  expectExit(ran, 5);
  expect(failures).toEqual([]);
  const registrations = fleet.cloud.registrations('api-http');
  const [lost, ...others] = fleet.hosts.filter(({ id }) => registrations[`${id}:5060`] !== 'healthy');
  expect(others).toEqual([]);
  // It is named with what it held, and it does not take traffic that nothing on it would answer.
  expect(named(ran.stdout)).toEqual([lost?.name]);
  expect(registrations[`${lost?.id ?? ''}:5060`]).toBeUndefined();
  const { containers } = await fleet.reality();
  for (const { name } of fleet.hosts.filter((host) => host !== lost)) {
    expect(containers[name]).toEqual(before.containers[name]);
  }
});

fleetTest('puts a host back that froze after it was drained, and came to again', async ({ fleet }) => {
  fleet.project.group({ rollout: { reconnect: '3s' } });
  const before = await fleet.given('v1');
  fleet.cloud.control.setDeregistrationDelay('api-http', 3_000);
  const load = fleet.load();
  const deploy = fleet.startDeploy('v2', '--json');
  const lost = await fleet.firstDraining();
  await lost.freeze();
  // No connection is closed: that it is lost has to be noticed. Then it is registered without SSH.
  await until('the host to be registered again', async () => {
    const state = fleet.cloud.registrations('api-http')[`${lost.id}:5060`];
    return state === 'unhealthy' ? true : undefined;
  });
  await lost.thaw();

  const ran = await deploy.ended;

  const { failures } = await load.stop();
  expectExit(ran, 4);
  expect(failures).toEqual([]);
  expect(fleet.cloud.registrations('api-http')).toEqual(fleet.inService());
  await fleet.expectSameContainers(before);
});

fleetTest('refuses when a host cannot be reached, and changes nothing', async ({ fleet }) => {
  const before = await fleet.given('v1');
  await fleet.hosts[2]?.killSshd();

  const ran = await fleet.deploy('v2');

  expectExit(ran, 3);
  expect(ran.stdout + ran.stderr).toContain('api-3');
  expect(await fleet.reality()).toEqual(before);
});

/** The hosts that the result document names to a person. */
function named(json: string): readonly string[] {
  const result = JSON.parse(json) as { readonly named: readonly { readonly name: string }[] };
  return result.named.map(({ name }) => name);
}
