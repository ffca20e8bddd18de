import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import { expectExit } from './expect-exit.js';
import { fleetTest } from './fleet-test.js';
import type { Fleet } from './fleet.js';

const killAt = new URL('../stages/kill-at.ts', import.meta.url);

/** Starts where every host runs v1. The lease is short, so that the run after a killed one need not wait long for it. */
async function open(fleet: Fleet): Promise<void> {
  fleet.project.settings({}, { state: { lease: '45s' } });
  await fleet.given('v1');
}

/** Deploys v2, and kills the program at a record of its journal. */
async function killedAt(fleet: Fleet, point: string): Promise<void> {
  fleet.env = { NODE_OPTIONS: `--import ${killAt.href}`, CRASH_AT: point };
  const { exit } = await fleet.deploy('v2');
  fleet.env = {};
  expect(exit).toBeUndefined();
}

/** No volume tells of a hold any more. */
async function expectNothingHeld(fleet: Fleet): Promise<void> {
  const held = fleet.hosts.map(async (host) =>
    host.sh('docker volume ls --quiet --filter label=adfpush.hold'),
  );
  expect((await Promise.all(held)).join('')).toBe('');
}

async function expectWhole(fleet: Fleet): Promise<void> {
  expect(await fleet.running()).toEqual(fleet.all(['api v2']));
  expect(fleet.cloud.registrations('api-http')).toEqual(fleet.inService());
  await expectNothingHeld(fleet);
}

fleetTest('recovers by itself from a deploy that was killed during a drain', async ({ fleet }) => {
  await open(fleet);
  fleet.cloud.control.setDeregistrationDelay('api-http', 3_000);
  const load = fleet.load();
  const deploy = fleet.startDeploy('v2', '--json');
  await fleet.firstDraining();
  deploy.kill('SIGKILL');
  await deploy.ended;

  const next = await fleet.deploy('v2');

  expectExit(next, 0);
  expect((await load.stop()).failures).toEqual([]);
  await expectWhole(fleet);
});

fleetTest('recovers by itself when neither the old container ran nor the new one', async ({ fleet }) => {
  await open(fleet);
  const load = fleet.load();
  await killedAt(fleet, 'before:"what":"start container ');
  const running = await fleet.running();
  expect(Object.values(running).filter((containers) => containers.length === 0).length).toBe(1);

  const next = await fleet.deploy('v2');

  expectExit(next, 0);
  expect((await load.stop()).failures).toEqual([]);
  await expectWhole(fleet);
});

fleetTest(
  'recovers, from another machine too, a host in service whose batch did not end',
  async ({ fleet }) => {
    await open(fleet);
    const load = fleet.load();
    await killedAt(fleet, 'before:"as":"replaced"');
    expect(Object.values(await fleet.running()).filter(([one]) => one === 'api v2').length).toBe(1);
    const elsewhere = mkdtempSync(join(tmpdir(), 'adfpush-elsewhere-'));

    fleet.env = { XDG_STATE_HOME: elsewhere };
    const next = await fleet.deploy('v2', '--lock-wait', '5m');

    rmSync(elsewhere, { recursive: true });
    expectExit(next, 0);
    expect((await load.stop()).failures).toEqual([]);
    await expectWhole(fleet);
  },
);
