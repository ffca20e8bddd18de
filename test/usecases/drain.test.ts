import { describe, expect, it } from 'vitest';
import { planWith } from '../../src/deploy/plan.js';
import { statusWith } from '../../src/deploy/status.js';
import { errorsOf } from '../../src/errors/adf-error.js';
import type { RunResult } from '../../src/model/run-result.js';
import { image } from '../fakes/world/image-behaviour.js';
import { drainWith, undrainWith } from '../../src/operate/drain.js';
import type { RunHooks } from '../../src/world/context.js';
import type { World } from '../../src/world/world.js';
import { everyNth } from '../deep.js';
import type { Death, Life } from '../fakes/mortal-world.js';
import { deployOptions, FleetStage, type StageOptions } from '../stages/fleet-stage.js';

const stageOf = (options: StageOptions = {}): FleetStage =>
  new FleetStage({ hosts: 4, recordsReleases: true, rollout: { min_healthy: '25%' }, ...options });

/** The codes of what was refused. */
const refused = async (act: Promise<unknown>): Promise<readonly string[]> => {
  const thrown: unknown = await act.then(
    () => undefined,
    (error: unknown) => error,
  );
  return thrown === undefined ? [] : errorsOf(thrown).map(({ code, message }) => `${code}: ${message}`);
};
const statuses = ({ exit, hosts }: RunResult) => [
  exit,
  ...hosts.map(({ host, status }) => `${host} ${status}`),
];
const warnings = (stage: FleetStage): readonly string[] =>
  stage.told('warning').map(({ host, message }) => `${host?.id ?? ''}: ${message}`);
const drained = /drained by ann@desk since \d{4}-\d\d-\d\d \d\d:\d\d UTC/;

describe('drain', () => {
  it('takes a host out, holds nothing after it, and has no effect on a second time', async () => {
    const stage = stageOf();

    expect(statuses(await stage.drain('i-3', { reason: 'its disk' }))).toEqual([0, 'i-3 ok']);
    expect((await stage.later())[2]).toBe('i-3: v1 running, not registered');
    expect(await stage.recover()).toMatchObject({ exit: 0, hosts: [] });
    const before = stage.mutations.length;
    expect((await stage.drain('i-3')).hosts).toMatchObject([{ changed: 0 }]);

    expect(stage.mutations).toHaveLength(before);
    expect(await stage.later()).toEqual([
      'i-1: v1 running, in service',
      'i-2: v1 running, in service',
      'i-3: v1 running, not registered',
      'i-4: v1 running, in service',
    ]);
  });

  it('stops at the floor, and puts the host back that it could not drain', async () => {
    const stage = stageOf({ hosts: 2, rollout: { min_healthy: '100%' } });
    expect(await stage.drain('i-2')).toMatchObject({ exit: 4 });
    expect((await stage.later())[1]).toBe('i-2: v1 running, in service');
  });

  it('is refused for hosts behind no target group', async () => {
    const stage = stageOf({ groupVars: { target_groups: 'none' } });
    const { exit, errors } = await stage.drain('i-1');
    expect([exit, errors.map(({ code }) => code)]).toEqual([4, ['drain.no_target_group']]);
  });

  it('changes nothing in a dry run', async () => {
    const stage = stageOf();
    expect(await stage.drain('i-3', { check: true })).toMatchObject({ exit: 6 });
    expect(stage.mutations).toEqual([]);
    expect((await stage.deploy()).hosts).toHaveLength(4);
  });
});

describe('a drained host', () => {
  it('is left out by a deploy, a rollback and playbooks that put hosts in service, each of which says so', async () => {
    const stage = stageOf();
    await stage.drain('i-3', { reason: 'its disk' });
    const plan = await stage.world.clock.run(planWith(await stage.ports(), deployOptions, stage.hooks));
    expect(plan[0]?.keptOut).toMatchObject([
      {
        host: 'i-3',
        reason: expect.stringMatching(/^drained by ann@desk since .* UTC \(its disk\)$/) as unknown,
      },
    ]);

    const result = await stage.deploy();
    expect(statuses(result)).toEqual([0, 'i-1 deployed', 'i-2 deployed', 'i-4 deployed']);
    expect(result.warnings.join('\n')).toMatch(
      /i-3: it is left out of the run: drained by .* adfpush undrain/,
    );
    expect((await stage.later())[2]).toBe('i-3: v1 running, not registered');
    expect(statuses(await stage.rollback())).toEqual([0, 'i-1 deployed', 'i-2 deployed', 'i-4 deployed']);

    const restart = `
- hosts: api
  serial: 1
  tasks:
    - elb_target: { state: drained, target_groups: [api-http] }
    - docker_container: { state: restarted, containers: '{{ containers }}' }
    - health: '{{ health }}'
    - elb_target: { state: in_service, target_groups: [api-http] }
`;
    stage.events.length = 0;
    expect(await stage.run(restart)).toMatchObject({ exit: 0 });
    expect(warnings(stage).join('\n')).toMatch(/^i-3: it is left out of the run: drained/m);
    expect((await stage.later())[2]).toBe('i-3: v1 running, not registered');
    expect(await refused(stage.run(restart, { limit: 'i-3' }))).toEqual([
      expect.stringMatching(/^drain\.all_drained: There is nothing to roll in "api": i-3 was drained/),
    ]);
  });

  it('can be worked on by playbooks that put nothing in service', async () => {
    const stage = stageOf();
    await stage.drain('i-3');
    const result = await stage.run(
      '- hosts: i-3\n  tasks:\n    - file: { path: /tmp/mended, state: touch }\n',
    );
    expect(statuses(result)).toEqual([0, 'i-3 ok']);
  });

  it('comes back by undrain alone', async () => {
    const stage = stageOf();
    const result = await stage.run(`
- hosts: i-3
  tasks:
    - elb_target: { state: drained, target_groups: [api-http], keep: true }
    - elb_target: { state: in_service, target_groups: [api-http] }
`);
    expect(result.exit).toBe(4);
    expect(new Set(result.errors.map(({ code }) => code))).toEqual(new Set(['drain.kept_out']));
    expect((await stage.later())[2]).toBe('i-3: v1 running, not registered');
    expect(await stage.recover()).toMatchObject({ exit: 0, hosts: [] });
  });

  it('is known as drained while it is switched off, and on another machine', async () => {
    const stage = stageOf();
    await stage.drain('i-3');
    stage.host('i-3').lose();
    const elsewhere = await stage.elsewhere();
    const { deployWith } = await import('../../src/deploy/deploy.js');
    const result = await stage.world.clock.run(deployWith(elsewhere, deployOptions, stage.hooks));
    expect(statuses(result)).toEqual([0, 'i-1 deployed', 'i-2 deployed', 'i-4 deployed']);
  });

  it('is told by status with what it missed, and does not make its group mixed', async () => {
    const stage = stageOf();
    await stage.deploy({ version: 'v1' });
    await stage.drain('i-3');
    const seen = async () => statusWith(await stage.ports(), { ...deployOptions }, stage.hooks);
    const [before] = (await stage.world.clock.run(seen())).groups;
    await stage.deploy();
    const [after] = (await stage.world.clock.run(seen())).groups;

    expect(before?.hosts[2]?.drift).toEqual([expect.stringMatching(drained)]);
    expect(after).toMatchObject({ mixed: false });
    expect(after?.hosts[2]?.drift).toEqual([expect.stringMatching(drained), 'on v1, the group runs v2']);
    expect(after?.hosts.map(({ drained: one }) => one?.host)).toEqual([
      undefined,
      undefined,
      'i-3',
      undefined,
    ]);
  });

  it('that something else put in service is rolled with the others, and is off the record after it', async () => {
    const stage = stageOf();
    await stage.drain('i-3');
    stage.group.register('world', stage.registrations[2]!);
    await stage.world.clock.advance(60_000);

    expect(statuses(await stage.deploy())).toEqual([
      0,
      ...['i-1', 'i-2', 'i-3', 'i-4'].map((id) => `${id} deployed`),
    ]);
    expect(warnings(stage).join('\n')).toMatch(
      /^i-3: it was on record as drained by ann@desk, and is in service/m,
    );
    stage.group.deregister('world', stage.registrations[2]!);
    await stage.world.clock.advance(600_000);
    // It is not drained any more: somebody left it out.
    expect(await refused(stage.deploy({ version: 'v1' }))).toEqual([
      expect.stringMatching(/^preflight\.left_out/),
    ]);
  });
});

describe('undrain', () => {
  it('puts a host that missed nothing in service, and touches no container', async () => {
    const stage = stageOf();
    await stage.deploy();
    await stage.drain('i-3');
    const before = stage.mutations.length;

    expect(statuses(await stage.undrain('i-3'))).toEqual([0, 'i-3 deployed']);

    const done = stage.mutations.slice(before);
    expect(done.filter((one) => / (create|start|stop|rename|remove) /.test(one))).toEqual([]);
    expect((await stage.later())[2]).toBe('i-3: v2 running, in service');
    expect(statuses(await stage.undrain('i-3'))).toEqual([0, 'i-3 converged']);
    expect((await stage.deploy()).hosts).toHaveLength(4);
  });

  it('brings a host to the release of its group first, so that an old one never serves beside it', async () => {
    const stage = stageOf();
    await stage.drain('i-3');
    await stage.deploy();
    stage.at(
      (event) => event.type === 'task.ended' && event.task.module === 'docker_container',
      () => expect(stage.now[2]).toBe('i-3: v2 running, not registered'),
    );

    expect(statuses(await stage.undrain('i-3'))).toEqual([0, 'i-3 deployed']);
    expect((await stage.later())[2]).toBe('i-3: v2 running, in service');
  });

  it('never brings it to a release that failed and was taken back', async () => {
    const stage = stageOf();
    await stage.drain('i-3');
    await stage.deploy();
    stage.release(image.neverHealthy(), 'v3');
    expect(await stage.deploy({ version: 'v3' })).toMatchObject({ exit: 4 });

    expect(statuses(await stage.undrain('i-3'))).toEqual([0, 'i-3 deployed']);
    expect((await stage.later())[2]).toBe('i-3: v2 running, in service');
  });

  it('is refused where neither the host nor the registry has the release any more', async () => {
    const stage = stageOf();
    const v2 = stage.release(image.healthy());
    await stage.drain('i-3');
    await stage.deploy();
    stage.world.images.remove(v2);
    const before = stage.mutations.length;
    expect(await refused(stage.undrain('i-3'))).toEqual([
      expect.stringMatching(/^drain\.image_gone: i-3 cannot get/),
    ]);
    expect(stage.mutations).toHaveLength(before);
    // One that has the image needs no registry.
    await stage.drain('i-4');
    expect(statuses(await stage.undrain('i-4'))).toEqual([0, 'i-4 deployed']);
  });

  it('leaves a host alone that is not drained, and refuses one that is not as configured either', async () => {
    const stage = stageOf();
    await stage.deploy();
    expect(statuses(await stage.undrain('i-1'))).toEqual([0, 'i-1 converged']);
    stage.group.deregister('world', stage.registrations[1]!);
    await stage.world.clock.advance(600_000);
    expect(await refused(stage.undrain('i-2'))).toEqual([expect.stringMatching(/^preflight\.left_out/)]);
  });

  it('keeps a host out that does not get healthy, and the next one brings it back', async () => {
    const stage = stageOf();
    const v2 = stage.release(image.healthy());
    await stage.drain('i-3');
    await stage.deploy();
    stage.host('i-3').behaviours.set(v2, image.neverHealthy());

    expect(statuses(await stage.undrain('i-3'))).toEqual([4, 'i-3 restored']);

    expect((await stage.later())[2]).toBe('i-3: v1 running, not registered');
    expect((await stage.deploy()).hosts).toHaveLength(3);
    stage.host('i-3').behaviours.clear();
    expect(statuses(await stage.undrain('i-3'))).toEqual([0, 'i-3 deployed']);
  });
});

/** The moments at which a process may die: right before and right after each call that it makes. */
const deathsOf = ({ calls }: Life): readonly Death[] =>
  calls.flatMap((_, index): readonly Death[] => [
    { call: index + 1, when: 'before' },
    { call: index + 1, when: 'after' },
  ]);

describe('killed at any moment', () => {
  const drainOne = (world: World, hooks: RunHooks) =>
    drainWith(world, { ...drainOptions, limit: 'i-3' }, hooks);
  const undrainOne = (world: World, hooks: RunHooks) =>
    undrainWith(world, { ...drainOptions, limit: 'i-3' }, hooks);
  const toUndrain = async (): Promise<FleetStage> => {
    const stage = stageOf();
    await stage.drain('i-3');
    await stage.deploy();
    return stage;
  };

  it.each([
    ['a drain', drainOne, () => Promise.resolve(stageOf())],
    ['an undrain', undrainOne, toUndrain],
  ] as const)(
    '%s leaves the host drained or in service, and the next deploy knows which',
    async (_, act, begin) => {
      const whole = await (await begin()).untilDeath(undefined, act);
      const ends = new Set<string>();
      for (const death of everyNth(5, deathsOf(whole))) {
        const told = `${death.when} ${whole.calls[death.call - 1]}, call ${death.call}`;
        const stage = await begin();
        await stage.untilDeath(death, act);
        const { exit, plan } = await deployAfter(stage);
        const [one, two, three, four] = await stage.later();
        expect([told, exit, one, two, four]).toEqual([
          told,
          0,
          ...['i-1', 'i-2', 'i-4'].map((id) => `${id}: v2 running, in service`),
        ]);
        const keptOut = plan?.keptOut?.map(({ host }) => host) ?? [];
        const isOut = three?.endsWith('not registered') === true;
        expect([told, keptOut]).toEqual([told, isOut ? ['i-3'] : []]);
        if (!isOut) expect([told, three]).toEqual([told, 'i-3: v2 running, in service']);
        expect([told, stage.hosts.flatMap(({ holds }) => [...holds.keys()])]).toEqual([told, []]);
        ends.add(isOut ? 'out' : 'in');
      }
      expect(ends).toEqual(new Set(['out', 'in']));
    },
  );
});

/** A process that dies between its lease and its first record leaves a lease that looks alive until it runs out. */
async function deployAfter(stage: FleetStage) {
  stage.events.length = 0;
  const { exit } = await stage.deploy({ lockWait: 150_000 });
  return { exit, plan: stage.told('plan.made').at(-1)?.plan };
}

const drainOptions = { project: '/project', environment: 'test', extraVars: [], check: false, diff: false };
