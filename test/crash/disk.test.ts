import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { describeUnless } from '../describe-unless.js';
import { until } from '../stages/until.js';
import { Lane } from '../stages/lane.js';
import { ProcessTree } from './process-tree.js';

let lane: Lane;
let mounted: string | undefined;

afterEach(async () => {
  if (mounted !== undefined) execFileSync('umount', [mounted]);
  mounted = undefined;
  await lane.close();
});

const words = ['deploy', '--group', 'api', '--env', 'lab', '--version', 'v2', '--json'] as const;

const deploy = (limits = ''): ProcessTree =>
  new ProcessTree(`${limits}${lane.command(...words)}`, lane.lab.project, lane.environment);

/** How often the journal has that something of AWS was to be changed. */
const intended = (): number =>
  lane.newestLines().filter((line) => /"type":"mutation.intended".*"what":"(de)?register /.test(line)).length;

const changesInAws = (): number =>
  lane.lab.aws.calls('DeregisterTargets') + lane.lab.aws.calls('RegisterTargets');

/** By the result document: whom a person has to look at, each with all that it held. */
const named = (step: ProcessTree): readonly string[] =>
  [...step.stdout.matchAll(/"name": "(api-\d)",\s+"held": \[([^\]]*)\]/g)].map(
    ([, name = '', held = '']) => `${name}:${held.replaceAll(/\s+|\\"/g, ' ')}`,
  );

async function expectStopped(step: ProcessTree): Promise<void> {
  expect(await step.ended, step.stdout + step.stderr).toBe(5);
  expect(changesInAws()).toBeLessThanOrEqual(intended());
  const held = lane.lab.hosts.filter(({ name }) => lane.holds().some((hold) => hold.startsWith(name)));
  expect(held.length).toBeGreaterThan(0);
  expect(named(step).length).toBe(held.length);
  for (const { name } of held)
    expect(named(step).join('\n')).toContain(`${name}: "its registration in api-http:5060"`);
}

async function expectRecovered(): Promise<void> {
  const next = deploy();
  expect(await next.ended, next.stdout + next.stderr).toBe(0);
  expect(lane.running()).toEqual(['api v2', 'api v2', 'api v2', 'api v2']);
  await until(() => lane.inService().every((state) => state === 'healthy'));
  expect([...lane.holds(), ...lane.leases()]).toEqual([]);
}

async function open(): Promise<void> {
  lane = await Lane.open();
  await lane.given('v1');
  lane.lab.aws.forgetCalls();
}

describe('a journal that cannot be written any more', () => {
  it.each([
    ['while the hosts of the second batch drain', 16],
    ['while their containers are replaced', 20],
  ])(
    '%s: nothing more is changed, what is held is named, and the next deploy recovers it',
    async (_, blocks) => {
      await open();
      const load = lane.startLoad();

      const step = deploy(`ulimit -f ${blocks}; `);

      await expectStopped(step);
      expect(step.stderr).toContain('EFBIG');
      await expectRecovered();
      expect((await load.stop()).failed).toBe(0);
    },
  );
});

/** A file system of its own, with so little room. */
function mount(folder: string): void {
  mkdirSync(folder, { recursive: true });
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', folder], { stdio: 'pipe' });
  mounted = folder;
}

function whyNoMount(): string | undefined {
  try {
    execFileSync('unshare', ['--mount', 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt'], { stdio: 'pipe' });
    return undefined;
  } catch {
    return 'nothing may be mounted here';
  }
}

describeUnless(whyNoMount(), 'a disk that is full', () => {
  it('is as any journal that cannot be written, and the next deploy recovers it once there is room', async () => {
    await open();
    const folder = join(lane.lab.project, '.adfpush/journals');
    mount(folder);
    const load = lane.startLoad();
    const step = deploy();
    await until(() => lane.inService().filter((state) => state === 'draining').length === 3, 120_000);
    const filler = join(folder, 'filler');
    fill(filler);

    await expectStopped(step);

    expect(step.stderr).toContain('ENOSPC');
    writeFileSync(filler, '');
    await expectRecovered();
    expect((await load.stop()).failed).toBe(0);
  });
});

function fill(file: string): void {
  try {
    for (let kibibytes = 1; ; kibibytes += 1) writeFileSync(file, Buffer.alloc(1_024), { flag: 'a' });
  } catch {
    // There is no room any more.
  }
}
