import { expect } from 'vitest';
import { changedOn } from './changed-on.js';
import { expectExit } from './expect-exit.js';
import type { Fleet, Reality } from './fleet.js';
import { fleetTest } from './fleet-test.js';

/** Looks at the balancer until it is stopped. Resolves to each set of hosts that was out of service at one time, in order. */
function watchService(fleet: Fleet): () => readonly string[] {
  const seen: string[] = [];
  const looking = setInterval(() => {
    const registrations = fleet.cloud.registrations('api-http');
    const out = fleet.hosts.filter(({ id }) => registrations[`${id}:5060`] !== 'healthy');
    const names = out.map(({ name }) => name).join(' ');
    if (names !== (seen.at(-1) ?? '')) seen.push(names);
  }, 10);
  return () => {
    clearInterval(looking);
    return seen.filter((names) => names !== '');
  };
}

/** By host: its containers without the start of those that run. */
const withoutStarts = ({ containers }: Reality) =>
  Object.fromEntries(
    Object.entries(containers).map(([host, all]) => [
      host,
      all.map((one) => (one.running ? { ...one, startedAt: '' } : one)),
    ]),
  );

const startsOf = ({ containers }: Reality): readonly string[] =>
  Object.values(containers).flatMap((all) => all.filter((one) => one.running).map((one) => one.startedAt));

const play = async (fleet: Fleet, playbook: string, ...flags: readonly string[]) =>
  fleet.start('run', playbook, '--group', 'api', '--env', 'prod', '--json', ...flags).ended;

/** Runs a playbook under load. Every container was started anew then, and is what it was; one host after the other was out of service. */
async function expectTurns(fleet: Fleet, playbook: string, ...flags: readonly string[]): Promise<void> {
  const before = await fleet.settled();
  const load = fleet.load();
  const service = watchService(fleet);

  const ran = await play(fleet, playbook, ...flags);

  const outOfService = service();
  const { sent, failures } = await load.stop();
  expectExit(ran, 0);
  expect(failures).toEqual([]);
  expect(sent).toBeGreaterThan(1_000);
  expect([...outOfService].sort()).toEqual(fleet.hosts.map(({ name }) => name));
  const after = await fleet.reality();
  expect(after.registrations['api-http']).toEqual(fleet.inService());
  expect(withoutStarts(after)).toEqual(withoutStarts(before));
  const [then, now] = [startsOf(before), startsOf(after)];
  expect(now).toHaveLength(fleet.hosts.length);
  expect(now.filter((start) => then.includes(start))).toEqual([]);
}

/** The images of a host that are known by a digest, as containers name them. */
const pinned = `docker images --digests --format '{{.Repository}}@{{.Digest}}' | sort`;

fleetTest('restart, maintenance and prune do what they say, one after the other', async ({ fleet }) => {
  for (const version of ['v1', 'v2', 'v5']) await fleet.given(version);
  fleet.project.group({ rollout: { serial: 1, min_healthy: '50%', keep_releases: 1 } });

  await expectTurns(fleet, 'restart');

  // What it runs ends the container under the load's eyes: a host that was still in service would lose requests.
  const command = `docker kill api && docker start api && id -un >> /root/maintained`;
  await expectTurns(fleet, 'maintenance', '-e', `command="${command}"`);
  for (const host of fleet.hosts)
    expect(await host.sh('cat /root/maintained; rm /root/maintained')).toBe('root\n');

  const before = await fleet.reality();
  fleet.cloud.control.forgetCalls();
  expectExit(await play(fleet, 'maintenance'), 4);
  expect(await fleet.reality()).toEqual(before);

  const [first] = fleet.hosts;
  const { registry } = fleet.machines;
  await first?.sh(`docker pull ${registry}/web:w1`);
  const pruned = await play(fleet, 'prune');
  const again = await play(fleet, 'prune');

  expectExit(pruned, 0);
  expectExit(again, 0);
  expect(changedOn(pruned)).toEqual(fleet.all(1));
  expect(changedOn(again)).toEqual(fleet.all(0));
  const after = await fleet.reality();
  for (const host of fleet.hosts) {
    const [was = [], is = []] = [before.containers[host.name], after.containers[host.name]];
    expect(was.map(({ version }) => version).sort()).toEqual(['v1', 'v2', 'v5']);
    expect(is).toEqual(was.filter(({ version }) => version !== 'v1'));
    const images = (await host.sh(pinned)).trim().split('\n');
    expect(images.filter((image) => !image.startsWith(`${registry}/web@`))).toEqual(
      is.map(({ image }) => image).sort(),
    );
    expect(images).toHaveLength(host === first ? 3 : 2);
  }
  expect(fleet.cloud.control.calls('DeregisterTargets')).toBe(0);
});
