import { expect } from 'vitest';
import type { Ran } from './adfpush.js';
import { expectExit } from './expect-exit.js';
import { fleetTest } from './fleet-test.js';
import type { Fleet, Reality } from './fleet.js';
import { until } from './until.js';

/** A deploy of v2 that must end before any host leaves service. Resolves to all that it said. */
async function expectNothingChanged(
  fleet: Fleet,
  before: Reality,
  deploy: Promise<Ran>,
  exits: readonly number[] = [3],
): Promise<string> {
  const deregistered = fleet.cloud.control.calls('DeregisterTargets');
  const ran = await deploy;
  expectExit(ran, ...exits);
  expect(await fleet.reality()).toEqual(before);
  expect(fleet.cloud.control.calls('DeregisterTargets')).toBe(deregistered);
  return ran.stdout + ran.stderr;
}

fleetTest('refuses a host that somebody left out of the target group, by name', async ({ fleet }) => {
  await fleet.given('v1');
  const left = fleet.hosts[1];
  fleet.cloud.control.deregister('api-http', left?.id ?? '');
  const before = await until('the drain', 10_000, async () => {
    const reality = await fleet.reality();
    return Object.keys(reality.registrations['api-http'] ?? {}).length === 3 ? reality : undefined;
  });

  const said = await expectNothingChanged(fleet, before, fleet.deploy('v2'));

  expect(said).toContain('api-2');
});

fleetTest('refuses a port that a foreign container has', async ({ fleet }) => {
  await fleet.given('v1');
  const host = fleet.hosts[2];
  await host?.sh('docker rm --force api');
  await fleet.eventually(() => {
    expect(fleet.cloud.registrations('api-http')).not.toEqual(fleet.inService());
  });
  await host?.runForeign('intruder', `${fleet.machines.registry}/api:v5`, 5060);
  await fleet.eventually(() => {
    expect(fleet.cloud.registrations('api-http')).toEqual(fleet.inService());
  });
  const before = await fleet.reality();

  const said = await expectNothingChanged(fleet, before, fleet.deploy('v2'));

  expect(said).toContain('intruder');
  expect(said).toContain('api-3');
});

fleetTest('leaves every host in service when one has a full disk', async ({ fleet }) => {
  const before = await fleet.given('v1');
  await fleet.hosts[3]?.fillDisk();

  // In preflight it is refused; a disk that fills later fails the pull, which comes before any drain.
  const said = await expectNothingChanged(fleet, before, fleet.deploy('v2'), [3, 4]);

  expect(said).toContain('api-4');
});

fleetTest('refuses a wrong account before it asks for anything else', async ({ fleet }) => {
  const before = await fleet.given('v1');
  fleet.cloud.control.setAccount('999999999999');
  fleet.cloud.control.forgetCalls();

  const said = await expectNothingChanged(fleet, before, fleet.deploy('v2'));

  expect(said).toContain('999999999999');
  expect(fleet.cloud.control.calls()).toBe(fleet.cloud.control.calls('GetCallerIdentity'));
});

fleetTest('refuses a version that does not exist', async ({ fleet }) => {
  const before = await fleet.given('v1');

  const said = await expectNothingChanged(fleet, before, fleet.deploy('v99'));

  expect(said).toContain('v99');
});

fleetTest('refuses a deregistration delay that the drain timeout does not cover', async ({ fleet }) => {
  const before = await fleet.given('v1');
  fleet.cloud.control.setDeregistrationDelay('api-http', 600_000);
  fleet.project.group({ rollout: { drain_timeout: '10s' } });

  const said = await expectNothingChanged(fleet, before, fleet.deploy('v2'));

  expect(said).toContain('api-http');
});

fleetTest('refuses a group that no host is in', async ({ fleet }) => {
  const before = await fleet.given('v1');
  const deploy = fleet.start('deploy', '--group', 'apis', '--env', 'prod', '--json').ended;

  const said = await expectNothingChanged(fleet, before, deploy, [2, 3]);

  expect(said).toContain('apis');
});

fleetTest('refuses a host when the key that known_hosts has is another one', async ({ fleet }) => {
  const before = await fleet.given('v1');
  const [first, second] = fleet.hosts;
  fleet.project.write('known_hosts', fleet.knownHostsWith(first?.address ?? '', second?.address ?? ''));
  fleet.project.settings({ known_hosts_file: 'known_hosts' });

  const said = await expectNothingChanged(fleet, before, fleet.deploy('v2'));

  expect(said).toContain('api-1');
});
