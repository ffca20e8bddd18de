import { describe, expect, it } from 'vitest';
import { errorsOf } from '../../src/errors/adf-error.js';
import { awsError } from '../../src/errors/aws.js';
import { journalUnreadable, journalWrite } from '../../src/errors/journal.js';
import type { RunResult } from '../../src/model/run-result.js';
import { deployWith } from '../../src/deploy/deploy.js';
import { recoverWith } from '../../src/recovery/recover.js';
import type { World } from '../../src/world/world.js';
import { deployOptions, FleetStage, type StageOptions } from '../stages/fleet-stage.js';

const all = (hosts: number, what: string): readonly string[] =>
  Array.from({ length: hosts }, (_, index) => `i-${index + 1}: ${what}`);
const { project, environment, extraVars } = deployOptions;
const options = { project, environment, extraVars };

/** A deploy that died after its first call of a port's method: i-1 is held, and the lock runs for a while yet. */
async function killedAfter(method: string, given: StageOptions = {}): Promise<FleetStage> {
  const deploy = (stage: FleetStage, call?: number) =>
    stage.untilDeath(call === undefined ? undefined : { call, when: 'after' }, (world, hooks) =>
      deployWith(world, deployOptions, hooks),
    );
  const { calls } = await deploy(new FleetStage(given));
  const stage = new FleetStage(given);
  await deploy(stage, calls.indexOf(method) + 1);
  return stage;
}

const recoverIn = async (stage: FleetStage, change: (world: World) => Partial<World>): Promise<RunResult> => {
  const world = await stage.ports();
  return stage.world.clock.run(recoverWith({ ...world, ...change(world) }, options, stage.hooks));
};

const notes = (stage: FleetStage): number => stage.hosts.reduce((sum, { holds }) => sum + holds.size, 0);

describe('a signal during recover', () => {
  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)(
    '(%s) does not stop a restore: the host is back, and the exit code is %i',
    async (name, exit) => {
      const stage = await killedAfter('runtime.stop');
      stage.at(
        ({ type }) => type === 'restore.started',
        () => stage.interrupt(name),
      );

      expect(await stage.recover()).toMatchObject({ exit, outcome: 'interrupted', named: [] });

      expect(await stage.later()).toEqual(all(3, 'v1 running, in service'));
      expect(notes(stage)).toBe(0);
    },
  );

  it('ends the wait for a lock, changes nothing, and says what ended it', async () => {
    const stage = await killedAfter('runtime.stop');
    const other = await stage.elsewhere();
    // Another machine, which cannot know that the run is dead, waits for its lock to run out.
    stage.world.clock.after(5_000, () => stage.interrupt(), true);
    const before = { now: stage.now, mutations: stage.mutations.length };

    const ended = await stage.world.clock.run(
      recoverWith(other, { ...options, lockWait: 300_000 }, stage.hooks).catch((error: unknown) =>
        errorsOf(error),
      ),
    );

    expect(ended).toMatchObject([{ code: 'run.interrupted' }]);
    expect({ now: stage.now, mutations: stage.mutations.length }).toEqual(before);
    expect(notes(stage)).toBeGreaterThan(0);
  });
});

describe('a journal that cannot be read', () => {
  it('is told, and its run is restored by the notes on its hosts', async () => {
    const stage = await killedAfter('runtime.stop');
    // Only the journal tells that the process has ended: the lock has to run out.
    await stage.world.clock.advance(120_000);
    const unreadable = journalUnreadable('/state/journal', new Error('EIO'));

    const result = await recoverIn(stage, ({ journals }) => ({
      journals: {
        create: (run) => journals.create(run),
        reopen: (run) => journals.reopen(run),
        runs: () => journals.runs(),
        last: (run) => journals.last(run),
        read: () => Promise.reject(unreadable),
      },
    }));

    // Something that only the journal tells may be held all the same.
    expect(result).toMatchObject({ exit: 4, outcome: 'failed', named: [] });
    expect(result.errors.map(({ code }) => code)).toContain('journal.unreadable');
    expect(await stage.later()).toEqual(all(3, 'v1 running, in service'));
    expect(notes(stage)).toBe(0);
  });
});

describe('a journal that cannot be written while a host is named', () => {
  it('is told all the same, and the next recovery restores it', async () => {
    const stage = await killedAfter('runtime.stop', { rollout: { reconnect: '1m' } });
    stage.host('i-1').lose();
    let isNamed = false;
    stage.at(
      ({ type }) => type === 'host.named',
      () => (isNamed = true),
    );
    stage.world.calls.intercept = (call, proceed) =>
      isNamed && call.method === 'append' && call.about === 'hold.settled'
        ? Promise.reject(journalWrite('/state/journal', new Error('ENOSPC')))
        : proceed();

    expect(await stage.recover()).toMatchObject({ exit: 5, named: [{ host: 'i-1' }] });
    expect(stage.told('warning').some(({ message }) => message.includes('ENOSPC'))).toBe(true);

    isNamed = false;
    stage.host('i-1').find();
    expect(await stage.recover()).toMatchObject({ exit: 0, named: [] });
    expect(await stage.later()).toEqual(all(3, 'v1 running, in service'));
  });
});

describe('a host that is terminated while it is recovered', () => {
  it.each([
    ['is asked whether what is claimed of it is so', 'list'],
    ['is restored', 'rename'],
  ])('and %s has nothing to be put back', async (_when, method) => {
    const stage = await killedAfter('runtime.start');
    let isOver = false;
    stage.world.calls.intercept = (call, proceed) => {
      if (!isOver && call.port === 'runtime' && call.actor === 'i-1' && call.method === method) {
        isOver = true;
        stage.host('i-1').terminate();
      }
      return proceed();
    };

    expect(await stage.recover()).toMatchObject({ exit: 0, named: [] });

    expect(isOver).toBe(true);
    expect(stage.told('warning').some(({ message }) => message.includes('it is gone'))).toBe(true);
    expect((await stage.later()).slice(1)).toEqual(all(3, 'v1 running, in service').slice(1));
    expect((await stage.recover()).recovered).toEqual([]);
  });
});

describe('a claim that cannot be checked', () => {
  it('for want of a permission is not believed by half: the host is named, and restored by the next recovery', async () => {
    const stage = await killedAfter('runtime.stop');
    const denied = awsError(
      Object.assign(new Error('not authorized'), {
        name: 'AccessDenied',
        $metadata: { httpStatusCode: 403 },
      }),
      { action: 'elasticloadbalancing:DescribeTargetHealth', region: 'eu-west-1' },
    );
    let isDenied = true;
    stage.world.calls.intercept = (call, proceed) =>
      isDenied && call.port === 'traffic' && call.method !== 'register' ? Promise.reject(denied) : proceed();
    const before = stage.mutations.filter((one) => !one.includes('Hold'));

    expect(await stage.recover()).toMatchObject({ exit: 5, named: [{ host: 'i-1' }] });
    expect(stage.mutations.filter((one) => !one.includes('Hold'))).toEqual(before);

    isDenied = false;
    expect(await stage.recover()).toMatchObject({ exit: 0, named: [] });
    expect(await stage.later()).toEqual(all(3, 'v1 running, in service'));
  });

  it('while the Engine of the host restarts is checked when that is back', async () => {
    const stage = await killedAfter('runtime.stop');
    let isOver = false;
    stage.world.calls.intercept = (call, proceed) => {
      if (!isOver && call.port === 'runtime' && call.actor === 'i-1' && call.method === 'list') {
        isOver = true;
        stage.host('i-1').restartEngine(20_000, 'terminated');
      }
      return proceed();
    };

    expect(await stage.recover()).toMatchObject({ exit: 0, named: [] });

    expect(await stage.later()).toEqual(all(3, 'v1 running, in service'));
    expect(notes(stage)).toBe(0);
  });
});
