import { expect } from 'vitest';
import { expectExit } from './expect-exit.js';
import { fleetTest } from './fleet-test.js';

fleetTest('deploys the first release to hosts that ran nothing', async ({ fleet }) => {
  const ran = await fleet.deploy('v1');

  expectExit(ran, 0);
  expect(await fleet.running()).toEqual(fleet.all(['api v1']));
  expect(fleet.cloud.registrations('api-http')).toEqual(fleet.inService());
});

fleetTest('rolls a new release under load without losing a request', async ({ fleet }) => {
  const before = await fleet.given('v1');
  fleet.cloud.control.setDeregistrationDelay('api-http', 2_000);
  fleet.project.group({ rollout: { serial: [1, 1, '100%'], min_healthy: '50%', bake: '2s' } });
  const load = fleet.load();

  const ran = await fleet.deploy('v2');

  const { sent, failures, byVersion } = await load.stop();
  expectExit(ran, 0);
  expect(failures).toEqual([]);
  expect(sent).toBeGreaterThan(2_000);
  expect(Object.keys(byVersion).sort()).toEqual(['v1', 'v2']);
  expect(await fleet.running()).toEqual(fleet.all(['api v2']));
  expect(fleet.cloud.registrations('api-http')).toEqual(fleet.inService());
  // The predecessor is kept, and cannot come back by itself when the Engine restarts.
  const { containers } = await fleet.reality();
  for (const { name } of fleet.hosts) {
    const [predecessor] = before.containers[name] ?? [];
    const kept = containers[name]?.find(({ id }) => id === predecessor?.id);
    expect(kept).toMatchObject({ running: false, version: 'v1', restartPolicy: 'no' });
  }
});

fleetTest('changes nothing when the same release is deployed again', async ({ fleet }) => {
  const before = await fleet.given('v1');
  fleet.cloud.control.forgetCalls();

  const ran = await fleet.deploy('v1');

  expectExit(ran, 0);
  expect(await fleet.reality()).toEqual(before);
  expect(fleet.cloud.control.calls('DeregisterTargets')).toBe(0);
});

fleetTest('rolls when only the environment variables changed', async ({ fleet }) => {
  const before = await fleet.given('v1');
  fleet.project.group({
    container: { name: 'api', ports: ['5060:5000'], env: { APP_ENV: 'changed' } },
  });

  const ran = await fleet.deploy('v1');

  expectExit(ran, 0);
  for (const host of fleet.hosts) {
    const [running, ...more] = await host.running();
    expect(more).toEqual([]);
    expect(running?.env['APP_ENV']).toBe('changed');
    expect(running?.id).not.toBe(before.containers[host.name]?.[0]?.id);
  }
  expect(fleet.cloud.registrations('api-http')).toEqual(fleet.inService());
});

fleetTest('deploys one digest to every host though the tag moves meanwhile', async ({ fleet }) => {
  await fleet.given('v1');
  await fleet.moveTag('latest', 'v2');
  const deploy = fleet.startDeploy('latest');
  await fleet.firstDraining();
  await fleet.moveTag('latest', 'v5');

  const ran = await deploy.ended;

  expectExit(ran, 0);
  expect(await fleet.running()).toEqual(fleet.all(['api v2']));
  expect(fleet.cloud.registrations('api-http')).toEqual(fleet.inService());
});

fleetTest('rolls several containers of a host, a web server in front of the app', async ({ fleet }) => {
  const group = (web: string): void => {
    fleet.project.group({
      container: undefined,
      containers: [
        { name: 'api', networks: ['front'] },
        { name: 'web', image: `{{ registry }}/web:${web}`, ports: ['5060:5000'], networks: ['front'] },
      ],
    });
  };
  group('w1');
  await fleet.given('v1');
  group('w2');
  const load = fleet.load();

  const ran = await fleet.deploy('v2');

  const { failures, byVersion } = await load.stop();
  expectExit(ran, 0);
  expect(failures).toEqual([]);
  // The web server passes on what the app behind it answers.
  expect(Object.keys(byVersion).sort()).toEqual(['v1', 'v2']);
  expect(await fleet.running()).toEqual(fleet.all(['api v2', 'web w2']));
  expect(fleet.cloud.registrations('api-http')).toEqual(fleet.inService());
});
