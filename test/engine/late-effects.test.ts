import { describe, expect, it } from 'vitest';
import { awsError } from '../../src/errors/aws.js';
import { connectionLost } from '../../src/errors/ssh.js';
import type { Milliseconds } from '../../src/model/duration.js';
import type { RunResult } from '../../src/model/run-result.js';
import type { PortCall } from '../fakes/port-calls.js';
import { image } from '../fakes/world/image-behaviour.js';
import { FleetStage } from '../stages/fleet-stage.js';
import { TaskStage } from './run-tasks.js';

/** The calls that change something. */
const changing = new Set([
  ...['pull', 'create', 'start', 'stop', 'rename', 'setRestartPolicy', 'remove', 'removeImage'],
  ...['ensureNetwork', 'keepHold', 'forgetHold', 'register', 'deregister'],
]);
const answerLostAfter: Milliseconds = 100;

/** How long after it was sent a request is carried out; `never` when it was lost on its way. */
type Lateness = Milliseconds | 'never';
const ordinary: readonly Lateness[] = [300, 3_000, 12_000, 'never'];
const stopTimeout: Milliseconds = 60_000;
/** A stop may take as long as it allows. */
const ofStops: readonly Lateness[] = [8_000, 40_000, stopTimeout - 500];
/** A second answer is lost so many changing calls after the first: in the restore, as a rule. */
const secondAfter = process.env['ADFPUSH_LATE_EFFECTS'] === 'all' ? [1, 2, 3, 4, 5, 6, 8, 10] : [1, 3];

interface Scene {
  readonly name: string;
  readonly targetGroups?: 'none';
  readonly prepare?: (stage: FleetStage) => void;
}

const scenes: readonly Scene[] = [
  { name: 'a good release' },
  { name: 'a good release of workers', targetGroups: 'none' },
  { name: 'a bad release', prepare: (stage) => stage.release(image.neverHealthy()) },
  { name: 'a release that the second host cannot pull', prepare: fillSecondHost },
];

/** So late that the first host has finished, and is rolled back. */
function fillSecondHost(stage: FleetStage): void {
  stage.at(
    (event) => event.type === 'batch.started' && event.batch === 2,
    () => (stage.host('i-2').freeBytes = 1),
  );
}

function stageOf({ targetGroups, prepare }: Scene): FleetStage {
  const container = { name: 'api', ports: ['5060:5000'], stop_timeout: '60s', networks: ['backend'] };
  const groupVars = { container, ...(targetGroups === undefined ? {} : { target_groups: targetGroups }) };
  const stage = new FleetStage({ hosts: 2, groupVars });
  prepare?.(stage);
  return stage;
}

function lostAnswer(stage: FleetStage, { host, method }: PortCall): Error {
  if (host !== undefined) return connectionLost(stage.host(host).host, 'read ECONNRESET');
  const reset = Object.assign(new Error('socket hang up'), { name: 'ECONNRESET', code: 'ECONNRESET' });
  return awsError(reset, { action: `elasticloadbalancing:${method}`, region: 'eu-west-1' });
}

/** Loses the answers to the changing calls with these numbers, counted from 1. Gives the calls as they were made. */
function loseAnswers(stage: FleetStage, numbers: readonly number[], late: Lateness): readonly PortCall[] {
  const { clock, calls } = stage.world;
  const made: PortCall[] = [];
  calls.intercept = async (call, proceed) => {
    if (!changing.has(call.method)) return proceed();
    made.push(call);
    if (!numbers.includes(made.length)) return proceed();
    if (late !== 'never') clock.after(late, () => void proceed().catch(() => undefined), true);
    await clock.sleep(answerLostAfter);
    throw lostAnswer(stage, call);
  };
  return made;
}

async function changingCalls(scene: Scene): Promise<readonly PortCall[]> {
  const stage = stageOf(scene);
  const made = loseAnswers(stage, [], 'never');
  await stage.deploy();
  return made;
}

const releaseOf: Readonly<Partial<Record<RunResult['hosts'][number]['status'], string>>> = {
  converged: 'v2',
  deployed: 'v2',
  untouched: 'v1',
  restored: 'v1',
  rolled_back: 'v1',
  // Nothing was taken from it: what it had is what it has.
  failed: 'v1',
};

/** What is not as the result says. */
function lies(
  { targetGroups }: Scene,
  stage: FleetStage,
  result: RunResult,
  now: readonly string[],
): readonly string[] {
  const named = new Set(result.named.map(({ host }) => host));
  return stage.hosts.flatMap(({ host, holds }, index) => {
    if (named.has(host.id)) return [];
    const says = now[index] ?? '';
    const status = result.hosts.find((one) => one.host === host.id)?.status;
    const release = status === undefined ? undefined : releaseOf[status];
    const expected = `${host.id}: ${release} running, ${targetGroups === 'none' ? '' : 'in service'}`;
    return [
      ...(release !== undefined && says.startsWith(expected) ? [] : [`said ${status ?? 'nothing'}: ${says}`]),
      ...(result.exit === 0 && release !== 'v2' ? [`exit 0: ${says}`] : []),
      ...(holds.size === 0 ? [] : [`not named, and ${host.id} keeps ${[...holds.keys()].join(', ')}`]),
    ];
  });
}

/** Deploys with these answers lost, and compares the world with the result, at the end and ten minutes later. */
async function liesAfter(
  scene: Scene,
  numbers: readonly number[],
  late: Lateness,
): Promise<readonly string[]> {
  const stage = stageOf(scene);
  const made = loseAnswers(stage, numbers, late);
  const result = await stage.deploy();
  const atEnd = lies(scene, stage, result, stage.now);
  const later = lies(scene, stage, result, await stage.later());
  const lost = numbers.flatMap((number) => made[number - 1] ?? []);
  const what = lost.map(({ method, actor }) => `${method} of ${actor}`).join(' and ');
  const where = `#${numbers.join(' and #')} ${what}, ${late} ms late`;
  return [
    ...atEnd.map((lie) => `${where}: at the end: ${lie}`),
    ...later.map((lie) => `${where}: later: ${lie}`),
  ];
}

/** A note that cannot be taken off its host is told in a warning, and does not make a host need a person. */
const mayStay = (call: PortCall | undefined, late: Lateness): boolean =>
  call?.method === 'forgetHold' && late === 'never';

describe.each(scenes)('a request that is carried out after its answer was lost, in $name', (scene) => {
  it('does not make the result untrue', async () => {
    const found: string[] = [];
    for (const [index, call] of (await changingCalls(scene)).entries()) {
      for (const late of [...ordinary, ...(call.method === 'stop' ? ofStops : [])]) {
        if (mayStay(call, late)) continue;
        found.push(...(await liesAfter(scene, [index + 1], late)));
      }
    }
    expect(found).toEqual([]);
  });

  it('does not when the same happens again on the way back', async () => {
    const found: string[] = [];
    for (const [index] of (await changingCalls(scene)).entries()) {
      for (const distance of secondAfter) {
        for (const late of [3_000, 12_000]) {
          found.push(...(await liesAfter(scene, [index + 1, index + 1 + distance], late)));
        }
      }
    }
    expect(found).toEqual([]);
  });
});

describe('a stop whose answer was lost', () => {
  const replacedWithin = async (late: Lateness): Promise<Milliseconds> => {
    const scene = scenes[0];
    if (scene === undefined) throw new Error('there is no scene');
    const calls = await changingCalls(scene);
    const stage = stageOf(scene);
    loseAnswers(stage, [calls.findIndex(({ method }) => method === 'stop') + 1], late);
    expect(await stage.deploy()).toMatchObject({ exit: 0, blips: 1 });
    const [replaced] = stage.told('task.ended').filter(({ task }) => task.module === 'docker_container');
    return replaced?.duration ?? 0;
  };

  it('is waited for until the Engine shows that it is over, and no longer', async () => {
    const took = await replacedWithin(3_000);
    expect(took).toBeGreaterThanOrEqual(3_000);
    expect(took).toBeLessThan(20_000);
  });

  it('is waited for as long as it allows when nothing shows that it is over', async () => {
    const waited = await replacedWithin('never');
    expect(waited).toBeGreaterThanOrEqual(stopTimeout);
    expect(waited).toBeLessThan(2 * stopTimeout);
  });
});

describe('a deregistration whose reply was lost', () => {
  it('is over before a restore looks, also when it was refused the second time', async () => {
    const stage = new FleetStage({ hosts: 2 });
    let times = 0;
    stage.world.calls.intercept = async (call, proceed) => {
      if (call.method !== 'deregister') return proceed();
      times += 1;
      if (times === 1) {
        stage.world.clock.after(12_000, () => void proceed().catch(() => undefined), true);
        throw lostAnswer(stage, call);
      }
      if (times > 2) return proceed();
      throw awsError(Object.assign(new Error('not authorized'), { name: 'AccessDenied' }), {
        action: 'elasticloadbalancing:DeregisterTargets',
        region: 'eu-west-1',
      });
    };

    expect(await stage.deploy()).toMatchObject({ exit: 4, named: [] });
    expect(await stage.later()).toEqual(['i-1', 'i-2'].map((id) => `${id}: v1 running, in service`));
  });
});

describe('a task after one that lost its host, which was ignored', () => {
  const replace = 'docker_container: { image: "{{ release.image }}", containers: "{{ containers }}" }';

  it('looks at the host only once the lost request is over', async () => {
    const tasks = `- docker_image: { image: "{{ release.image }}", containers: "{{ containers }}" }
- ${replace}
  ignore_unreachable: true
- name: again
  ${replace}`;
    const stage = new TaskStage(tasks, {
      groupVars: { target_groups: 'none' },
      rollout: { reconnect: '0s' },
    });
    let lost = false;
    stage.world.calls.intercept = async (call, proceed) => {
      if (call.method !== 'create' || lost) return proceed();
      lost = true;
      stage.world.clock.after(3_000, () => void proceed().catch(() => undefined), true);
      throw lostAnswer(stage, call);
    };

    await stage.deploy();

    expect(stage.statusOf('again')).toEqual(['changed']);
    expect((await stage.later())[0]).toContain('v2 running');
  });
});
