import { describe, expect, it } from 'vitest';
import { SeededRandom } from '../fakes/seeded-random.js';
import { judge, storyOf } from './oracle.js';
import { calmScenario, randomScenario, type Scenario } from './scenario.js';
import { simulate } from './simulate.js';
import { toyRoll, type Carelessness } from './toy-roll.js';

const seeds = Array.from({ length: 20 }, (_, index) => index + 1);
/** What the toy can cope with: it knows no failure, and goes one by one. */
const calm = (seed: number): Scenario => ({
  ...randomScenario(new SeededRandom(seed)),
  hosts: calmScenario.hosts,
  containers: 1,
  hasPrevious: true,
  release: 'good',
  sickHosts: [],
  rollout: calmScenario.rollout,
  faults: calmScenario.faults,
  launches: calmScenario.launches,
  rivals: [],
  finish: false,
});

describe('a simulated run', () => {
  it.each(seeds)('is the same again with the same seed (%i), whatever goes wrong', async (seed) => {
    const scenario = randomScenario(new SeededRandom(seed));
    const [once, again] = [
      await simulate(seed, scenario, toyRoll()),
      await simulate(seed, scenario, toyRoll()),
    ];
    expect(again.timeline).toEqual(once.timeline);
    expect(again.hash).toBe(once.hash);
  });

  it('differs from seed to seed, also in which call returns first', async () => {
    const runs = await Promise.all(
      seeds.map((seed) => simulate(seed, calmScenario, toyRoll({ allAtOnce: true }))),
    );
    expect(new Set(runs.map(({ hash }) => hash)).size).toBe(seeds.length);
    const order = ({ timeline }: (typeof runs)[number]) =>
      timeline.flatMap((entry) => (entry.type === 'container.started' ? [entry.host] : [])).join(' ');
    expect(new Set(runs.map(order)).size).toBeGreaterThan(5);
  });

  it('shows no breach of a program that does all in order', async () => {
    for (const seed of seeds) {
      const run = await simulate(seed, calm(seed), toyRoll());
      expect({ seed, thrown: run.thrown, breaches: judge(storyOf(run)) }).toEqual({ seed, breaches: [] });
    }
  });

  it.each<[string, Carelessness, number]>([
    ['stops containers in service', { stopsUndrained: true }, 3],
    ['forgets to register', { forgetsToRegister: true }, 2],
    ['pulls after it drained', { pullsLate: true }, 4],
    ['rolls all hosts at once', { allAtOnce: true }, 6],
  ])('shows the breach of a program that %s', async (_what, careless, statement) => {
    const run = await simulate(7, calmScenario, toyRoll(careless));
    expect(judge(storyOf(run)).map((breach) => breach.statement)).toContain(statement);
  });

  it('sends its signal at the call that the scenario says', async () => {
    const [launch] = calmScenario.launches;
    const launches = [{ ...launch, signalAtCall: 10 }] as const;
    const run = await simulate(1, { ...calmScenario, launches }, toyRoll());
    expect(run.processes[0]?.signalledAt).toBeGreaterThan(0);
    const became = run.timeline.flatMap((entry) => (entry.type === 'process' ? [entry.became] : []));
    expect(became).toEqual(['begun', 'signalled', 'ended']);
  });

  it('loses as many calls as its scenario says, before or after their effect', async () => {
    const faults = { ...calmScenario.faults, lostAfter: 1 };
    const run = await simulate(1, { ...calmScenario, faults }, toyRoll());
    expect(run.thrown).toMatchObject({ code: 'ssh.connection_lost' });
    expect(run.timeline.some(({ type }) => type === 'image.pulled')).toBe(true);
  });
});

describe('the scenarios', () => {
  it('cover small and large fleets, all kinds of releases and all kinds of faults', () => {
    const scenarios = Array.from({ length: 300 }, (_, seed) => randomScenario(new SeededRandom(seed)));
    const seen = (what: (scenario: Scenario) => unknown) => new Set(scenarios.map(what));
    expect(seen(({ hosts }) => hosts.length).size).toBe(12);
    expect(seen(({ release }) => release).size).toBe(4);
    expect(seen(({ rollout }) => rollout.onFailure).size).toBe(3);
    expect(seen(({ targetGroups }) => targetGroups.length).size).toBe(2);
    expect(seen(({ hasPrevious }) => hasPrevious).size).toBe(2);
    expect(seen(({ containers }) => containers)).toEqual(new Set([1, 2, 3]));
    expect(seen(({ restart }) => JSON.stringify(restart)).size).toBe(5);
    expect(seen(({ previousRestart }) => JSON.stringify(previousRestart)).size).toBe(5);
    for (const what of ['volumes', 'containers', 'images'] as const)
      expect(scenarios.some(({ faults }) => faults.prunes.some((prune) => prune.what === what))).toBe(true);
    for (const kind of ['lateReply', 'stale'] as const)
      expect(scenarios.filter(({ faults }) => faults[kind] > 0).length).toBeGreaterThan(20);
    expect(seen(({ faults }) => faults.drifts.length > 0).size).toBe(2);
    expect(seen(({ faults }) => faults.machineDrifts.length > 0).size).toBe(2);
    expect(seen(({ faults }) => faults.joins.length).size).toBe(5);
    expect(seen(({ leases }) => leases)).toEqual(new Set(['hosts', 'table', 'moved']));
    expect(seen(({ knowsLease }) => knowsLease).size).toBe(2);
    for (const kind of ['hangs', 'clockRates', 'slowRoutes'] as const)
      expect(scenarios.some(({ faults }) => faults[kind].length > 0)).toBe(true);
    expect(
      seen(({ launches }) => launches.some(({ killAtLockCall }) => killAtLockCall !== undefined)).size,
    ).toBe(2);
    expect(seen(({ launches }) => launches.some(({ lateHost }) => lateHost !== undefined)).size).toBe(2);
    const engineEnds = scenarios.flatMap(({ faults }) => faults.engineRestarts.map(({ by }) => by));
    expect(new Set(engineEnds)).toEqual(new Set(['terminated', 'killed']));
    const outages = scenarios.flatMap(({ faults }) => faults.outages.map(({ of, says }) => `${of} ${says}`));
    expect(new Set(outages).size).toBe(8);
    const blips = scenarios.flatMap(({ faults }) => faults.blips.map(({ of }) => of));
    expect(new Set(blips)).toEqual(new Set(['connection', 'engine', 'dockerd', 'answer', 'machine']));
    // What makes no call fail, and takes nothing away.
    const harmless = { sparesPreflight: true, stale: 0, machineDrifts: [], drifts: [] };
    const calm = JSON.stringify({ ...calmScenario.faults, ...harmless });
    const faulty = scenarios.filter(({ faults }) => JSON.stringify({ ...faults, ...harmless }) !== calm);
    expect(faulty.length).toBeGreaterThan(100);
    expect(faulty.length).toBeLessThan(250);
    expect(seen(({ launches }) => launches.length).size).toBeGreaterThan(3);
    expect(seen(({ rivals }) => rivals.length).size).toBe(3);
    expect(seen(({ neighbour }) => neighbour?.shares).size).toBe(3);
  });
});
