import { expect } from 'vitest';
import { expectExit } from './expect-exit.js';
import { fleetTest } from './fleet-test.js';
import { until } from './until.js';

/** From SIGTERM until the application ends; it serves all the while. */
const stopsAfter = 6_000;

fleetTest(
  'goes on with a host whose connection was lost during a stop once the stop is over',
  async ({ fleet }) => {
    const container = {
      name: 'api',
      ports: ['5060:5000'],
      env: { APP_STOP_MS: String(stopsAfter) },
      stop_timeout: '15s',
    };
    fleet.project.group({ container, rollout: { serial: 1, reconnect: '30s' } });
    await fleet.given('v1');
    const load = fleet.load();
    const [lost] = fleet.hosts;
    if (lost === undefined) throw new Error('a fleet without hosts');
    await lost.killSshdWhenAskedToStop('api');

    const deploy = fleet.startDeploy('v2', '--json');
    await until('the host to lose its sshd', async () =>
      (await lost.sh('pgrep -x sshd || true')) === '' ? true : undefined,
    );
    // The Engine has the request, and the container still runs.
    expect((await lost.running()).map(({ version }) => version)).toEqual(['v1']);
    await lost.startSshd();
    const ran = await deploy.ended;

    expectExit(ran, 0);
    const { blips } = JSON.parse(ran.stdout) as { readonly blips: number };
    expect(blips).toBeGreaterThan(0);
    expect(await fleet.running()).toEqual(fleet.all(['api v2']));
    expect(fleet.cloud.registrations('api-http')).toEqual(fleet.inService());
    // Asked to stop once: the container went down and was not started again.
    const { containers } = await fleet.reality();
    expect(containers[lost.name]?.find(({ version }) => version === 'v1')).toMatchObject({ running: false });
    expect((await load.stop()).failures).toEqual([]);
  },
);
