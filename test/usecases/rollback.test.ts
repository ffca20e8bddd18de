import { describe, expect, it } from 'vitest';
import { AdfError, errorsOf } from '../../src/errors/adf-error.js';
import type { PlanReport } from '../../src/model/plan.js';
import { FleetStage, repository, type StageOptions } from '../stages/fleet-stage.js';
import { digestOf } from '../fakes/digest-of.js';
import { labelsOf } from '../fakes/fake-container-runtime.js';
import type { Intercept } from '../fakes/port-calls.js';
import { image } from '../fakes/world/image-behaviour.js';

const all = (hosts: number, what: string): readonly string[] =>
  Array.from({ length: hosts }, (_, index) => `i-${index + 1}: ${what}`);

/** A group on v2 that ran v1 before, and a registry that is gone since. */
async function onV2(options: StageOptions = {}): Promise<FleetStage> {
  const stage = new FleetStage(options);
  await stage.deploy();
  stage.world.calls.intercept = registryGone;
  stage.world.calls.log.length = 0;
  return stage;
}

const registryGone: Intercept = (call, proceed) =>
  call.port === 'registry'
    ? Promise.reject(
        new AdfError({ code: 'registry.unavailable', class: 'refused', message: 'The registry is gone.' }),
      )
    : proceed();

const refusal = async (act: Promise<unknown>) =>
  errorsOf(
    await act.then(
      () => expect.unreachable(),
      (error: unknown) => error,
    ),
  )[0];

describe('a rollback', () => {
  it('brings every host back in service on what it ran before, without any registry', async () => {
    const stage = await onV2({ hosts: 4 });
    const result = await stage.rollback();
    expect(result).toMatchObject({
      verb: 'rollback',
      outcome: 'converged',
      exit: 0,
      mixed: false,
      releases: [{ group: 'api', version: 'v1', image: `${repository}@${stage.v1}` }],
    });
    expect(await stage.later()).toEqual(all(4, 'v1 running, in service'));
    expect(stage.world.calls.of('registry')).toEqual([]);
    expect(stage.mutations.filter((call) => call.includes(' pull '))).toEqual([]);
  });

  it('is recorded and leased as a rollback', async () => {
    const stage = await onV2({ hosts: 2 });
    await stage.rollback();
    const runs = await stage.journals.runs();
    const records = await Promise.all(runs.map((run) => stage.journals.read(run)));
    expect(records.flat().filter(({ type }) => type === 'run.started')).toEqual(
      expect.arrayContaining([expect.objectContaining({ verb: 'rollback' })]),
    );
  });

  it('goes back to what ran under a version, even if its tag moved since', async () => {
    const stage = await onV2({ hosts: 2 });
    stage.world.calls.intercept = (_call, proceed) => proceed();
    stage.world.images.moveTag(repository, 'v1', digestOf(`${repository}:v2`));
    await stage.rollback({ to: 'v1' });
    expect([...stage.host('i-1').containers.values()].find(({ name }) => name === 'api')?.birth.digest).toBe(
      stage.v1,
    );
  });

  it('drops no request', async () => {
    const stage = await onV2({ hosts: 4, rollout: { serial: [1, '50%'] } });
    await stage.rollback();
    for (const entry of stage.world.timeline.entries) {
      if (entry.type === 'routes' && entry.at > 0)
        expect(entry.targets.every(({ serving }) => serving)).toBe(true);
    }
  });

  it('uses the container that group_vars describe today, with the older image', async () => {
    const stage = await onV2({ hosts: 2 });
    stage.with({ container: { name: 'api', ports: ['5060:5000'], restart: 'always' } });
    await stage.rollback();
    expect(await stage.later()).toEqual(all(2, 'v1 running, always, in service'));
  });

  it('shows where every host comes from and goes to before it begins, and begins nothing when told so', async () => {
    const stage = await onV2({ hosts: 2 });
    let shown: readonly PlanReport[] = [];
    const error = await refusal(
      stage.rollback(
        {},
        {
          confirm: (plans) => {
            shown = plans;
            return Promise.resolve(false);
          },
        },
      ),
    );
    expect(error.code).toBe('preflight.declined');
    expect(
      shown.flatMap(({ hosts }) =>
        hosts.map(
          ({ name, from, to }) => `${name} ${from.containers[0]?.version} ${to.containers[0]?.version}`,
        ),
      ),
    ).toEqual(['i-1 v2 v1', 'i-2 v2 v1']);
    expect(stage.mutations).toEqual([]);
  });

  it('changes nothing in a dry run', async () => {
    const stage = await onV2({ hosts: 2 });
    const result = await stage.rollback({ check: true });
    expect(result).toMatchObject({ verb: 'check', outcome: 'drift', exit: 6 });
    expect(stage.mutations).toEqual([]);
  });

  it('touches the hosts of its limit only', async () => {
    const stage = await onV2({ hosts: 3 });
    await stage.rollback({ limit: 'i-2' });
    expect(await stage.later()).toEqual([
      'i-1: v2 running, in service',
      'i-2: v1 running, in service',
      'i-3: v2 running, in service',
    ]);
  });

  it('pulls the image on a host that lost it, and nowhere else', async () => {
    const stage = await onV2({ hosts: 3 });
    stage.world.calls.intercept = (_call, proceed) => proceed();
    const host = stage.host('i-2');
    for (const container of [...host.containers.values()]) {
      if (container.name !== 'api') host.remove('world', container);
    }
    host.images.delete(stage.v1);
    await stage.rollback();
    expect(await stage.later()).toEqual(all(3, 'v1 running, in service'));
    expect(stage.mutations.filter((call) => call.includes(' pull '))).toEqual([
      `i-2 pull ${repository}@${stage.v1}`,
    ]);
  });

  it('ends before any host leaves service where a lost image cannot be pulled', async () => {
    const stage = await onV2({ hosts: 3 });
    stage.host('i-2').images.delete(stage.v1);
    const { calls } = stage.world;
    calls.intercept = (call, proceed) =>
      call.method === 'pull' ? Promise.reject(new Error('no route')) : registryGone(call, proceed);
    const result = await stage.rollback();
    expect(result.exit).toBe(4);
    expect(stage.mutations.filter((call) => call.includes('deregister'))).toEqual([]);
    expect(await stage.later()).toEqual(all(3, 'v2 running, in service'));
  });

  it('goes to a release by its label or the beginning of its digest', async () => {
    const stage = new FleetStage({ hosts: 2 });
    await stage.deploy();
    stage.release(image.healthy(), 'v3');
    await stage.deploy({ version: 'v3' });
    stage.world.calls.intercept = registryGone;
    await stage.rollback({ to: 'v1' });
    expect(await stage.later()).toEqual(all(2, 'v1 running, in service'));
    await stage.rollback({ to: digestOf(`${repository}:v3`).slice('sha256:'.length, 'sha256:'.length + 12) });
    expect(await stage.later()).toEqual(all(2, 'v3 running, in service'));
  });

  it('repeated with the same --to does nothing', async () => {
    const stage = await onV2({ hosts: 2 });
    await stage.rollback({ to: 'v1' });
    stage.world.calls.log.length = 0;
    const result = await stage.rollback({ to: 'v1' });
    expect(result).toMatchObject({ outcome: 'converged', exit: 0 });
    expect(stage.mutations).toEqual([]);
  });

  it('to a release that no host keeps is refused with those that are known', async () => {
    const stage = await onV2({ hosts: 2 });
    const error = await refusal(stage.rollback({ to: 'v7' }));
    expect(error).toMatchObject({ code: 'rollback.not_kept', class: 'refused' });
    expect(error.message).toMatch(
      /v2 \([0-9a-f]{12}\): last started .* UTC, on 2 of 2 hosts, runs on 2 of 2/,
    );
    expect(error.message).toMatch(/v1 \([0-9a-f]{12}\): last started .* UTC, on 2 of 2 hosts, runs on none/);
    expect(stage.mutations).toEqual([]);
  });

  it('to a label that was two releases is refused with their digests', async () => {
    const stage = new FleetStage({ hosts: 2, previous: false });
    stage.world.images.publish(repository, 'latest', image.healthy(), digestOf('first'));
    await stage.deploy({ version: 'latest' });
    stage.world.images.publish(repository, 'latest', image.healthy(), digestOf('second'));
    await stage.deploy({ version: 'latest' });
    const error = await refusal(stage.rollback({ to: 'latest' }));
    expect(error.code).toBe('rollback.ambiguous');
    for (const one of ['first', 'second'])
      expect(error.message).toContain(digestOf(one).slice('sha256:'.length, 'sha256:'.length + 12));
  });

  it('of a group that keeps nothing is refused', async () => {
    const stage = new FleetStage({ hosts: 2 });
    expect(await refusal(stage.rollback())).toMatchObject({ code: 'rollback.no_previous', class: 'refused' });
  });

  it('names every host that cannot be reached, and changes nothing', async () => {
    const stage = await onV2({ hosts: 3 });
    stage.host('i-2').lose();
    const error = await refusal(stage.rollback());
    expect(error.class).toBe('failed');
    expect(error.host).toContain('i-2');
    expect(stage.mutations).toEqual([]);
  });

  it('goes on without a host that cannot be reached where that is allowed', async () => {
    const stage = await onV2({ hosts: 4 });
    stage.host('i-2').lose();
    expect(await stage.rollback({ skipUnreachable: 1 })).toMatchObject({ exit: 4 });
    expect((await stage.later()).filter((line) => line.includes('v1 running, in service'))).toHaveLength(3);
  });

  it('asks no registry for a container whose image is a digest', async () => {
    const log = digestOf('log');
    const stage = new FleetStage({ hosts: 1, rollout: { min_healthy: 0 } });
    stage.world.images.publish('registry:5000/log', 'v1', image.healthy(), log);
    const containers = [
      { name: 'api', ports: ['5060:5000'] },
      { name: 'log', image: `registry:5000/log@${log}` },
    ];
    stage.with({ container: undefined, containers });
    await stage.deploy();
    stage.world.calls.intercept = registryGone;
    expect(await stage.rollback()).toMatchObject({
      exit: 0,
      warnings: ['min_healthy is 0: downtime is accepted.'],
    });
    expect(await stage.later()).toEqual(all(1, 'v1 running, in service'));
  });

  it('gives another container what it ran beside the release when its tag cannot be asked for', async () => {
    const log = digestOf('log');
    const stage = new FleetStage({ hosts: 1, rollout: { min_healthy: 0 } });
    stage.world.images.publish('registry:5000/log', 'v1', image.healthy(), log);
    const containers = [
      { name: 'api', ports: ['5060:5000'] },
      { name: 'log', image: 'registry:5000/log:v1' },
    ];
    stage.with({ container: undefined, containers });
    await stage.deploy();
    stage.world.calls.intercept = registryGone;
    stage.world.calls.log.length = 0;
    const labels = labelsOf('log', { digest: log, version: 'v1', run: 'an-earlier-run' });
    stage.host('i-1').runs({
      name: 'log.kept-0',
      repository: 'registry:5000/log',
      digest: log,
      labels,
      running: false,
    });
    const result = await stage.rollback();
    expect(result.exit).toBe(0);
    expect(await stage.later()).toEqual(all(1, 'v1 running, in service'));
    expect(stage.told('warning').map(({ message }) => message)).toContain(
      'The registry is gone. Container "log" gets what it ran beside that release.',
    );
  });
});
