import type { Launch } from './control/launch.js';
import { noFaults, type FaultPlan } from './faults.js';
import { judgeScenario } from './judge-seed.js';
import type { RolloutSettings } from '../../src/model/settings.js';
import { calmScenario, type Scenario } from './scenario.js';

/** A failing seed with less around it: the smallest scenario found that still breaks the same statement. */
export interface Shrunk {
  readonly seed: number;
  readonly statement: number;
  readonly scenario: Scenario;
  readonly what: string;
  /** Simulations that it took. */
  readonly tries: number;
}

/**
 * Makes a failing scenario simpler step by step, as long as it breaks the same statement: fewer processes, faults and hosts, a simpler
 * roll, an earlier crash. Each actor has a stream of randomness of its own, so that leaving one thing out changes little else.
 */
export async function shrink(
  seed: number,
  scenario: Scenario,
  statement: number,
  mostTries = 200,
): Promise<Shrunk> {
  let best = scenario;
  let what = '';
  let tries = 0;
  const breaks = async (candidate: Scenario): Promise<boolean> => {
    tries += 1;
    const { violations } = await judgeScenario(seed, candidate);
    const same = violations.find((violation) => violation.statement === statement);
    if (same !== undefined) what = same.what;
    return same !== undefined;
  };
  if (!(await breaks(best))) return { seed, statement, scenario, what: 'not seen again', tries };
  for (let simpler = true; simpler && tries < mostTries;) {
    simpler = false;
    for (const candidate of simplerThan(best)) {
      if (tries >= mostTries) break;
      if (!(await breaks(candidate))) continue;
      best = candidate;
      simpler = true;
      break;
    }
  }
  await breaks(best);
  return { seed, statement, scenario: best, what, tries };
}

/** As it is pasted into a test (see found.test.ts). */
export const asTest = ({ seed, scenario, statement, what }: Shrunk): string =>
  [
    `// statement ${statement}: ${what}`,
    `expect(await breachesOf(${seed}, ${JSON.stringify(differenceOf(scenario))})).toEqual([]);`,
  ].join('\n');

/** A scenario as it differs from the calm one. */
export interface Difference extends Partial<Omit<Scenario, 'faults' | 'rollout'>> {
  readonly faults?: Partial<FaultPlan>;
  readonly rollout?: Partial<RolloutSettings>;
}

function differenceOf(scenario: Scenario): Difference {
  return {
    ...changed(scenario, calmScenario),
    faults: changed(scenario.faults, noFaults),
    rollout: changed(scenario.rollout, calmScenario.rollout),
  };
}

const changed = <T extends object>(now: T, calm: T): Partial<T> => {
  const before = new Map(entriesOf(calm));
  return Object.fromEntries(
    entriesOf(now).filter(([name, value]) => JSON.stringify(value) !== JSON.stringify(before.get(name))),
  ) as Partial<T>;
};

/** The calm scenario, but for this. */
export const scenarioWith = (difference: Difference): Scenario => ({
  ...calmScenario,
  ...difference,
  faults: { ...noFaults, ...difference.faults },
  rollout: { ...calmScenario.rollout, ...difference.rollout },
});

/** What a scenario breaks that differs so from the calm one, in words. */
export async function breachesOf(seed: number, difference: Difference): Promise<readonly string[]> {
  const { violations } = await judgeScenario(seed, scenarioWith(difference));
  return violations.map(({ statement, what }) => `${statement}: ${what}`);
}

const entriesOf = (value: object): readonly (readonly [string, unknown])[] => Object.entries(value);

/** One thing less each; those that leave out most come first. */
function* simplerThan(scenario: Scenario): Generator<Scenario> {
  const { launches, rivals, faults, hosts, targetGroups, rollout } = scenario;
  const [first, ...others] = launches;
  if (scenario.finish) yield { ...scenario, finish: false };
  for (const rival of rivals) yield { ...scenario, rivals: rivals.filter((one) => one !== rival) };
  for (const launch of others) {
    yield { ...scenario, launches: [first, ...others.filter((one) => one !== launch)] };
  }
  if (scenario.neighbour !== undefined) {
    const { neighbour: _, ...alone } = scenario;
    yield { ...alone, rivals: rivals.filter(({ group }) => group !== 'web') };
  }
  if (scenario.scaling !== undefined) {
    const { scaling: _, ...unscaled } = scenario;
    yield unscaled;
  }
  if (scenario.forgets !== undefined) {
    const { forgets: _, ...remembers } = scenario;
    yield remembers;
  }
  for (const simpler of simplerFaults(faults)) yield { ...scenario, faults: simpler };
  for (const host of hosts) {
    if (hosts.length > 1) yield { ...scenario, hosts: hosts.filter((one) => one !== host) };
  }
  for (const [name, value] of entriesOf(calmScenario)) {
    const isPlain = [
      'hasCommand',
      'wordy',
      'commandFailsOn',
      'release',
      'sickHosts',
      'hasPrevious',
      'containers',
      'restart',
      'previousRestart',
      'leases',
      'knowsLease',
    ].includes(name);
    const now = entriesOf(scenario).find(([key]) => key === name)?.[1];
    if (isPlain && JSON.stringify(now) !== JSON.stringify(value)) yield { ...scenario, [name]: value };
  }
  for (const [name, value] of entriesOf(calmScenario.rollout)) {
    const now = entriesOf(rollout).find(([key]) => key === name)?.[1];
    if (JSON.stringify(now) !== JSON.stringify(value)) {
      yield { ...scenario, rollout: { ...rollout, [name]: value } };
    }
  }
  if (targetGroups.length > 1) {
    const kept = targetGroups.slice(0, 1);
    yield { ...scenario, targetGroups: kept, ports: kept.flatMap(({ ports }) => ports) };
  }
  for (const [index, launch] of launches.entries()) {
    for (const simpler of simplerLaunches(launch)) {
      const [head = simpler, ...rest] = launches.map((one, at) => (at === index ? simpler : one));
      yield { ...scenario, launches: [head, ...rest] };
    }
  }
  for (const [index, rival] of rivals.entries()) {
    for (const simpler of simplerLaunches(rival)) {
      yield { ...scenario, rivals: rivals.map((one, at) => (at === index ? simpler : one)) };
    }
  }
}

function* simplerFaults(faults: FaultPlan): Generator<FaultPlan> {
  for (const [name, value] of entriesOf(faults)) {
    const none = entriesOf(noFaults).find(([key]) => key === name)?.[1];
    if (name === 'sparesPreflight' || JSON.stringify(value) === JSON.stringify(none)) continue;
    const { [name as keyof FaultPlan]: _, ...without } = faults;
    yield { ...noFaults, ...without };
    if (!Array.isArray(value) || value.length < 2) continue;
    const list: readonly unknown[] = Array.from<unknown>(value);
    for (const one of list) yield { ...faults, [name]: list.filter((other) => other !== one) };
  }
}

function* simplerLaunches(launch: Launch): Generator<Launch> {
  const { killAtCall, killAtLockCall, killAtSettling, freeze, signalAtCall, lateHost, ...calm } = launch;
  const fates = { killAtCall, killAtLockCall, killAtSettling, freeze, signalAtCall, lateHost };
  for (const [name, fate] of entriesOf(fates)) {
    if (fate !== undefined) yield { ...calm, ...given({ ...fates, [name]: undefined }) };
  }
  if (killAtCall !== undefined) {
    for (const earlier of [Math.floor(killAtCall / 2), Math.floor(killAtCall * 0.9), killAtCall - 1]) {
      if (earlier >= 1 && earlier < killAtCall) yield { ...launch, killAtCall: earlier };
    }
  }
  if (launch.after > 0) yield { ...launch, after: 0 };
}

const given = <T extends object>(values: T): Partial<T> =>
  Object.fromEntries(entriesOf(values).filter(([, value]) => value !== undefined)) as Partial<T>;
