import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { program } from '../stages/adfpush.js';
import { everyNth } from '../deep.js';
import { endedWithTest, isRunning } from '../stages/processes.js';
import { until } from '../stages/until.js';
import { Lane } from '../stages/lane.js';
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

describe('when the output has no reader any more', () => {
  it('to the very first line, nothing is changed', async () => {
    await open();

    const step = runs(`{ ${lane.command(...deploy)}; echo $? >&2; } | head -1`);
    await step.ended;

    expect(step.stdout).toMatch(/^[\d:]+ adfpush deploy api in lab, run \S+\n$/);
    expect(step.stderr).toMatch(/The output was closed[^]*\n143\n$/);
    expect(lane.lab.aws.calls('DeregisterTargets')).toBe(0);
    await expectAsBefore();
  });

  it('in the middle of a roll, what is held goes back and no other host is begun', async () => {
    await open();
    const load = lane.startLoad();

    const step = runs(`{ ${lane.command(...deploy)}; echo $? >&2; } | sed '/ drained from /q'`);
    await step.ended;

    expect(step.stderr).toMatch(/The output was closed[^]*\n143\n$/);
    expect(lane.lab.aws.calls('DeregisterTargets')).toBe(1);
    await expectAsBefore();
    expect((await load.stop()).failed).toBe(0);
  });

  it.each(
    everyNth(2, [
      ['', []],
      [', with --json', ['--json']],
    ] as const),
  )('on a terminal that was closed, what is held goes back%s', async (_, flags) => {
    await open();
    const load = lane.startLoad();
    const step = runs(`exec script -qec "${lane.command(...deploy, ...flags)}" /dev/null`);
    await until(() => lane.inService().includes('draining'), 120_000);
    const members = step.members();
    const [program = 0, terminal = 0] = [members.at(0), members.at(-1)];
    expect(program).not.toBe(terminal);

    signal(terminal, 'SIGKILL');
    await until(() => !isRunning(program), 120_000);

    expect(lane.newestExit()).toBe(143);
    expect(lane.lab.aws.calls('DeregisterTargets')).toBe(1);
    await expectAsBefore();
    expect((await load.stop()).failed).toBe(0);
  });
});

/** The ends of a program's output that its reader closes: as an agent does that dies, or one that has read enough. */
type Closed = readonly ('stdout' | 'stderr')[];

/** Milliseconds that a stop may take on a busy machine. A program that spins on a write error never ends. */
const deadline = 60_000;

/** A deploy by the program, whose output is closed while its first host drains. */
async function deployUnread(flags: readonly string[], closed: Closed) {
  const running = endedWithTest(
    spawn(process.execPath, [program, ...deploy, ...flags], {
      cwd: lane.lab.project,
      env: lane.environment,
      stdio: ['ignore', 'pipe', 'pipe'],
    }),
  );
  const read = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const)
    running[name].on('data', (chunk: Buffer) => (read[name] += chunk.toString()));
  await until(() => lane.inService().includes('draining'), 120_000);
  for (const name of closed) running[name].destroy();
  await once(running, 'exit', { signal: AbortSignal.timeout(deadline) });
  return { exit: running.exitCode, ...read };
}

describe('a program whose output is closed in the middle of a roll', () => {
  it.each(
    everyNth<[string, readonly string[], Closed]>(3, [
      ['both, with --json', ['--json'], ['stdout', 'stderr']],
      ['where its lines go, with --json', ['--json'], ['stderr']],
      ['both', [], ['stdout', 'stderr']],
      ['where its lines go', [], ['stdout']],
    ]),
  )('stops and ends: %s', async (_, flags, closed) => {
    await open();
    const load = lane.startLoad();

    const { exit, stdout } = await deployUnread(flags, closed);

    expect({ exit, recorded: lane.newestExit() }).toEqual({ exit: 143, recorded: 143 });
    if (!closed.includes('stdout')) expect(JSON.parse(stdout)).toMatchObject({ exit: 143 });
    expect(lane.lab.aws.calls('DeregisterTargets')).toBe(1);
    await expectAsBefore();
    expect((await load.stop()).failed).toBe(0);
  });

  it.each<[string, readonly string[], Closed]>([
    ['its document, with --json', ['--json'], ['stdout']],
    ['its errors', [], ['stderr']],
  ])('goes on where its lines are still read: %s', async (_, flags, closed) => {
    await open();

    const { exit } = await deployUnread(flags, closed);

    expect({ exit, recorded: lane.newestExit() }).toEqual({ exit: 0, recorded: 0 });
    expect(lane.running()).toEqual(['api v2', 'api v2', 'api v2', 'api v2']);
    expect([...lane.holds(), ...lane.leases()]).toEqual([]);
  });

  it('stops and ends where both go into one pipe, with --json', async () => {
    await open();

    const step = runs(
      `{ ${lane.command(...deploy, '--json')} 2>&1; echo $? >&3; } 3>&2 | sed '/ drained from /q'`,
    );
    const ended = await Promise.race([step.ended.then(() => true), pause(deadline, false)]);
    for (const pid of step.members()) signal(pid, 'SIGKILL');

    expect({ ended, exit: step.stderr }).toEqual({ ended: true, exit: '143\n' });
    await expectAsBefore();
  });
});
