import { describe, expect, it } from 'vitest';
import { errorsOf } from '../../src/errors/adf-error.js';
import { connectionLost } from '../../src/errors/ssh.js';
import { environmentName, groupName } from '../../src/model/ids.js';
import type { RunResult } from '../../src/model/run-result.js';
import { deployWith } from '../../src/deploy/deploy.js';
import { recoverWith } from '../../src/recovery/recover.js';
import { resumeWith } from '../../src/deploy/resume.js';
import type { World } from '../../src/world/world.js';
import { deployOptions, FleetStage, type StageOptions } from '../stages/fleet-stage.js';
import { MemoryJournalStore } from '../fakes/memory-journal.js';
import { image } from '../fakes/world/image-behaviour.js';

const all = (what: string, hosts = 3): readonly string[] =>
  Array.from({ length: hosts }, (_, index) => `i-${index + 1}: ${what}`);
const { project, environment, extraVars } = deployOptions;
const patient = { project, environment, extraVars, lockWait: 300_000 };

/** A deploy of v2 that dies after its first call of a port's method. */
async function killedAfter(method: string, options: StageOptions = {}): Promise<FleetStage> {
  const whole = await new FleetStage(options).untilDeath(undefined, (world, hooks) =>
    deployWith(world, deployOptions, hooks),
  );
  const stage = new FleetStage(options);
  const call = whole.calls.indexOf(method) + 1;
  await stage.untilDeath({ call, when: 'after' }, (world, hooks) => deployWith(world, deployOptions, hooks));
  return stage;
}

const notesOf = (stage: FleetStage): readonly string[] =>
  stage.hosts.flatMap(({ host, holds }) => [...holds.values()].map(({ hold }) => `${host.id} ${hold.kind}`));

/** What was changed on hosts and at the balancer, but for notes. */
const changesSince = (stage: FleetStage, before: number): readonly string[] =>
  stage.mutations.slice(before).filter((one) => !one.includes('Hold'));

/** The codes of what it throws, or its exit code. */
const endOf = async (work: Promise<RunResult>): Promise<number | readonly string[]> =>
  work.then(
    ({ exit }) => exit,
    (error: unknown) => errorsOf(error).map(({ code }) => code),
  );

/** The same agent again: it has the journal of the killed run. */
const deployHere = (stage: FleetStage) => stage.deploy({ lockWait: 300_000 });
const deployElsewhere = async (stage: FleetStage, world: World): Promise<RunResult> =>
  stage.world.clock.run(deployWith(world, { ...deployOptions, lockWait: 300_000 }, stage.hooks));
const recoverElsewhere = async (stage: FleetStage): Promise<RunResult> =>
  stage.world.clock.run(recoverWith(await stage.elsewhere(), patient, stage.hooks));

/** It restarts: nothing that is asked of it is answered for this long. */
function restart(stage: FleetStage, id: string, seconds = 60): void {
  stage.host(id).lose();
  stage.world.clock.after(seconds * 1_000, () => stage.host(id).find(), true);
}

describe('the journal of a killed run, after another machine recovered it and deployed', () => {
  /** Killed at `method`; then v2 is deployed from another machine. */
  async function deployedElsewhere(method: string, options?: StageOptions): Promise<FleetStage> {
    const stage = await killedAfter(method, options);
    const result = await deployElsewhere(stage, await stage.elsewhere());
    expect(result).toMatchObject({ exit: 0 });
    expect(await stage.later()).toEqual(all('v2 running, in service'));
    return stage;
  }

  describe.each(['traffic.deregister', 'runtime.stop', 'runtime.rename', 'runtime.start'])(
    'killed at %s',
    (method) => {
      it('undoes nothing when recover asks while the host restarts', async () => {
        const stage = await deployedElsewhere(method);
        restart(stage, 'i-1');
        expect(await endOf(stage.recover(patient))).toBe(0);
        expect(await stage.later()).toEqual(all('v2 running, in service'));
        expect(notesOf(stage)).toEqual([]);
        expect(await stage.recover()).toMatchObject({ exit: 0, recovered: [] });
      });

      it('changes nothing when recover asks and every host answers', async () => {
        const stage = await deployedElsewhere(method);
        const before = stage.mutations.length;
        expect(await endOf(stage.recover(patient))).toBe(0);
        expect(changesSince(stage, before)).toEqual([]);
      });

      it('undoes nothing when the next deploy or resume meets the host late', async () => {
        const stage = await deployedElsewhere(method);
        restart(stage, 'i-1');
        const before = stage.mutations.length;
        await endOf(deployHere(stage));
        restart(stage, 'i-1');
        const resuming = resumeWith(
          await stage.ports(),
          { ...patient, check: false, diff: false },
          stage.hooks,
        );
        await endOf(stage.world.clock.run(resuming));
        expect(await stage.later()).toEqual(all('v2 running, in service'));
        expect(changesSince(stage, before)).toEqual([]);
      });

      it('is acted on in no way for a host that never answers: it is named, and stays held', async () => {
        const stage = await deployedElsewhere(method, { rollout: { reconnect: '1m' } });
        stage.host('i-1').lose();
        const before = stage.mutations.length;
        const result = await stage.recover(patient);
        expect(result).toMatchObject({ exit: 5, named: [{ host: 'i-1' }] });
        expect(changesSince(stage, before)).toEqual([]);
        stage.host('i-1').find();
        expect(await endOf(stage.recover(patient))).toBe(0);
        expect(await stage.later()).toEqual(all('v2 running, in service'));
      });
    },
  );

  it('is not gone on with over a newer release', async () => {
    const stage = await killedAfter('runtime.stop');
    stage.release(image.healthy(), 'v3');
    const options = { ...deployOptions, version: 'v3', lockWait: 300_000 };
    const world = await stage.elsewhere();
    expect(await stage.world.clock.run(deployWith(world, options, stage.hooks))).toMatchObject({ exit: 0 });
    const resuming = resumeWith(await stage.ports(), { ...patient, check: false, diff: false }, stage.hooks);
    expect(await endOf(stage.world.clock.run(resuming))).toEqual(['resume.rolled_since']);
    expect(await stage.later()).toEqual(all('v3 running, in service'));
  });

  it('does not register a lost host that a person took out since', async () => {
    const stage = await deployedElsewhere('traffic.deregister', { rollout: { reconnect: '1m' } });
    stage.group.deregister('operator', stage.registrations[0]!);
    stage.host('i-1').lose();
    expect(await endOf(stage.recover(patient))).toBe(5);
    expect(stage.now[0]).toContain('not registered');
  });

  it('does not undo what another machine restored and left at the old release', async () => {
    const stage = await killedAfter('runtime.stop');
    expect(await recoverElsewhere(stage)).toMatchObject({ exit: 0 });
    restart(stage, 'i-1');
    const before = stage.mutations.length;
    expect(await endOf(stage.recover(patient))).toBe(0);
    expect(changesSince(stage, before)).toEqual([]);
    expect(await stage.later()).toEqual(all('v1 running, in service'));
  });

  it('is told to a person where the host is neither as it was nor of a newer run', async () => {
    const stage = await killedAfter('runtime.stop');
    expect(await recoverElsewhere(stage)).toMatchObject({ exit: 0 });
    stage.group.deregister('operator', stage.registrations[0]!);
    await stage.later();
    expect(await stage.recover(patient)).toMatchObject({
      exit: 5,
      named: [{ host: 'i-1', held: ['its registration in api-http:5060'] }],
      errors: [{ code: 'recover.unchecked' }],
    });
    expect(stage.now[0]).toBe('i-1: v1 running, not registered');
    stage.group.register('operator', stage.registrations[0]!);
    await stage.later();
    expect(await endOf(stage.recover(patient))).toBe(0);
  });
});

it('is restored by all notes of a host that answers late, also by those that the journal has lost', async () => {
  const stage = await killedAfter('runtime.stop');
  const run = (await stage.journals.runs())[0]!;
  const records = await stage.journals.read(run);
  const journals = new MemoryJournalStore();
  const journal = await journals.create(run);
  for (const record of records) {
    if (record.type !== 'hold.opened' || record.hold.kind !== 'registration') await journal.append(record);
  }
  restart(stage, 'i-1');
  const world = { ...(await stage.ports()), journals };
  expect(await stage.world.clock.run(recoverWith(world, patient, stage.hooks))).toMatchObject({ exit: 0 });
  expect(await stage.later()).toEqual(all('v1 running, in service'));
  expect(notesOf(stage)).toEqual([]);
});

describe('a killed run whose notes on the host are pruned', () => {
  describe.each(['traffic.deregister', 'runtime.stop', 'runtime.rename', 'runtime.create', 'runtime.start'])(
    'killed at %s',
    (method) => {
      async function pruned(options?: StageOptions): Promise<FleetStage> {
        const stage = await killedAfter(method, options);
        stage.host('i-1').holds.clear();
        return stage;
      }

      it('is restored from its journal', async () => {
        const stage = await pruned();
        expect(await endOf(stage.recover(patient))).toBe(0);
        expect(await stage.later()).toEqual(all('v1 running, in service'));
        expect(notesOf(stage)).toEqual([]);
        expect(await stage.recover()).toMatchObject({ exit: 0, recovered: [] });
      });

      it('is restored by the next deploy, which then rolls', async () => {
        const stage = await pruned();
        expect(await endOf(deployHere(stage))).toBe(0);
        expect(await stage.later()).toEqual(all('v2 running, in service'));
        expect(notesOf(stage)).toEqual([]);
      });

      it('is restored after the host was met late', async () => {
        const stage = await pruned();
        restart(stage, 'i-1', 120);
        expect(await endOf(stage.recover(patient))).toBe(0);
        expect(await stage.later()).toEqual(all('v1 running, in service'));
      });
    },
  );

  it('is restored also when an earlier recovery did not reach the host: its lease came between, and no other', async () => {
    const stage = await killedAfter('runtime.stop', { rollout: { reconnect: '1m' } });
    stage.host('i-1').holds.clear();
    stage.host('i-1').lose();
    expect(await endOf(stage.recover(patient))).toBe(5);
    stage.host('i-1').find();
    expect(await endOf(stage.recover(patient))).toBe(0);
    expect(await stage.later()).toEqual(all('v1 running, in service'));
  });

  it('restores workers, which no target group tells to be healthy', async () => {
    const stage = await killedAfter('runtime.start', { groupVars: { target_groups: 'none' } });
    stage.host('i-1').holds.clear();
    expect(await endOf(stage.recover(patient))).toBe(0);
    expect((await stage.later()).map((host) => host.split(',')[0])).toEqual(all('v1 running'));
  });
});

describe('a killed run that another machine recovers, with the note of a registration pruned', () => {
  async function pruned(method: string): Promise<FleetStage> {
    const stage = await killedAfter(method);
    const { holds } = stage.host('i-1');
    for (const [key, { hold }] of holds) if (hold.kind === 'registration') holds.delete(key);
    return stage;
  }

  it.each(['runtime.stop', 'runtime.start'])('killed at %s: is not said to be restored', async (method) => {
    const stage = await pruned(method);
    expect(await recoverElsewhere(stage)).toMatchObject({
      exit: 5,
      hosts: [{ host: 'i-1', status: 'named' }],
      named: [{ host: 'i-1', held: [], reason: expect.stringContaining('api-http') as string }],
    });
    expect((await stage.later())[0]).toBe('i-1: v1 running, not registered');
    stage.group.register('operator', stage.registrations[0]!);
    await stage.later();
    expect(await endOf(deployElsewhere(stage, await stage.elsewhere()))).toBe(0);
    expect(await stage.later()).toEqual(all('v2 running, in service'));
  });

  it('is restored where the host is in service again', async () => {
    const stage = await pruned('runtime.stop');
    stage.group.register('operator', stage.registrations[0]!);
    expect(await recoverElsewhere(stage)).toMatchObject({ exit: 0, named: [] });
    expect(await stage.later()).toEqual(all('v1 running, in service'));
  });
});

describe('a note that was seen before the lease, on a host that does not answer under it', () => {
  /** The host is lost once it has told of its notes. */
  async function lostAfterLook(
    seconds?: number,
  ): Promise<{ readonly stage: FleetStage; readonly world: World }> {
    const stage = await killedAfter('runtime.stop', { rollout: { reconnect: '1m' } });
    await stage.world.clock.advance(120_000);
    const world = await stage.elsewhere();
    const acquire: World['leases']['acquire'] = (request) => {
      if (seconds === undefined) stage.host('i-1').lose();
      else restart(stage, 'i-1', seconds);
      return world.leases.acquire(request);
    };
    const { leases } = world;
    const look: World['leases']['look'] = (name) => leases.look(name);
    const seize: World['leases']['seize'] = (name, by) => leases.seize(name, by);
    return { stage, world: { ...world, leases: { acquire, look, seize } } };
  }

  it('is named where it does not come back: nothing is forgotten', async () => {
    const { stage, world } = await lostAfterLook();
    const result = await stage.world.clock.run(recoverWith(world, patient, stage.hooks));
    expect(result).toMatchObject({ exit: 5, named: [{ host: 'i-1' }] });
    stage.host('i-1').find();
    expect(await recoverElsewhere(stage)).toMatchObject({ exit: 0 });
    expect(await stage.later()).toEqual(all('v1 running, in service'));
  });

  it('is restored when it comes back', async () => {
    const { stage, world } = await lostAfterLook(30);
    const result = await stage.world.clock.run(recoverWith(world, patient, stage.hooks));
    expect(result).toMatchObject({ exit: 0, named: [] });
    expect(await stage.later()).toEqual(all('v1 running, in service'));
    expect(notesOf(stage)).toEqual([]);
  });
});

describe('a note that outlived its run', () => {
  /** The first note of this kind on i-1 cannot be taken off; the deploy ends well. */
  async function left(
    options: StageOptions,
    isIt: (hold: { readonly kind: string; readonly state?: string }) => boolean,
  ): Promise<FleetStage> {
    const stage = new FleetStage(options);
    if (options.groupVars !== undefined) stage.world.addTargetGroup('api-new', {});
    const { host, holds } = stage.host('i-1');
    stage.world.calls.intercept = (call, proceed) => {
      const about = [...holds.values()].find(({ hold }) => hold.id === call.about)?.hold;
      return call.method === 'forgetHold' && call.host === host.id && about !== undefined && isIt(about)
        ? Promise.reject(connectionLost(host, 'cut'))
        : proceed();
    };
    expect(await stage.deploy()).toMatchObject({ exit: 0 });
    stage.world.calls.intercept = (_call, proceed) => proceed();
    await stage.later();
    expect(notesOf(stage)).toEqual(['i-1 registration']);
    return stage;
  }

  const wasOut = () => left({}, ({ kind }) => kind === 'registration');
  const wasNew = () =>
    left({ groupVars: { target_groups: ['api-http', 'api-new'] } }, ({ state }) => state === 'absent');

  it('does not put back in service what a person took out since', async () => {
    const stage = await wasOut();
    stage.group.deregister('operator', stage.registrations[0]!);
    await stage.later();
    expect(await stage.recover()).toMatchObject({ exit: 0, recovered: [] });
    expect((await stage.later())[0]).toBe('i-1: v2 running, not registered');
    expect(notesOf(stage)).toEqual([]);
  });

  it.each([
    ['recover', (stage: FleetStage) => stage.recover()],
    ['recover on another machine', recoverElsewhere],
  ])('does not drain a healthy host: %s', async (_, recover) => {
    const stage = await wasNew();
    const targets = stage.world.describeTargets();
    expect(await recover(stage)).toMatchObject({ exit: 0, named: [] });
    await stage.later();
    expect(stage.world.describeTargets()).toEqual(targets);
    expect(notesOf(stage)).toEqual([]);
  });

  it.each([
    ['this machine', (stage: FleetStage) => stage.ports()],
    ['another machine', (stage: FleetStage) => stage.elsewhere()],
  ])('is taken off by the next deploy, from %s, which rolls all hosts', async (_, machine) => {
    const stage = await wasNew();
    stage.release(image.healthy(), 'v3');
    const world = await machine(stage);
    const deploying = deployWith(world, { ...deployOptions, version: 'v3', lockWait: 300_000 }, stage.hooks);
    expect(await stage.world.clock.run(deploying)).toMatchObject({ exit: 0 });
    expect(await stage.later()).toEqual(all('v3 running, in service'));
    expect(notesOf(stage)).toEqual([]);
  });

  it('of a run that a newer one has followed is void on another machine', async () => {
    const stage = await wasOut();
    const kept = [...stage.host('i-1').holds];
    stage.release(image.healthy(), 'v3');
    expect(await stage.deploy({ version: 'v3' })).toMatchObject({ exit: 0 });
    for (const [key, note] of kept) stage.host('i-1').holds.set(key, note);
    stage.group.deregister('operator', stage.registrations[0]!);
    await stage.later();
    expect(await recoverElsewhere(stage)).toMatchObject({ exit: 0, named: [] });
    expect((await stage.later())[0]).toBe('i-1: v3 running, not registered');
    expect(notesOf(stage)).toEqual([]);
  });
});

describe('a held host that has another group by now', () => {
  /** From now on the host is tagged `web`, in every inventory that this world lists. */
  const moved = async (world: World, id = 'i-1'): Promise<World> => ({
    ...world,
    listHosts: async () => {
      const inventory = await world.listHosts();
      const hosts = inventory.hosts.map((host) =>
        host.id === id ? { ...host, groups: [groupName('web')] } : host,
      );
      const group = (name: string) => hosts.filter(({ groups }) => groups.some((one) => one === name));
      return { ...inventory, hosts, group };
    },
  });

  it.each([
    ['recover, on this machine', (stage: FleetStage) => stage.ports()],
    ['recover, on another machine', (stage: FleetStage) => stage.elsewhere()],
  ])('is restored to what the group that it was in had taken: %s', async (_, machine) => {
    const stage = await killedAfter('runtime.stop');
    const world = await moved(await machine(stage));
    expect(await stage.world.clock.run(recoverWith(world, patient, stage.hooks))).toMatchObject({ exit: 0 });
    expect(await stage.later()).toEqual(all('v1 running, in service'));
    expect(notesOf(stage)).toEqual([]);
  });

  it('is left alone while another run has its new group', async () => {
    const stage = await killedAfter('runtime.stop');
    const world = await moved(await stage.elsewhere());
    const hosts = (await world.listHosts()).group('web');
    const web = { environment: environmentName('test'), group: groupName('web'), hosts };
    await world.leases.acquire({ ...web, owner: { run: 'other', who: 'bob@desk' }, duration: 3_600_000 });
    const before = stage.mutations.length;
    const recovering = recoverWith(world, patient, stage.hooks);
    expect(await endOf(stage.world.clock.run(recovering))).toEqual(['lease.held']);
    expect(changesSince(stage, before)).toEqual([]);
  });

  it('is restored before its new group is changed', async () => {
    const stage = await killedAfter('runtime.stop');
    const world = await moved(await stage.elsewhere());
    const options = { ...patient, groups: ['web'] };
    expect(await stage.world.clock.run(recoverWith(world, options, stage.hooks))).toMatchObject({ exit: 0 });
    expect(await stage.later()).toEqual(all('v1 running, in service'));
    expect(notesOf(stage)).toEqual([]);
  });

  it('is not forgotten where another host of its run leads to the run', async () => {
    const stage = await killedAfter('traffic.deregister', { hosts: 4, rollout: { serial: '50%' } });
    expect(new Set(notesOf(stage))).toEqual(new Set(['i-1 registration', 'i-2 registration']));
    const world = await moved(await stage.elsewhere());
    const options = { ...patient, groups: ['api'] };
    expect(await stage.world.clock.run(recoverWith(world, options, stage.hooks))).toMatchObject({ exit: 0 });
    expect(await stage.later()).toEqual(all('v1 running, in service', 4));
    expect(notesOf(stage)).toEqual([]);
  });
});

it('names the notes of one run in its hint, and no others', async () => {
  const stage = await killedAfter('runtime.stop');
  const [run] = await stage.journals.runs();
  stage.host('i-1').containers.clear();
  const error = await stage.deploy().catch((thrown: unknown) => errorsOf(thrown)[0]);
  expect(error).toMatchObject({ hint: expect.stringContaining(`-f name=adfpush-hold-${run}-)`) as string });
});
