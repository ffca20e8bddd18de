import { describe, expect, it } from 'vitest';
import { digestOf } from '../fakes/digest-of.js';
import { SeededRandom } from '../fakes/seeded-random.js';
import { deployProgram } from './deploy-program.js';
import { judge, storyOf } from './oracle.js';
import {
  calmScenario,
  previousTag,
  randomScenario,
  releaseTag,
  repository,
  type Neighbour,
} from './scenario.js';
import { simulate, type SimulatedRun } from './simulate.js';

/** More are in seeds-*.test.ts, and as many as one likes: npm run sim -- --seeds 100000. */
const seeds = Array.from({ length: 20 }, (_, index) => index + 1);

const simulateSeed = (seed: number): Promise<SimulatedRun> =>
  simulate(seed, randomScenario(new SeededRandom(seed)), deployProgram);

const running = ({ ended }: SimulatedRun, tag: string): number =>
  ended.hosts.filter(({ containers }) =>
    containers.some(
      (container) => container.running && container.digest === digestOf(`${repository}:${tag}`),
    ),
  ).length;

describe('a simulated deploy', () => {
  it('ends converged when nothing goes wrong', async () => {
    const run = await simulate(1, calmScenario, deployProgram);
    expect({ thrown: run.thrown, exit: run.result?.exit, hosts: running(run, releaseTag) }).toEqual({
      exit: 0,
      hosts: calmScenario.hosts.length,
    });
  });

  it.each(['never_healthy', 'exits_at_once'] as const)(
    'ends with everything as it was when the release is %s',
    async (release) => {
      const run = await simulate(1, { ...calmScenario, release }, deployProgram);
      expect({ thrown: run.thrown, exit: run.result?.exit, hosts: running(run, previousTag) }).toEqual({
        exit: 4,
        hosts: calmScenario.hosts.length,
      });
    },
  );

  it('ends with 143 and nothing held when it is stopped in the middle', async () => {
    const [launch] = calmScenario.launches;
    const launches = [{ ...launch, signalAtCall: 150 }] as const;
    const run = await simulate(1, { ...calmScenario, launches }, deployProgram);
    expect(storyOf(run).programs).toMatchObject([{ exit: 143, named: [] }]);
    expect(judge(storyOf(run))).toEqual([]);
  });

  it.each<Neighbour>([
    { shares: 'target_groups', hosts: [1, 2, 3].map((number) => ({ id: `w${number}`, zone: 'a' })) },
    { shares: 'hosts' },
  ])('ends converged beside the deploy of another group that shares its $shares', async (neighbour) => {
    const rivals = [{ verb: 'deploy', group: 'web', machine: 'build', after: 0, tag: releaseTag }] as const;
    const run = await simulate(1, { ...calmScenario, neighbour, rivals }, deployProgram);
    expect(storyOf(run).programs.map(({ group, exit }) => ({ group: group.name, exit }))).toEqual(
      expect.arrayContaining([
        { group: 'api', exit: 0 },
        { group: 'web', exit: 0 },
      ]),
    );
    const drainedAt = (group: 'api' | 'web'): readonly number[] =>
      run.timeline.flatMap(({ type, by, at }) =>
        type === 'target.deregistered' &&
        run.processes.some(({ actor, launch }) => actor === by && (launch.group ?? 'api') === group)
          ? [at]
          : [],
      );
    expect(Math.min(...drainedAt('web'))).toBeLessThan(Math.max(...drainedAt('api')));
    expect(Math.min(...drainedAt('api'))).toBeLessThan(Math.max(...drainedAt('web')));
    expect(judge(storyOf(run))).toEqual([]);
  });

  it('is recovered by an agent with an old journal after a newer success, while a host answers late', async () => {
    const stale = (seed: number) =>
      randomScenario(new SeededRandom(seed)).launches.some(({ lateHost }) => lateHost !== undefined);
    const runs = [];
    for (let seed = 1; runs.length < 8; seed += 1) if (stale(seed)) runs.push(await simulateSeed(seed));
    const reached = runs.filter((run) => {
      const [first, second, third] = storyOf(run).programs;
      const begunAt = run.processes[2]?.begunAt;
      const isLost = run.timeline.some(({ type, at }) => type === 'host.lost' && at === begunAt);
      return first?.exit === undefined && second?.exit === 0 && third !== undefined && isLost;
    });
    expect(reached.length).toBeGreaterThan(0);
  });

  it('is the same again with the same seed, whatever is killed', async () => {
    for (const seed of seeds) {
      const [once, again] = [await simulateSeed(seed), await simulateSeed(seed)];
      expect(again.calls).toEqual(once.calls);
      expect({ seed, hash: again.hash }).toEqual({ seed, hash: once.hash });
    }
  });
});
