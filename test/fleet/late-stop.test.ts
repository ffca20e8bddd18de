import { expect } from 'vitest';
import { expectExit } from './expect-exit.js';
import { fleetTest } from './fleet-test.js';
import { until } from './until.js';

/** From SIGTERM until the application ends; it serves all the while. */
const stopsAfter = 6_000;

fleetTest(
  'restores a host whose connection was lost during a stop once the stop is over',
  async ({ fleet }) => {
    const container = {
      name: 'api',
      ports: ['5060:5000'],
      env: { APP_STOP_MS: String(stopsAfter) },
      stop_timeout: '15s',
    };
    fleet.project.group({ container, rollout: { reconnect: '30s' } });
    const before = await fleet.given('v1');
    const load = fleet.load();
    for (const host of fleet.hosts) await host.killSshdWhenAskedToStop('api');

    const begun = Math.floor(Date.now() / 1_000);
    const deploy = fleet.startDeploy('v2', '--json');
    const lost = await until('a host to lose its sshd', 60_000, async () => {
      const answers = await Promise.all(fleet.hosts.map(async (host) => host.sh('pgrep -x sshd || true')));
      return fleet.hosts.find((_host, index) => answers[index] === '');
    });
    // The Engine has the request, and the container still runs.
    expect((await lost.running()).map(({ version }) => version)).toEqual(['v1']);
    await lost.startSshd();
    const ran = await deploy.ended;

    expectExit(ran, 4);
    // By now the stop is over, or it still comes.
    await until('the container to go down', 20_000, async () => {
      const died = await lost.sh(
        `docker events --since ${String(begun)} --until "$(date +%s)" --filter event=die`,
      );
      return died.includes('name=api') ? true : undefined;
    });
    await fleet.expectSameContainers(before);
    await fleet.eventually(() => {
      expect(fleet.cloud.registrations('api-http')).toEqual(fleet.inService());
    });
    expect((await load.stop()).failures).toEqual([]);
  },
);
