import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { resumeWith } from '../../src/deploy/resume.js';
import { rollbackWith } from '../../src/deploy/rollback.js';
import { groupKeyUnreadable } from '../../src/errors/lease.js';
import { errorsOf, type AdfError } from '../../src/errors/adf-error.js';
import { label } from '../../src/model/container.js';
import { Secret } from '../../src/model/secret.js';
import { readSecretsLabel } from '../../src/model/secret-hashes.js';
import { deployOptions, FleetStage, type StageOptions } from '../stages/fleet-stage.js';
import { image } from '../fakes/world/image-behaviour.js';

const first = 'the first secret';
const second = 'another secret';
const env = { TOKEN: '{{ secret "token" }}', DB: 'postgres://api:{{ secret "token" }}@db/api' };
const withEnv = (given: Readonly<Record<string, string>>) => ({
  container: { name: 'api', ports: ['5060:5000'], env: given },
});

/** As quick as it can be. */
const atOnce = { serial: '100%', bake: '0s', min_healthy: 0 };

/** A group on v2 that ran v1 before, both started by adfpush with the first secret. */
async function onV2(options: StageOptions = {}): Promise<FleetStage> {
  const stage = new FleetStage({
    hosts: 2,
    secret: first,
    groupVars: withEnv(env),
    rollout: atOnce,
    ...options,
  });
  await stage.deploy({ version: 'v1' });
  await stage.deploy();
  return stage;
}

const refusal = async (act: Promise<unknown>): Promise<AdfError> =>
  errorsOf(
    await act.then(
      () => expect.unreachable(),
      (error: unknown) => error,
    ),
  )[0];

const labelOf = (stage: FleetStage, id: string) => stage.host(id).named('api')?.birth.labels[label.secrets];
const tokens = (stage: FleetStage) => stage.hosts.map((host) => host.named('api')?.birth.env?.['TOKEN']);
const plan = (stage: FleetStage) => stage.told('plan.made').at(-1)!.plan;
const reasons = (stage: FleetStage) => plan(stage).hosts.map(({ reasons: why }) => why.at(-1));
const changed = 'made again, its secret "token" changed';
const all = (hosts: number, what: string): readonly string[] =>
  Array.from({ length: hosts }, (_, index) => `i-${index + 1}: ${what}`);

/** All that was told and written down, with the labels that hosts have. */
async function allWritten(stage: FleetStage): Promise<string> {
  const journals = await Promise.all((await stage.journals.runs()).map((run) => stage.journals.read(run)));
  const labels = stage.hosts.flatMap(({ containers }) =>
    [...containers.values()].map(({ birth }) => birth.labels),
  );
  return JSON.stringify([stage.events, journals, labels, stage.world.calls.log]);
}

describe('a container that adfpush starts', () => {
  it('has a keyed hash of each of its secrets, the same on every host, and nothing that tells the secret', async () => {
    const stage = await onV2();
    const hashed = readSecretsLabel(labelOf(stage, 'i-1'));
    expect(Object.keys(hashed?.hashes ?? {})).toEqual(['token']);
    expect(labelOf(stage, 'i-2')).toBe(labelOf(stage, 'i-1'));
    const unkeyed = createHash('sha256').update(first).digest('hex');
    const written = await allWritten(stage);
    const keys = [...stage.groupKeys.kept.values()].map((key) => key.reveal());
    for (const text of [first, unkeyed.slice(0, 16), ...keys]) expect(written).not.toContain(text);
  });

  it('has no hashes where it has no secrets, and its hosts are asked for no key', async () => {
    const stage = await onV2({ groupVars: withEnv({ PLAIN: 'x' }) });
    expect(labelOf(stage, 'i-1')).toBeUndefined();
    expect(stage.groupKeys.kept.size).toBe(0);
  });

  it('is hashed with the key that most hosts have, and the others get it', async () => {
    const stage = await onV2({ hosts: 4 });
    const key = stage.groupKeys.kept.get('i-1 test api')?.reveal();
    stage.groupKeys.kept.set('i-2 test api', new Secret('f'.repeat(64)));
    stage.groupKeys.kept.delete('i-3 test api');
    await stage.deploy({ version: 'v1' });
    expect([...stage.groupKeys.kept.values()].map((one) => one.reveal())).toEqual(Array(4).fill(key));
    expect(readSecretsLabel(labelOf(stage, 'i-2'))).toEqual(readSecretsLabel(labelOf(stage, 'i-1')));
  });

  it('is hashed with the key of the other hosts where the run is limited to a new one', async () => {
    const stage = await onV2({ hosts: 3 });
    const key = stage.groupKeys.kept.get('i-1 test api')?.reveal();
    stage.groupKeys.kept.delete('i-3 test api');
    await stage.deploy({ version: 'v1', limit: 'i-3' });
    expect(stage.groupKeys.kept.get('i-3 test api')?.reveal()).toBe(key);
  });

  it('is started all the same, without hashes, where the key belongs to another user: that is told', async () => {
    const stage = new FleetStage({ hosts: 2, secret: first, groupVars: withEnv(env) });
    const { host } = stage.host('i-1');
    stage.groupKeys.failures.set('i-1', groupKeyUnreadable(host, "/x/test.api.key is another user's"));
    expect(await stage.deploy()).toMatchObject({ exit: 0, outcome: 'converged' });
    expect(labelOf(stage, 'i-2')).toBeUndefined();
    expect(stage.told('warning').map(({ message }) => message)).toContainEqual(
      expect.stringContaining("/x/test.api.key is another user's. The containers get no hashes"),
    );
  });

  it('has them on a host that joined during the run', async () => {
    const stage = new FleetStage({ hosts: 2, secret: first, groupVars: withEnv(env) });
    stage.atTask('i-2', 'docker_container', 'task.ended', () => stage.join('i-9'));
    await stage.deploy();
    expect(labelOf(stage, 'i-9')).toBe(labelOf(stage, 'i-1'));
    expect(stage.groupKeys.kept.get('i-9 test api')?.reveal()).toBe(
      stage.groupKeys.kept.get('i-1 test api')?.reveal(),
    );
  });
});

describe('a rollback', () => {
  it('gives the secrets of today to a release that ran with others, and its plan names them', async () => {
    const stage = await onV2();
    stage.secret = second;
    const result = await stage.rollback();
    expect(result).toMatchObject({ exit: 0, releases: [{ version: 'v1' }] });
    expect(reasons(stage)).toEqual([changed, changed]);
    expect(tokens(stage)).toEqual([second, second]);
    expect(await stage.later()).toEqual(all(2, 'v1 running, in service'));
    const written = await allWritten(stage);
    for (const secret of [first, second]) expect(written).not.toContain(secret);
  });

  it('says nothing of secrets that are the same', async () => {
    const stage = await onV2();
    await stage.rollback();
    expect(JSON.stringify(plan(stage))).not.toContain('secret');
    expect(tokens(stage)).toEqual([first, first]);
  });

  it('tells the same on another agent, which knows nothing but the hosts', async () => {
    const stage = await onV2();
    stage.secret = second;
    const elsewhere = await stage.elsewhere();
    const options = { ...deployOptions, check: true };
    await stage.world.clock.run(rollbackWith(elsewhere, options, stage.hooks));
    expect(reasons(stage)).toEqual([changed, changed]);
    expect(tokens(stage)).toEqual([first, first]);
  });

  it('says that it is not known of a container from before there were hashes, and gives it those of today', async () => {
    const stage = new FleetStage({ hosts: 2, secret: first, groupVars: withEnv(env) });
    await stage.deploy();
    await stage.rollback();
    expect(plan(stage).warnings).toContainEqual(
      expect.stringContaining('Whether secrets changed since i-1, i-2 ran v1 is not known'),
    );
    expect(tokens(stage)).toEqual([first, first]);
  });

  it('says so of one whose key is lost', async () => {
    const stage = await onV2();
    stage.groupKeys.kept.clear();
    stage.secret = second;
    await stage.rollback();
    expect(plan(stage).warnings).toContainEqual(expect.stringContaining('is not known'));
    expect(tokens(stage)).toEqual([second, second]);
  });

  it('compares under the key of another host where one has a key of its own', async () => {
    const stage = await onV2();
    stage.groupKeys.kept.set('i-2 test api', new Secret('f'.repeat(64)));
    stage.secret = second;
    await stage.rollback();
    expect(reasons(stage)).toEqual([changed, changed]);
  });

  it('after a failed deploy keeps the very container that ran, with the secrets that it had', async () => {
    const stage = await onV2();
    const ran = stage.hosts.map((host) => host.named('api')?.birth.id);
    stage.secret = second;
    stage.release(image.neverHealthy(), 'v3');
    expect(await stage.deploy({ version: 'v3' })).toMatchObject({ exit: 4 });
    expect(stage.hosts.map((host) => host.named('api')?.birth.id)).toEqual(ran);
    expect(tokens(stage)).toEqual([first, first]);
  });
});

describe('a rollback with --secrets kept', () => {
  it('gives back the secrets that the release ran with, says so, and shows none', async () => {
    const stage = await onV2();
    const before = labelOf(stage, 'i-1');
    stage.secret = second;
    stage.with(withEnv({ ...env, PLAIN: 'new' }));
    expect(await stage.rollback({ secrets: 'kept' })).toMatchObject({ exit: 0, outcome: 'converged' });
    const given = stage.host('i-1').named('api')?.birth.env;
    expect(given).toEqual({ TOKEN: first, DB: `postgres://api:${first}@db/api`, PLAIN: 'new' });
    expect(labelOf(stage, 'i-1')).toBe(before);
    expect(reasons(stage)).toEqual(Array(2).fill('made again, its secret "token" as kept'));
    expect(plan(stage).warnings).toContainEqual(expect.stringContaining('--secrets kept'));
    const written = await allWritten(stage);
    for (const secret of [first, second]) expect(written).not.toContain(secret);
  });

  it('is a rollback like any other where they are the same', async () => {
    const stage = await onV2();
    expect(await stage.rollback({ secrets: 'kept' })).toMatchObject({ exit: 0 });
    expect(JSON.stringify(plan(stage))).not.toContain('secret');
  });

  it('keeps to them when it is resumed', async () => {
    const rollout = { ...atOnce, serial: 1 };
    const stage = await onV2({ rollout });
    stage.secret = second;
    const options = { ...deployOptions, secrets: 'kept' } as const;
    const stops = (calls: readonly string[]) =>
      calls.flatMap((call, index) => (call === 'runtime.stop' ? [index + 1] : []));
    const copy = await onV2({ rollout });
    copy.secret = second;
    const { calls } = await copy.untilDeath(undefined, (world, hooks) => rollbackWith(world, options, hooks));
    await stage.untilDeath({ call: stops(calls)[1]!, when: 'after' }, (world, hooks) =>
      rollbackWith(world, options, hooks),
    );
    const resumeOptions = { project: '/project', extraVars: [], check: false, diff: false };
    const world = await stage.ports();
    expect(await stage.world.clock.run(resumeWith(world, resumeOptions, stage.hooks))).toMatchObject({
      exit: 0,
    });
    expect(tokens(stage)).toEqual([first, first]);
    expect(await stage.later()).toEqual(all(2, 'v1 running, in service'));
  });

  it.each([
    ['a variable that was not there', { ...env, NEW: '{{ secret "token" }}' }, 'has no variable "NEW"'],
    [
      'a variable that was written otherwise',
      { DB: 'mysql://{{ secret "token" }}' },
      '"DB" was written otherwise then',
    ],
    [
      'two secrets in one',
      { DB: '{{ secret "token" }}{{ secret "other" }}' },
      '"DB" was written otherwise then',
    ],
  ])('is refused before any change for %s', async (_what, given, why) => {
    const stage = await onV2();
    stage.secret = second;
    stage.with(withEnv(given));
    stage.world.calls.log.length = 0;
    const error = await refusal(stage.rollback({ secrets: 'kept' }));
    expect(error).toMatchObject({ code: 'rollback.kept_secret', class: 'refused' });
    expect(error.message).toContain(why);
    expect(stage.mutations).toEqual([]);
  });

  it('is refused where a host keeps no container of the release', async () => {
    const stage = await onV2();
    const host = stage.host('i-2');
    for (const container of [...host.containers.values()])
      if (container.name !== 'api') host.remove('world', container);
    stage.secret = second;
    const error = await refusal(stage.rollback({ secrets: 'kept' }));
    expect(error).toMatchObject({ code: 'rollback.kept_secret', host: 'i-2' });
    expect(error.message).toContain('the host keeps no such container');
  });
});
