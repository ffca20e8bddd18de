import { describe, expect, it } from 'vitest';
import { errorsOf } from '../../src/errors/adf-error.js';
import { awsError } from '../../src/errors/aws.js';
import { leaseUnavailable } from '../../src/errors/lease.js';
import { environmentName, groupName } from '../../src/model/ids.js';
import { quietTime } from '../../src/model/late-effect.js';
import { placeOf, tagsOf } from '../../src/plan/reservation.js';
import { deployWith } from '../../src/deploy/deploy.js';
import { recoverWith } from '../../src/recovery/recover.js';
import { FleetStage, type StageOptions, deployOptions } from '../stages/fleet-stage.js';

const api = { environment: environmentName('test'), group: groupName('api') };
const { project, environment, extraVars } = deployOptions;

class FrozenStage extends FleetStage {
  /** The lease is not to be had: too many hosts of the group do not answer. */
  frozen = false;
}

/** A deploy died right after this call on i-1; its lease ran out, and a majority of the group froze. `prepare` is done to the fleet first. */
async function frozenAfter(
  method: string,
  prepare: (stage: FleetStage) => void = () => undefined,
  options: StageOptions = {},
): Promise<FrozenStage> {
  const stage = new FrozenStage(options);
  prepare(stage);
  const rehearsal = new FleetStage(options);
  prepare(rehearsal);
  const whole = await rehearsal.untilDeath(undefined, (world, hooks) =>
    deployWith(world, deployOptions, hooks),
  );
  const call = whole.calls.indexOf(method) + 1;
  await stage.untilDeath({ call, when: 'after' }, (world, hooks) => deployWith(world, deployOptions, hooks));
  await stage.world.clock.advance(120_000);
  stage.frozen = true;
  stage.world.calls.intercept = (call, proceed) =>
    stage.frozen && call.port === 'lease'
      ? Promise.reject(leaseUnavailable(api, 1, 2, ['i-2: no answer in time.', 'i-3: no answer in time.']))
      : proceed();
  return stage;
}

const lostAnswer = (): Error =>
  awsError(Object.assign(new Error('socket hang up'), { name: 'ECONNRESET', code: 'ECONNRESET' }), {
    action: 'elasticloadbalancing:RegisterTargets',
    region: 'eu-west-1',
  });
const codeOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'recovered',
    (error: unknown) => errorsOf(error)[0].code,
  );
const place = async (stage: FleetStage): Promise<string | undefined> => (await stage.later())[0];

describe('a host whose registration alone was taken, in a group that cannot be locked', () => {
  it('is registered again and named, and settled by the next recovery that has the lock', async () => {
    const stage = await frozenAfter('traffic.deregister');
    const result = await stage.recover();
    expect(result).toMatchObject({
      exit: 5,
      named: [{ host: 'i-1', held: ['its registration in api-http:5060'] }],
    });
    expect(result.named[0]?.reason).toContain('registered again');
    expect(await place(stage)).toBe('i-1: v1 running, in service');
    expect(stage.host('i-1').holds.size).toBe(1);
    stage.frozen = false;
    expect(await stage.recover()).toMatchObject({ exit: 0, named: [] });
    expect(await place(stage)).toBe('i-1: v1 running, in service');
    expect(stage.host('i-1').holds.size).toBe(0);
  });

  it('is told of only once a call whose answer was lost cannot come late any more', async () => {
    const stage = await frozenAfter('traffic.deregister');
    const { intercept } = stage.world.calls;
    let lostAt: number | undefined;
    stage.world.calls.intercept = (call, proceed) => {
      if (call.method !== 'register' || lostAt !== undefined) return intercept(call, proceed);
      lostAt = stage.world.clock.elapsed();
      return Promise.reject(lostAnswer());
    };
    expect(await stage.recover()).toMatchObject({ exit: 5, named: [{ host: 'i-1' }] });
    expect(stage.world.clock.elapsed() - (lostAt ?? Infinity)).toBeGreaterThanOrEqual(quietTime);
  });

  it('is left out where another run has reserved its place', async () => {
    const stage = await frozenAfter('traffic.deregister');
    const [registration] = stage.registrations;
    if (registration === undefined) throw new Error('it was registered');
    const tags = tagsOf({
      owner: 'test/web',
      run: 'run-of-bob',
      expires: stage.world.clock.now() + 60_000,
      out: new Set([placeOf(registration)]),
      wanted: new Set(),
    });
    await stage.world.clock.run((await stage.ports()).traffic.tag(registration.targetGroup, tags));
    expect(await codeOf(stage.recover())).toBe('lease.unavailable');
    expect(await place(stage)).toBe('i-1: v1 running, not registered');
  });

  it('is left out where the host does not answer: another run may have it', async () => {
    const stage = await frozenAfter('traffic.deregister');
    stage.host('i-1').lose();
    expect(await codeOf(stage.recover())).toBe('lease.unavailable');
    expect(await place(stage)).toBe('i-1: v1 running, not registered');
  });

  it('is left out where its note is gone: a newer run may have taken it off', async () => {
    const stage = await frozenAfter('traffic.deregister');
    stage.host('i-1').holds.clear();
    expect(await codeOf(stage.recover())).toBe('lease.unavailable');
    expect(await place(stage)).toBe('i-1: v1 running, not registered');
  });

  it('is not named for another host of its run, from which nothing was taken yet', async () => {
    const slowNoteOnSecond = ({ world }: FleetStage): void => {
      world.calls.intercept = async (call, proceed) => {
        if (call.method === 'keepHold' && call.actor === 'i-2') await world.clock.sleep(3_600_000);
        return proceed();
      };
    };
    const rollout = { serial: 2 };
    const stage = await frozenAfter('traffic.deregister', slowNoteOnSecond, { hosts: 5, rollout });
    const claimed = stage.told('hold.opened').map(({ host }) => host.id);
    const result = await stage.recover();
    expect(claimed).toContain('i-2');
    expect(result.named.map(({ host }) => host)).not.toContain('i-2');
    expect(result.hosts).toContainEqual(expect.objectContaining({ host: 'i-2', status: 'untouched' }));
    expect(result).toMatchObject({ exit: 5, named: [{ held: ['its registration in api-http:5060'] }] });
    stage.frozen = false;
    expect(await stage.recover()).toMatchObject({ exit: 0, named: [] });
    expect(await stage.later()).toEqual(stage.hosts.map(({ host }) => `${host.id}: v1 running, in service`));
  });

  it('is left out by another machine, which cannot know that the run is dead', async () => {
    const stage = await frozenAfter('traffic.deregister');
    const world = await stage.elsewhere();
    const work = recoverWith(world, { project, environment, extraVars }, stage.hooks);
    expect(await codeOf(stage.world.clock.run(work))).toBe('lease.unavailable');
    expect(await place(stage)).toBe('i-1: v1 running, not registered');
  });
});

describe('a host whose container was touched, in a group that cannot be locked', () => {
  it.each(['runtime.rename', 'runtime.stop', 'runtime.start'])(
    'is left as it is after %s',
    async (method) => {
      const stage = await frozenAfter(method);
      const before = stage.mutations.length;
      expect(await codeOf(stage.recover())).toBe('lease.unavailable');
      expect(stage.mutations.slice(before)).toEqual([]);
    },
  );
});

describe('a group that cannot be locked', () => {
  it('has nothing registered of a host that a person has registered again: that is still to be settled', async () => {
    const stage = await frozenAfter('traffic.deregister');
    stage.group.register('operator', stage.registrations[0]!);
    await stage.world.clock.advance(60_000);
    const before = stage.mutations.length;

    const result = await stage.recover();

    expect(stage.mutations.slice(before)).toEqual([]);
    expect(result.named).toMatchObject([{ host: 'i-1', held: ['its registration in api-http:5060'] }]);
    expect(await place(stage)).toBe('i-1: v1 running, in service');
    stage.frozen = false;
    expect(await stage.recover()).toMatchObject({ exit: 0, named: [] });
    expect(stage.host('i-1').holds.size).toBe(0);
  });

  it('is refused when its held host is not listed any more', async () => {
    const stage = await frozenAfter('traffic.deregister');
    stage.host('i-1').tagged = false;
    const before = stage.mutations.length;

    expect(await codeOf(stage.recover())).toBe('lease.unavailable');
    expect(stage.mutations.slice(before)).toEqual([]);
  });
});
