import { describe, expect, it } from 'vitest';
import { errorsOf, type AdfError } from '../../src/errors/adf-error.js';
import type { JournalRecord } from '../../src/model/journal-record.js';
import { label } from '../../src/model/container.js';
import type { RunResult } from '../../src/model/run-result.js';
import { deployWith } from '../../src/deploy/deploy.js';
import { resumeWith, type ResumeOptions } from '../../src/deploy/resume.js';
import { rollbackWith } from '../../src/deploy/rollback.js';
import type { DeployOptions } from '../../src/deploy/plan-groups.js';
import type { World } from '../../src/world/world.js';
import { everyNth } from '../deep.js';
import { deployOptions, FleetStage, repository, type StageOptions } from '../stages/fleet-stage.js';
import { digestOf } from '../fakes/digest-of.js';
import { FakeProcesses } from '../fakes/fake-processes.js';
import type { Death, Life } from '../fakes/mortal-world.js';
import { image } from '../fakes/world/image-behaviour.js';

const all = (hosts: number, what: string): readonly string[] =>
  Array.from({ length: hosts }, (_, index) => `i-${index + 1}: ${what}`);

const resumeOptions: ResumeOptions = { project: '/project', extraVars: [], check: false, diff: false };

async function resume(stage: FleetStage, given: Partial<ResumeOptions> = {}): Promise<RunResult> {
  const world = await stage.ports();
  return stage.world.clock.run(resumeWith(world, { ...resumeOptions, ...given }, stage.hooks));
}

const killedDeploy = (
  stage: FleetStage,
  death: Death | undefined,
  given: Partial<DeployOptions> = {},
): Promise<Life> =>
  stage.untilDeath(death, (world, hooks) => deployWith(world, { ...deployOptions, ...given }, hooks));

const killedResume = (stage: FleetStage, death: Death): Promise<Life> =>
  stage.untilDeath(death, (world, hooks) => resumeWith(world, resumeOptions, hooks));

/** A deploy that was killed when it had asked the second host to stop its container. */
async function killed(options: StageOptions = {}, given: Partial<DeployOptions> = {}): Promise<FleetStage> {
  const { calls } = await killedDeploy(new FleetStage(options), undefined, given);
  const stops = calls.flatMap((call, index) => (call === 'runtime.stop' ? [index + 1] : []));
  const stage = new FleetStage(options);
  await killedDeploy(stage, { call: stops[1]!, when: 'after' }, given);
  stage.world.calls.log.length = 0;
  return stage;
}

async function refusal(act: Promise<unknown>): Promise<AdfError> {
  return errorsOf(
    await act.then(
      () => expect.unreachable(),
      (error: unknown) => error,
    ),
  )[0];
}

async function expectAll(stage: FleetStage, what: string): Promise<void> {
  expect(await stage.later()).toEqual(all(stage.hosts.length, `${what} running, in service`));
  expect(stage.hosts.flatMap(({ holds }) => [...holds.keys()])).toEqual([]);
  expect(stage.leases.holder('test.api')).toBeUndefined();
}

async function lastRecords(stage: FleetStage): Promise<readonly JournalRecord[]> {
  const runs = await stage.journals.runs();
  return Promise.all(runs.map((run) => stage.journals.read(run))).then((all) => all.flat());
}

describe('resume', () => {
  it('restores what the killed deploy held, and rolls the rest', async () => {
    const stage = await killed({ hosts: 4 });
    expect(stage.now).not.toContain('i-2: v1 running, in service');
    const result = await resume(stage);
    expect(result).toMatchObject({ verb: 'resume', outcome: 'converged', exit: 0, mixed: false, named: [] });
    expect(result.hosts.map(({ status }) => status)).toEqual([
      'converged',
      'deployed',
      'deployed',
      'deployed',
    ]);
    await expectAll(stage, 'v2');
  });

  it('says in its journal which run it goes on with, and ends that one', async () => {
    const stage = await killed();
    const [first] = await stage.journals.runs();
    await resume(stage);
    expect(await lastRecords(stage)).toContainEqual(
      expect.objectContaining({ type: 'run.started', verb: 'resume', resumes: first }),
    );
    expect((await stage.journals.read(first!)).at(-1)).toMatchObject({ type: 'run.ended' });
  });

  it('rolls the first digest although the tag moved meanwhile', async () => {
    const stage = await killed();
    const first = digestOf(`${repository}:v2`);
    stage.world.images.publish(repository, 'v2', image.healthy(), digestOf('another v2'));
    await resume(stage);
    for (const host of stage.hosts) {
      expect(host.named('api')?.birth.digest).toBe(first);
      expect(host.named('api')?.birth.labels[label.release]).toBe('v2');
    }
  });

  it('keeps the digests of other containers too', async () => {
    const containers = [
      { name: 'api', ports: ['5060:5000'] },
      { name: 'log', image: 'registry:5000/log:v1' },
    ];
    const options = { groupVars: { container: undefined, containers } };
    const publish = (stage: FleetStage): FleetStage => {
      stage.world.images.publish('registry:5000/log', 'v1', image.healthy(), digestOf('log'));
      return stage;
    };
    const { calls } = await killedDeploy(publish(new FleetStage(options)), undefined);
    const stage = publish(new FleetStage(options));
    await killedDeploy(stage, { call: calls.lastIndexOf('runtime.stop') + 1, when: 'before' });
    stage.world.images.publish('registry:5000/log', 'v1', image.healthy(), digestOf('another log'));
    await resume(stage);
    for (const host of stage.hosts) expect(host.named('log')?.birth.digest).toBe(digestOf('log'));
  });

  it('touches the hosts of the limit only, and the tasks of the tags', async () => {
    const stage = await killed({ hosts: 4 }, { limit: 'i-1,i-2,i-3', skipTags: ['never'] });
    await resume(stage);
    expect((await stage.later()).map((line) => line.includes('v2'))).toEqual([true, true, true, false]);
    expect(await lastRecords(stage)).toContainEqual(
      expect.objectContaining({
        verb: 'resume',
        asked: expect.objectContaining({ limit: 'i-1,i-2,i-3', skipTags: ['never'] }) as unknown,
      }),
    );
  });

  it('goes on with a rollback', async () => {
    const options = { hosts: 3 };
    const whole = new FleetStage(options);
    await whole.deploy();
    const rolling = (world: World, hooks: FleetStage['hooks']): Promise<unknown> =>
      rollbackWith(world, deployOptions, hooks);
    const { calls } = await whole.untilDeath(undefined, rolling);
    const stage = new FleetStage(options);
    await stage.deploy();
    await stage.untilDeath({ call: calls.lastIndexOf('runtime.stop') + 1, when: 'after' }, rolling);
    expect(await resume(stage)).toMatchObject({ exit: 0 });
    await expectAll(stage, 'v1');
  });

  it('goes on with what a signal stopped', async () => {
    const stage = new FleetStage({ hosts: 3 });
    stage.atTask('i-2', 'elb_target', 'task.started', () => stage.interrupt());
    expect(await stage.deploy()).toMatchObject({ exit: 143 });
    const world = await stage.ports();
    const hooks = new FleetStage().hooks;
    expect(await stage.world.clock.run(resumeWith(world, resumeOptions, hooks))).toMatchObject({ exit: 0 });
    await expectAll(stage, 'v2');
  });

  it('repeated does nothing, and is no error', async () => {
    const stage = await killed();
    const [first] = await stage.journals.runs();
    await resume(stage);
    for (const given of [{}, { run: first! }]) {
      stage.world.calls.log.length = 0;
      expect(await resume(stage, given)).toMatchObject({ outcome: 'converged', exit: 0 });
      expect(stage.mutations.filter((call) => !call.includes('Hold'))).toEqual([]);
    }
  });

  it('goes on after a recover that put everything back', async () => {
    const stage = await killed();
    await stage.recover({ lockWait: 300_000 });
    expect(await stage.later()).toContain('i-2: v1 running, in service');
    await resume(stage);
    await expectAll(stage, 'v2');
  });

  it('takes a run by the beginning of its id', async () => {
    const stage = await killed();
    const [first] = await stage.journals.runs();
    expect(await resume(stage, { run: first!.slice(0, 12) })).toMatchObject({ exit: 0 });
    await expectAll(stage, 'v2');
  });

  it('rolls hosts that the run did not know last', async () => {
    const stage = await killed({ hosts: 3 });
    stage.join('i-9');
    const result = await resume(stage);
    expect(result).toMatchObject({ exit: 0, mixed: false });
    expect(result.hosts.map(({ host, joined = false }) => [host, joined])).toEqual([
      ['i-1', false],
      ['i-2', false],
      ['i-3', false],
      ['i-9', true],
    ]);
    expect(stage.seen('i-9')).toBe('v2 running, in service on 5060');
    await expectAll(stage, 'v2');
  });

  it('notes hosts that are gone', async () => {
    const stage = await killed({ hosts: 4 });
    const [first] = await stage.journals.runs();
    stage.world.hosts.delete(stage.host('i-4').host.id);
    expect(await resume(stage)).toMatchObject({ exit: 0 });
    expect(stage.told('warning').map(({ message }) => message)).toContain(
      `i-4 was a host of run ${first!}, and is not listed any more.`,
    );
  });
});

describe('resume is refused', () => {
  const refused = async (stage: FleetStage, given: Partial<ResumeOptions> = {}): Promise<AdfError> => {
    stage.world.calls.log.length = 0;
    const error = await refusal(resume(stage, given));
    expect(stage.mutations).toEqual([]);
    expect(error.class).toBe('refused');
    return error;
  };

  it('when nothing was interrupted', async () => {
    const stage = new FleetStage();
    expect((await refused(stage)).code).toBe('resume.nothing');
    await stage.deploy();
    expect((await refused(stage)).code).toBe('resume.nothing');
  });

  it('when a file of the project was changed, which it names', async () => {
    const stage = await killed();
    stage.with({ version: 'v1' });
    expect(await refused(stage)).toMatchObject({
      code: 'resume.project_changed',
      message: expect.stringContaining('inventory/group_vars/api.yml was changed') as unknown,
    });
  });

  it('when other variables are given, or none', async () => {
    const extraVars = [{ name: 'extra vars', values: { log_level: 'debug' } }];
    const stage = await killed({}, { extraVars });
    expect((await refused(stage)).code).toBe('resume.extra_vars');
    const others = [{ name: 'extra vars', values: { log_level: 'info' } }];
    expect((await refused(stage, { extraVars: others })).code).toBe('resume.extra_vars');
    expect(await resume(stage, { extraVars })).toMatchObject({ exit: 0 });
    await expectAll(stage, 'v2');
  });

  it('when a secret that it fetched is another now, which it names', async () => {
    const container = { name: 'api', ports: ['5060:5000'], env: { TOKEN: '{{ secret "token" }}' } };
    const stage = await killed({ groupVars: { container }, secret: 'first value' });
    expect(JSON.stringify(await stage.journal())).not.toContain('first value');
    stage.secret = 'second value';
    expect(await refused(stage)).toMatchObject({
      code: 'resume.secrets',
      message: expect.stringContaining('The secret "token" is not what it was') as unknown,
    });
    stage.secret = 'first value';
    expect(await resume(stage)).toMatchObject({ exit: 0 });
    await expectAll(stage, 'v2');
  });

  it('when its process still lives', async () => {
    const stage = await killed();
    const started = (await stage.journal()).find(({ type }) => type === 'run.started');
    const pid = started?.type === 'run.started' ? started.process.pid : 0;
    const world: World = { ...(await stage.ports()), processes: new FakeProcesses(pid) };
    const error = await refusal(stage.world.clock.run(resumeWith(world, resumeOptions, stage.hooks)));
    expect(error.code).toBe('resume.still_runs');
  });

  it('when the run failed by itself', async () => {
    const stage = new FleetStage();
    stage.release(image.neverHealthy());
    expect(await stage.deploy()).toMatchObject({ exit: 4 });
    const [run] = await stage.journals.runs();
    expect((await refused(stage)).code).toBe('resume.nothing');
    expect((await refused(stage, { run: run! })).code).toBe('resume.ended');
  });

  it('for an id that no run has, and one that begins several', async () => {
    const stage = await killed();
    await stage.recover({ lockWait: 300_000 });
    await stage.world.clock.advance(60_000);
    await stage.deploy();
    expect((await refused(stage, { run: 'nobody' })).code).toBe('resume.unknown_run');
    expect((await refused(stage, { run: '1' })).code).toMatch(/resume\.(ambiguous_run|unknown_run)/);
  });

  it('when something else was rolled since', async () => {
    const stage = await killed();
    const [run] = await stage.journals.runs();
    await stage.recover({ lockWait: 300_000 });
    await stage.deploy({ version: 'v1' });
    expect((await refused(stage)).code).toBe('resume.nothing');
    expect((await refused(stage, { run: run! })).code).toBe('resume.rolled_since');
  });

  it('in another environment than the run was in', async () => {
    const stage = await killed();
    const [run] = await stage.journals.runs();
    expect((await refused(stage, { environment: 'prod' })).code).toBe('resume.nothing');
    expect((await refused(stage, { environment: 'prod', run: run! })).code).toBe('resume.environment');
  });
});

describe('a deploy that is killed at any of its calls', () => {
  it('is brought to its end by resume', async () => {
    const options: StageOptions = { hosts: 2, rollout: { bake: '1s' } };
    const { calls } = await killedDeploy(new FleetStage(options), undefined);
    // Before its first record it was to change nothing; after its last one it is over.
    const begins = calls.indexOf('journals.append') + 1;
    const ends = calls.lastIndexOf('journals.append');
    const changes = calls.flatMap((call, index) =>
      index > begins &&
      index < ends &&
      /^(runtime\.(rename|stop|create|start)|traffic\.|journals\.append|hostHolds)/.test(call)
        ? [index + 1]
        : [],
    );
    expect(changes.length).toBeGreaterThan(60);
    const failures: string[] = [];
    for (const call of everyNth(6, changes)) {
      for (const when of ['before', 'after'] as const) {
        const stage = new FleetStage(options);
        await killedDeploy(stage, { call, when });
        const result = await resume(stage).catch((error: unknown) => errorsOf(error)[0].code);
        const now = (await stage.later()).join('; ');
        const good =
          typeof result !== 'string' &&
          result.exit === 0 &&
          now === all(2, 'v2 running, in service').join('; ');
        if (!good) failures.push(`${when} ${call} ${calls[call - 1]}: ${JSON.stringify(result)} ${now}`);
      }
    }
    expect(failures).toEqual([]);
  });

  it('is brought to its end by a resume after one that was killed, too', async () => {
    const options: StageOptions = { hosts: 3, rollout: { bake: '1s' } };
    const { calls } = await killedResume(await killed(options), { call: 1_000_000, when: 'before' });
    const points = everyNth(25, [...calls.keys()]).map((index) => index + 1);
    for (const call of points) {
      const stage = await killed(options);
      await killedResume(stage, { call, when: 'after' });
      // One that was killed between its lease and its first record left nothing that tells whose lease it is.
      expect(await resume(stage, { lockWait: 300_000 }), calls[call - 1]).toMatchObject({ exit: 0 });
      await expectAll(stage, 'v2');
    }
  });
});
