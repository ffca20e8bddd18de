import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { until } from '../stages/until.js';
import { Lane, type LaneOptions } from '../stages/lane.js';
import { ProcessTree, signal } from './process-tree.js';

let lane: Lane;

afterEach(() => lane.close());

/** No test waits for that long, in milliseconds: it is how long a machine may take that has much else to do. */
const patience = 180_000;

const deploy = (version: string, ...flags: readonly string[]): readonly string[] => [
  ...['deploy', '--group', 'api', '--env', 'lab', '--version', version, ...flags],
];

/** The time that restoring may take, where it must not run out on a busy machine. */
const unhurried = ['--grace', '60s'];

async function open(options?: LaneOptions): Promise<void> {
  lane = await Lane.open(options);
  await lane.given('v1');
}

/** A step of a build: the shell runs npm, which runs a shell, which runs the program. */
function buildStep(version: string, ...flags: readonly string[]): ProcessTree {
  const scripts = { deploy: lane.command(...deploy(version, ...flags)) };
  writeFileSync(join(lane.lab.project, 'package.json'), JSON.stringify({ name: 'shop', scripts }));
  return new ProcessTree('npm run --silent deploy; echo ended with $?', lane.lab.project, lane.environment);
}

const plainStep = (version: string, ...flags: readonly string[]): ProcessTree =>
  new ProcessTree(
    `${lane.command(...deploy(version, ...flags))}; exit $?`,
    lane.lab.project,
    lane.environment,
  );

const draining = (): boolean => lane.inService().includes('draining');
const runsSomewhere = (version: string): boolean => lane.running().includes(`api ${version}`);
const allHealthy = (): boolean => lane.inService().every((state) => state === 'healthy');

describe('a build that is aborted', () => {
  it.each([
    ['with npm and shells around it', buildStep],
    ['in a shell', plainStep],
  ])(
    'while a drain of 300 s is under way has its hosts back in service long before, %s',
    async (_, start) => {
      await open({ deregistrationDelay: 300_000 });
      const load = lane.startLoad();
      const step = start('v2', ...unhurried);
      await until(draining, 120_000);

      const { killed } = await step.abort(patience);

      expect({ killed, exit: lane.newestExit() }, step.stdout + step.stderr).toEqual({
        killed: 0,
        exit: 143,
      });
      expect(lane.inService()).not.toContain('draining');
      await until(allHealthy);
      expect((await load.stop()).failed).toBe(0);
      expect(lane.running()).toEqual(['api v1', 'api v1', 'api v1', 'api v1']);
      expect([...lane.holds(), ...lane.leases()]).toEqual([]);
    },
  );

  it('with a new container that was not proven yet has the old one back', async () => {
    await open();
    lane.groupHas('timeout: 8s', 'timeout: 60s');
    const load = lane.startLoad();
    const step = buildStep('v3', ...unhurried);
    await until(() => runsSomewhere('v3'), 120_000);

    const { killed } = await step.abort(patience);

    expect({ killed, exit: lane.newestExit() }, step.stdout + step.stderr).toEqual({ killed: 0, exit: 143 });
    expect(lane.running()).toEqual(['api v1', 'api v1', 'api v1', 'api v1']);
    expect(allHealthy()).toBe(true);
    expect((await load.stop()).failed).toBe(0);
    expect([...lane.holds(), ...lane.leases()]).toEqual([]);
  });

  it('names in time what does not come back in time, and the next deploy recovers it', async () => {
    await open({ versions: { deaf: 'stubborn' } });
    lane.groupHas('passes: 2', 'passes: 60');
    lane.groupHas('timeout: 8s', 'timeout: 120s');
    lane.groupHas('stop_timeout: 1s', 'stop_timeout: 20s');
    const load = lane.startLoad();
    const step = buildStep('deaf');
    await until(() => runsSomewhere('deaf'), 120_000);

    const { killed } = await step.abort(patience, () => /still held/.test(step.stdout));

    expect(killed).toBeGreaterThan(0);
    expect(step.stdout).toMatch(/api-\d.*still held: its registration .*, its container "api" \(v1\)/);
    expect(lane.holds().length).toBe(2);
    lane.groupHas('passes: 60', 'passes: 2');
    const next = await lane.deploy('v2');
    expect(next.exit, next.stdout + next.stderr).toBe(0);
    expect(lane.running()).toEqual(['api v2', 'api v2', 'api v2', 'api v2']);
    expect(allHealthy()).toBe(true);
    expect((await load.stop()).failed).toBe(0);
    expect([...lane.holds(), ...lane.leases()]).toEqual([]);
  });
});

describe('a second signal', () => {
  it('ends it at once; what is held is named, and the next deploy recovers it', async () => {
    await open({ versions: { deaf: 'stubborn' } });
    lane.groupHas('passes: 2', 'passes: 60');
    lane.groupHas('timeout: 8s', 'timeout: 120s');
    lane.groupHas('stop_timeout: 1s', 'stop_timeout: 20s');
    const load = lane.startLoad();
    const step = plainStep('deaf');
    await until(() => runsSomewhere('deaf'), 120_000);
    const [program = 0] = step.members();
    signal(program, 'SIGTERM');
    await until(() => /restor/.test(step.stdout));
    // More than npm and shells need to pass the first one on.
    await pause(400);
    signal(program, 'SIGTERM');

    const exit = await step.ended;

    expect(exit, step.stdout + step.stderr).toBe(5);
    expect(step.stderr).toMatch(
      /NEED A PERSON[^]*api-\d.*its registration in api-http:5060[^]*container "api" \(v1\)/,
    );
    expect(step.stderr).toContain('Exiting at once');
    expect(step.stderr).toContain('next deploy of the group restores');
    lane.groupHas('passes: 60', 'passes: 2');
    const next = await lane.deploy('v2');
    expect(next.exit, next.stdout + next.stderr).toBe(0);
    expect(lane.running()).toEqual(['api v2', 'api v2', 'api v2', 'api v2']);
    expect((await load.stop()).failed).toBe(0);
    expect([...lane.holds(), ...lane.leases()]).toEqual([]);
  });
});
