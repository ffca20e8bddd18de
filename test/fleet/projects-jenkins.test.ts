import { cpSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { setTimeout as pause } from 'node:timers/promises';
import { expect } from 'vitest';
import type { Ran } from './adfpush.js';
import { expectExit } from './expect-exit.js';
import type { Fleet } from './fleet.js';
import { fleetTest } from './fleet-test.js';
import type { FleetHost } from './host/fleet-host.js';
import { until } from './until.js';

const files = fileURLToPath(new URL('../projects/jenkins', import.meta.url));
/** What says where the hosts are and how fast they are rolled: the fleet has its own. */
const ofTheFleet = ['adfpush.yml', 'inventory/prod.yml', 'inventory/group_vars/api.yml'];
const pipeline = readFileSync(join(files, 'Jenkinsfile'), 'utf8');

type Variables = Readonly<Record<string, string>>;

/** The variables of the stage, with the parameters of a build in their places; Jenkins sets blank ones, too. */
const stageVariables = (parameters: Variables): Variables =>
  Object.fromEntries(
    [...pipeline.matchAll(/^ +(ADFPUSH_\w+) = (?:"\$\{params\.(\w+)\}"|'([^']*)')$/gm)].map(
      ([, name = '', parameter = '', text]) => [name, text ?? parameters[parameter] ?? ''],
    ),
  );

/** Runs what the stages run, as Jenkins does: a step that fails ends the build. */
async function build(fleet: Fleet, number: number, version: string): Promise<Ran> {
  fleet.env = {
    BUILD_NUMBER: String(number),
    ADFPUSH_EVENTS: `events-${String(number)}.ndjson`,
    ...stageVariables({ VERSION: version, ENVIRONMENT: 'prod' }),
  };
  const steps = [...pipeline.matchAll(/sh 'adfpush ([^']*)'/g)].map(([, words = '']) => words.split(' '));
  expect(steps.map(([verb]) => verb)).toEqual(['lint', 'deploy']);
  let last: Ran = { exit: undefined, stdout: '', stderr: '' };
  for (const step of steps) {
    last = await fleet.start(...step).ended;
    if (last.exit !== 0) break;
  }
  return last;
}

interface TaskEvent {
  readonly type: string;
  readonly at: string;
  readonly host?: { readonly name: string };
  readonly task?: { readonly module: string };
}

/** What the build told of `wait_for` on a host so far. */
function waitsOn({ name }: FleetHost, number: number, { project }: Fleet): readonly TaskEvent[] {
  const path = join(project.folder, `events-${String(number)}.ndjson`);
  const text = existsSync(path) ? readFileSync(path, 'utf8') : '';
  return text
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as TaskEvent)
    .filter((event) => event.host?.name === name && event.task?.module === 'wait_for');
}

/** The files of the shop on a host, each with its content; and when the migration ended, ms since the epoch, 0 where it did not run. */
async function shopOn(host: FleetHost) {
  const text = async (file: string) => host.sh(`cat /tmp/shop/${file} 2> /dev/null || true`);
  const migrated = await host.sh('stat -c %.3Y /tmp/shop/migrations 2> /dev/null || echo 0');
  return {
    migrations: await text('migrations'),
    reloads: await text('reloads'),
    agent: await text('agent.conf'),
    migratedAt: Number(migrated) * 1_000,
  };
}

const shops = async (fleet: Fleet) => Promise.all(fleet.hosts.map(shopOn));
const closeThePort = (action: 'I' | 'D'): string =>
  `iptables -${action} INPUT -i lo -p tcp --dport 5060 -j REJECT --reject-with tcp-reset`;

fleetTest('a pipeline of Jenkins builds twice, and once more with the same parameters', async ({ fleet }) => {
  const [first] = fleet.hosts;
  if (first === undefined) throw new Error('a fleet has hosts');
  const sweep = async () => Promise.all(fleet.hosts.map(async (host) => host.sh('rm -rf /tmp/shop')));
  const isOurs = (path: string): boolean => !ofTheFleet.some((file) => path === join(files, file));
  cpSync(files, fleet.project.folder, { recursive: true, filter: isOurs });
  await sweep();

  // On bare hosts. A blank limit is none.
  expectExit(await build(fleet, 1, 'v1'), 0);
  expect(await fleet.running()).toEqual(fleet.all(['api v1']));
  expect((await shops(fleet)).map(({ migrations, reloads }) => [migrations, reloads])).toEqual([
    ['v1 began\nv1 ended\n', 'v1\n'],
    ...fleet.hosts.slice(1).map(() => ['', 'v1\n']),
  ]);
  await fleet.settled();

  // To the next release under load; the port of the first host stays closed to those who ask it on the host itself.
  await first.sh(closeThePort('I'));
  const load = fleet.load();
  const building = build(fleet, 2, 'v2');
  await until('wait_for to begin', async () => waitsOn(first, 2, fleet)[0]);
  await pause(1_500);
  expect((await first.running()).map(({ version }) => version)).toEqual(['v2']);
  expect(fleet.cloud.registrations('api-http')[`${first.id}:5060`]).not.toBe('healthy');
  expect(waitsOn(first, 2, fleet).map(({ type }) => type)).toEqual(['task.started']);
  const opened = Date.now();
  await first.sh(closeThePort('D'));
  const ran = await building;
  const { failures, byVersion } = await load.stop();

  expectExit(ran, 0);
  expect(failures).toEqual([]);
  expect(Object.keys(byVersion).sort()).toEqual(['v1', 'v2']);
  expect(waitsOn(first, 2, fleet).map(({ type, at }) => [type, Date.parse(at) > opened])).toEqual([
    ['task.started', false],
    ['task.ended', true],
  ]);
  const rolled = await fleet.reality();
  const after = await shops(fleet);
  expect(await fleet.running()).toEqual(fleet.all(['api v2']));
  expect(rolled.registrations['api-http']).toEqual(fleet.inService());
  expect(after.map(({ migrations }) => migrations)).toEqual([
    'v1 began\nv1 ended\nv2 began\nv2 ended\n',
    ...fleet.hosts.slice(1).map(() => ''),
  ]);
  const starts = Object.values(rolled.containers)
    .flat()
    .flatMap(({ running, startedAt }) => (running ? [Date.parse(startedAt)] : []));
  expect(after[0]?.migratedAt).toBeLessThan(Math.min(...starts));
  expect(after.map(({ reloads, agent }) => [reloads, agent])).toEqual(
    fleet.hosts.map(({ name }) => ['v1\nv2\n', `host=${name}\nrelease=v2\n`]),
  );
  const released = join(fleet.project.folder, 'released');
  expect(readFileSync(released, 'utf8')).toBe('v1 by build 1\nv2 by build 2\n');

  fleet.cloud.control.forgetCalls();
  expectExit(await build(fleet, 3, 'v2'), 0);
  expect(await fleet.reality()).toEqual(rolled);
  expect(await shops(fleet)).toEqual(after);
  expect(fleet.cloud.control.calls('DeregisterTargets')).toBe(0);
  expect(readFileSync(released, 'utf8')).toBe('v1 by build 1\nv2 by build 2\n');
  expect(readFileSync(join(fleet.project.folder, 'deploy.xml'), 'utf8')).toMatch(
    /tests="1" failures="0" errors="0"/,
  );
  await sweep();
});
