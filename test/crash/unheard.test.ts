import { afterEach, describe, expect, it } from 'vitest';
import { isAlive } from '../lab/processes.js';
import { until } from '../lab/until.js';
import { Lane } from './lane.js';
import { ProcessTree, signal } from './process-tree.js';

let lane: Lane;

afterEach(() => lane.close());

const deploy = ['deploy', '--group', 'api', '--env', 'lab', '--version', 'v2', '--yes'] as const;

async function open(): Promise<void> {
  lane = await Lane.open();
  await lane.given('v1');
  lane.lab.aws.forgetCalls();
}

const runs = (script: string): ProcessTree => new ProcessTree(script, lane.lab.project, lane.environment);

async function expectAsBefore(): Promise<void> {
  await until(() => lane.inService().every((state) => state === 'healthy'));
  expect(lane.running()).toEqual(['api v1', 'api v1', 'api v1', 'api v1']);
  expect([...lane.holds(), ...lane.leases()]).toEqual([]);
}

describe('when nobody listens any more', () => {
  it('to the very first line, nothing is changed', async () => {
    await open();

    const step = runs(`{ ${lane.command(...deploy)}; echo $? >&2; } | head -1`);
    await step.ended;

    expect(step.stdout).toMatch(/^[\d:]+ adfpush deploy api in lab, run \S+\n$/);
    expect(step.stderr).toMatch(/Nobody reads what is said here any more[^]*\n143\n$/);
    expect(lane.lab.aws.calls('DeregisterTargets')).toBe(0);
    await expectAsBefore();
  });

  it('in the middle of a roll, what is held goes back and no other host is begun', async () => {
    await open();
    const load = lane.startLoad();

    const step = runs(`{ ${lane.command(...deploy)}; echo $? >&2; } | sed '/ drained from /q'`);
    await step.ended;

    expect(step.stderr).toMatch(/Nobody reads what is said here any more[^]*\n143\n$/);
    expect(lane.lab.aws.calls('DeregisterTargets')).toBe(1);
    await expectAsBefore();
    expect((await load.stop()).failed).toBe(0);
  });

  it('on a terminal that was closed, what is held goes back', async () => {
    await open();
    const load = lane.startLoad();
    const step = runs(`exec script -qec "${lane.command(...deploy)}" /dev/null`);
    await until(() => lane.inService().includes('draining'), 30_000);
    const members = step.members();
    const [program = 0, terminal = 0] = [members.at(0), members.at(-1)];
    expect(program).not.toBe(terminal);

    signal(terminal, 'SIGKILL');
    await until(() => !isAlive(program), 30_000);

    expect(lane.newestExit()).toBe(143);
    expect(lane.lab.aws.calls('DeregisterTargets')).toBe(1);
    await expectAsBefore();
    expect((await load.stop()).failed).toBe(0);
  });
});
