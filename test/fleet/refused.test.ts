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
  const before = await until('the drain', async () => {
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

// These leave the fleet as it is, so one serves all of them: bringing it to v1 takes far longer than what is tried.
fleetTest(
  'refuses what is wrong with the account, the version, the settings and host keys',
  async ({ fleet }) => {
    const before = await fleet.given('v1');
    const { control } = fleet.cloud;
    const refusal = (deploy: Promise<Ran>, ...exits: readonly number[]): Promise<string> =>
      expectNothingChanged(fleet, before, deploy, exits);

    control.setAccount('999999999999');
    control.forgetCalls();
    expect(await refusal(fleet.deploy('v2'), 3)).toContain('999999999999');
    // Nothing else was asked for.
    expect(control.calls()).toBe(control.calls('GetCallerIdentity'));
    control.setAccount(fleet.cloud.account);

    expect(await refusal(fleet.deploy('v99'), 3)).toContain('v99');

    const unknown = fleet.start('deploy', '--group', 'apis', '--env', 'prod', '--json').ended;
    expect(await refusal(unknown, 2, 3)).toContain('apis');

    control.setDeregistrationDelay('api-http', 600_000);
    const putBack = fleet.project.group({ rollout: { drain_timeout: '10s' } });
    expect(await refusal(fleet.deploy('v2'), 3)).toContain('api-http');
    putBack();

    const [first, second] = fleet.hosts;
    fleet.project.write('known_hosts', fleet.knownHostsWith(first?.address ?? '', second?.address ?? ''));
    fleet.project.settings({ known_hosts_file: 'known_hosts' });
    expect(await refusal(fleet.deploy('v2'), 3)).toContain('api-1');
  },
);
