import { describe, expect, it } from 'vitest';
import { errorsOf } from '../../src/errors/adf-error.js';
import { accountId } from '../../src/model/ids.js';
import { deployWith } from '../../src/deploy/deploy.js';
import { planWith } from '../../src/deploy/plan.js';
import { recoverWith, type RecoverOptions } from '../../src/recovery/recover.js';
import { renderStatus } from '../../src/report/status-view.js';
import { statusWith } from '../../src/deploy/status.js';
import { everyNth } from '../deep.js';
import { deployOptions, FleetStage, type StageOptions } from '../stages/fleet-stage.js';
import type { Life } from '../fakes/mortal-world.js';
import type { RunHooks } from '../../src/world/context.js';
import { image } from '../fakes/world/image-behaviour.js';

const all = (hosts: number, what: string): readonly string[] =>
  Array.from({ length: hosts }, (_, index) => `i-${index + 1}: ${what}`);
const { project, environment, extraVars } = deployOptions;
const recoverOptions: RecoverOptions = { project, environment, extraVars };

/** A deploy that dies after its nth call of a port's method. */
async function killedAfter(method: string, options: StageOptions = {}, nth = 1): Promise<FleetStage> {
  const deploy = (stage: FleetStage, call?: number): Promise<Life> =>
    stage.untilDeath(call === undefined ? undefined : { call, when: 'after' }, (world, hooks) =>
      deployWith(world, deployOptions, hooks),
    );
  const { calls } = await deploy(new FleetStage(options));
  const stage = new FleetStage(options);
  const call = calls.flatMap((name, index) => (name === method ? [index + 1] : []))[nth - 1];
  await deploy(stage, call);
  return stage;
}

const thrownBy = async (work: Promise<unknown>) =>
  errorsOf(
    await work.then(
      () => new Error('nothing was thrown'),
      (error: unknown) => error,
    ),
  );

describe('recover', () => {
  it('restores what a deploy held that was killed while it stopped a container', async () => {
    const stage = await killedAfter('runtime.stop');
    expect(stage.now[0]).not.toContain('running, in service');
    const result = await stage.recover();
    expect(result).toMatchObject({ exit: 0, verb: 'recover', groups: ['api'], named: [] });
    expect(result.hosts.map(({ host, status }) => `${host} ${status}`)).toEqual(['i-1 restored']);
    expect(await stage.later()).toEqual(all(3, 'v1 running, in service'));
    expect(stage.hosts.flatMap(({ holds }) => [...holds.keys()])).toEqual([]);
  });

  it('says so when nothing is held, and changes nothing', async () => {
    const stage = new FleetStage();
    await stage.deploy();
    const before = stage.mutations.length;
    expect(await stage.recover()).toMatchObject({ exit: 0, recovered: [], hosts: [] });
    expect(stage.mutations.slice(before)).toEqual([]);
  });

  it('waits for a container that was still being stopped: it is not in service when that goes down', async () => {
    const container = { name: 'api', ports: ['5060:5000'], stop_timeout: '100s' };
    const stage = await killedAfter('runtime.setRestartPolicy', { groupVars: { container } });
    const [old] = [...stage.host('i-1').containers.values()];
    const records = await stage.journals.read((await stage.journals.runs())[0]!);
    const stopped = { at: stage.world.clock.now(), id: '99', host: stage.hosts[0]!.host.id };
    expect(records.at(-1)).toMatchObject({ type: 'mutation.intended' });
    const journal = await stage.journals.reopen((await stage.journals.runs())[0]!);
    await journal.append({ ...stopped, type: 'mutation.intended', what: `stop container ${old!.id}` });
    // The Engine has the request; the container goes down just before it would be killed.
    stage.world.clock.after(99_000, () => old!.stop('program'), true);
    expect(await stage.recover()).toMatchObject({ exit: 0, named: [] });
    expect(await stage.later()).toEqual(all(3, 'v1 running, in service'));
  });

  it('goes on after it was itself killed, at any of its calls', async () => {
    const interrupted = () => killedAfter('runtime.start');
    const recover = (stage: FleetStage, call?: number): Promise<Life> =>
      stage.untilDeath(call === undefined ? undefined : { call, when: 'after' }, (world, hooks) =>
        recoverWith(world, recoverOptions, hooks),
      );
    const { calls } = await recover(await interrupted());
    for (const call of everyNth(5, [...calls.keys()]).map((index) => index + 1)) {
      const stage = await interrupted();
      await recover(stage, call);
      const result = await stage.recover({ lockWait: 300_000 });
      expect({ call, exit: result.exit, named: result.named }).toEqual({ call, exit: 0, named: [] });
      expect(await stage.later()).toEqual(all(3, 'v1 running, in service'));
      expect((await stage.recover()).recovered).toEqual([]);
    }
  });

  it('names a host that cannot be reached, and restores it when it can', async () => {
    const stage = await killedAfter('runtime.stop', { rollout: { reconnect: '1m' } });
    stage.host('i-1').lose();
    const result = await stage.recover();
    expect(result).toMatchObject({
      exit: 5,
      named: [{ host: 'i-1', held: ['its registration in api-http:5060', 'its container "api" (v1)'] }],
    });
    stage.host('i-1').find();
    expect(await stage.recover()).toMatchObject({ exit: 0, named: [] });
    expect(await stage.later()).toEqual(all(3, 'v1 running, in service'));
  });

  it('says of a host that is back, and that its balancer finds unhealthy as before, that nothing of it is held', async () => {
    const stage = new FleetStage({ hosts: 4, rollout: { on_failure: 'stop' } });
    const [first] = stage.hosts;
    if (first === undefined) throw new Error('a stage without hosts');
    // Nothing listens on that port.
    stage.world.registered(stage.group, first, 5061, 'unhealthy');
    stage.release(image.neverHealthy());
    expect(await stage.deploy()).toMatchObject({ exit: 5, named: [{ host: 'i-1' }] });
    const result = await stage.recover();
    expect(result).toMatchObject({ exit: 5, named: [{ host: 'i-1', held: [] }] });
    expect(result.named[0]?.reason).toBe('it was not healthy before, and is back in that state');
    await stage.later();
    expect(stage.seen('i-1')).toBe('v1 running, in service on 5060, unhealthy on 5061');
    expect(await stage.recover()).toMatchObject({ exit: 0, recovered: [] });
  });

  it('registers a host again that cannot be reached when its container was not touched', async () => {
    const stage = await killedAfter('traffic.deregister');
    stage.host('i-1').lose();
    expect(await stage.recover()).toMatchObject({ exit: 0, named: [] });
    expect(await stage.later()).toEqual(all(3, 'v1 running, in service'));
  });

  it('has nothing to put back on a host that is gone for good, and says so', async () => {
    const stage = await killedAfter('runtime.stop');
    stage.world.hosts.delete(stage.hosts[0]!.host.id);
    const result = await stage.recover();
    expect(result).toMatchObject({ exit: 0, named: [] });
    expect(stage.told('warning').some(({ message }) => message.includes('it is gone'))).toBe(true);
    expect((await stage.recover()).recovered).toEqual([]);
  });

  it('is refused while the run lives, and changes nothing', async () => {
    const stage = new FleetStage();
    const before: number[] = [];
    let refused: readonly { readonly code: string }[] = [];
    const deploying = deployWith(await stage.ports(), deployOptions, stage.hooks);
    stage.atTask('i-1', 'health', 'task.started', () => {
      before.push(stage.mutations.length);
    });
    const recovering = (async () => {
      while (before.length === 0) await stage.world.clock.sleep(10);
      refused = await thrownBy(recoverWith(await stage.ports(), recoverOptions, stage.hooks));
    })();
    const [result] = await stage.world.clock.run(Promise.all([deploying, recovering]));
    expect(refused.map(({ code }) => code)).toEqual(['lease.held']);
    expect(result).toMatchObject({ exit: 0 });
  });

  it('refuses to change anything in another account than what is held', async () => {
    const stage = await killedAfter('runtime.stop');
    const world = await stage.ports();
    const before = stage.mutations.length;
    const other = {
      ...world,
      listHosts: async () => ({ ...(await world.listHosts()), account: accountId('999999999999') }),
    };
    const errors = await thrownBy(stage.world.clock.run(recoverWith(other, recoverOptions, stage.hooks)));
    expect(errors.map(({ code }) => code)).toEqual(['recover.wrong_account']);
    expect(stage.mutations.slice(before)).toEqual([]);
  });

  it('takes the health check of the project where the one written down had a secret', async () => {
    const stage = await killedAfter('runtime.stop');
    mask(stage);
    expect(await stage.recover()).toMatchObject({ exit: 0, named: [] });
    expect(await stage.later()).toEqual(all(3, 'v1 running, in service'));
  });

  it('names a host whose health check cannot be known, rather than put it in service unproven', async () => {
    const stage = await killedAfter('runtime.stop');
    mask(stage);
    stage.with({ health: 'none' });
    const result = await stage.recover();
    expect(result).toMatchObject({ exit: 5, errors: [{ code: 'recover.probe' }] });
    expect((await stage.later())[0]).toContain('not registered');
  });

  it('knows a run by its name, and no other', async () => {
    const stage = await killedAfter('runtime.stop');
    const errors = await thrownBy(stage.recover({ run: '20261121T031500Z-00000000' }));
    expect(errors.map(({ code }) => code)).toEqual(['recover.unknown_run']);
    const [run] = await stage.journals.runs();
    expect(await stage.recover({ run: run! })).toMatchObject({ exit: 0, recovered: [run] });
    expect(await stage.recover({ run: run! })).toMatchObject({ exit: 0, recovered: [] });
  });
});

describe('a deploy of a group that a killed run holds', () => {
  it('says whose run it recovers, and that it waits for its lock to run out', async () => {
    const stage = await killedAfter('runtime.stop');
    expect(await stage.deploy()).toMatchObject({ exit: 0, outcome: 'converged' });
    expect(stage.told('recovery.found')).toMatchObject([
      { verb: 'deploy', who: 'ann@desk', groups: ['api'], recovering: true, held: [{ host: { id: 'i-1' } }] },
    ]);
    expect(stage.told('recovery.ended')).toMatchObject([{ restored: [{ id: 'i-1' }], named: [] }]);
    expect(stage.told('warning').some(({ message }) => message.includes('waiting until that runs out'))).toBe(
      true,
    );
    expect(await stage.later()).toEqual(all(3, 'v2 running, in service'));
  });

  it('is refused with --no-recover, and changes nothing', async () => {
    const stage = await killedAfter('runtime.stop');
    const before = stage.mutations.length;
    const errors = await thrownBy(stage.deploy({ noRecover: true }));
    expect(errors.map(({ code }) => code)).toEqual(['recover.refused']);
    expect(errors[0].hint).toContain('adfpush recover 2026');
    expect(stage.mutations.slice(before)).toEqual([]);
  });

  it.each([true, false])('asks a person at a terminal first, who says %s', async (yes) => {
    const stage = await killedAfter('runtime.stop');
    const before = stage.mutations.length;
    const asked: unknown[] = [];
    const confirmRecovery: RunHooks['confirmRecovery'] = (runs) => {
      asked.push(...runs);
      expect(stage.mutations.slice(before)).toEqual([]);
      return Promise.resolve(yes);
    };
    const deploy = stage.deploy({}, { confirmRecovery });
    if (yes) expect(await deploy).toMatchObject({ exit: 0 });
    else expect(await thrownBy(deploy)).toMatchObject([{ code: 'recover.declined', class: 'refused' }]);
    expect(asked).toMatchObject([{ verb: 'deploy', who: 'ann@desk', held: [{ host: 'i-1' }] }]);
    if (yes) expect(await stage.later()).toEqual(all(3, 'v2 running, in service'));
    else expect(stage.mutations.slice(before)).toEqual([]);
  });

  it('does not ask about a run that may be under way on another machine', async () => {
    const stage = await killedAfter('runtime.stop');
    const confirmRecovery = () => Promise.reject(new Error('it was asked about'));
    const hooks = { ...stage.hooks, confirmRecovery };
    const deploy = stage.world.clock.run(deployWith(await stage.elsewhere(), deployOptions, hooks));
    expect(await thrownBy(deploy)).toMatchObject([{ code: 'lease.held' }]);
  });

  it('is refused when a host needs a person, with exit code 5', async () => {
    const stage = await killedAfter('runtime.stop');
    const { holds } = stage.host('i-1');
    expect(holds.size).toBe(2);
    stage.host('i-1').containers.clear();
    const errors = await thrownBy(stage.deploy());
    expect(errors[0]).toMatchObject({ code: 'recover.named', class: 'needs_person' });
    expect(stage.now.slice(1)).toEqual(all(3, 'v1 running, in service').slice(1));
  });

  it('is told of it by a plan and a dry run, which change nothing', async () => {
    const stage = await killedAfter('runtime.start', { hosts: 4 });
    const before = stage.mutations.length;
    await stage.deploy({ check: true }).catch(() => undefined);
    await stage.world.clock
      .run(planWith(await stage.ports(), { ...deployOptions, check: true }, stage.hooks))
      .catch(() => undefined);
    expect(stage.told('recovery.found').map(({ recovering }) => recovering)).toEqual([false, false]);
    expect(stage.mutations.slice(before)).toEqual([]);
  });
});

describe('the status of a group that a killed run holds', () => {
  it('names the run and what it holds, and nothing once that is restored', async () => {
    const stage = await killedAfter('runtime.stop');
    await stage.world.clock.advance(70_000);
    const look = async () =>
      stage.world.clock.run(
        statusWith(await stage.ports(), { ...recoverOptions, groups: ['api'] }, stage.hooks),
      );
    const report = await look();
    expect(report.interrupted).toMatchObject([
      {
        verb: 'deploy',
        who: 'ann@desk',
        held: [{ host: 'i-1', what: ['its registration in api-http:5060', 'its container "api" (v1)'] }],
      },
    ]);
    expect(renderStatus(report)).toContain('was interrupted and still holds 1 host');
    await stage.recover();
    expect((await look()).interrupted).toEqual([]);
  });
});

/** What was written down of the health check had a secret in it. */
function mask(stage: FleetStage): void {
  for (const { holds } of stage.hosts) {
    for (const [key, held] of holds) {
      const { hold } = held;
      if (hold.kind !== 'container' || hold.probe?.kind !== 'http') continue;
      const probe = { ...hold.probe, headers: { authorization: '***' } };
      holds.set(key, { ...held, hold: { ...hold, probe } });
    }
  }
}
