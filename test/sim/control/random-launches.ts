import type { Milliseconds } from '../../../src/model/duration.js';
import type { SeededRandom } from '../../fakes/seeded-random.js';
import type { FaultPlan } from '../faults.js';
import type { Launch } from './launch.js';

/** Runs have some hundred calls: so that all parts of a run are met, the earlier ones are not preferred too much. */
const someCall = (random: SeededRandom): number =>
  random.chance(0.5) ? random.integer(1, 400) : random.integer(1, 1_600);

/** Short of what a lease lives, or well beyond it. */
const frozenFor = (random: SeededRandom): Milliseconds =>
  random.chance(0.4) ? random.between(1_000, 50_000) : random.between(60_000, 400_000);

/**
 * A third of all runs is left in peace; the others are killed, signalled or frozen somewhere, and what comes after them too, up to a few
 * times: `recover`, or the next deploy, on the same machine or on another.
 */
export function randomLaunches(
  random: SeededRandom,
  [tag, otherTag]: readonly [string, string],
  hosts: readonly string[],
): readonly [Launch, ...Launch[]] {
  const memory = random.fork('memory');
  if (memory.chance(0.1)) return staleMemory(memory, [tag, otherTag], hosts);
  const first: Launch = {
    verb: 'deploy',
    machine: 'desk',
    after: 0,
    tag,
    ...randomFate(random.fork('first')),
  };
  const launches: [Launch, ...Launch[]] = [first];
  for (let last = first; isKilled(last) && launches.length < 5;) {
    const next = random.fork(`number ${launches.length + 1}`);
    last = {
      verb: next.chance(0.5) ? 'recover' : 'deploy',
      // What was being settled is told by the journal; without it the hosts alone tell.
      machine: next.chance(last.killAtSettling === undefined ? 0.7 : 0.3) ? 'desk' : 'laptop',
      after: next.pick([0, 1_000, 20_000, 90_000, 200_000]),
      tag,
      ...(next.chance(0.4) ? { killAtCall: someCall(next) } : {}),
    };
    launches.push(last);
  }
  return launches;
}

/**
 * An agent is killed in the middle of its roll; another, with a state folder of its own, rolls something newer; and then the first one comes
 * back with its old journal, while one of the hosts answers late.
 */
function staleMemory(
  random: SeededRandom,
  [tag, otherTag]: readonly [string, string],
  hosts: readonly string[],
): readonly [Launch, ...Launch[]] {
  const kill = random.chance(0.5)
    ? { killAtCall: random.integer(150, 900) }
    : { killAtSettling: random.integer(1, 12) };
  const host = hosts[random.integer(0, hosts.length - 1)] ?? '';
  return [
    { verb: 'deploy', machine: 'desk', after: 0, tag, ...kill },
    { verb: 'deploy', machine: 'laptop', after: random.pick([60_000, 90_000, 200_000]), tag: otherTag },
    {
      verb: random.chance(0.6) ? 'recover' : 'deploy',
      machine: 'desk',
      after: random.pick([0, 20_000, 400_000]),
      tag: random.pick([tag, otherTag]),
      lateHost: { host, lasts: random.between(1_000, 60_000) },
    },
  ];
}

/** In one of twelve the first process is killed while it takes its lease, or renews it; and then somebody comes. */
export function withLockKill(
  random: SeededRandom,
  [first, ...others]: readonly [Launch, ...Launch[]],
): readonly [Launch, ...Launch[]] {
  if (!random.chance(0.08)) return [first, ...others];
  const next: Launch = {
    verb: random.chance(0.4) ? 'recover' : 'deploy',
    machine: random.chance(0.5) ? 'desk' : 'laptop',
    after: random.pick([0, 20_000, 60_000, 200_000]),
    tag: first.tag,
  };
  const killed = {
    ...first,
    killAtLockCall: random.chance(0.5) ? random.integer(1, 40) : random.integer(1, 400),
  };
  return [killed, ...(others.length > 0 ? others : [next])];
}

const isKilled = ({ killAtCall, killAtSettling }: Launch): boolean =>
  killAtCall !== undefined || killAtSettling !== undefined;

function randomFate(random: SeededRandom): Partial<Launch> {
  const kind = random.next();
  if (kind < 0.35) return {};
  if (kind < 0.5) return { signalAtCall: random.integer(1, 600) };
  if (kind < 0.58) return { freeze: { atCall: someCall(random), lasts: frozenFor(random) } };
  if (kind < 0.7) return { killAtSettling: random.integer(1, 24) };
  return { killAtCall: someCall(random) };
}

/** One in six has a second deployer beside the first, which may itself be killed or frozen. */
export function randomRivals(random: SeededRandom, tags: readonly [string, ...string[]]): readonly Launch[] {
  if (!random.chance(0.17)) return [];
  return [
    {
      verb: random.chance(0.8) ? 'deploy' : 'recover',
      machine: random.chance(0.5) ? 'desk' : 'build',
      after: random.between(0, 300_000),
      tag: random.pick(tags),
      ...(random.chance(0.5) ? randomFate(random) : {}),
    },
  ];
}

/**
 * One run in twenty is started twice at the same moment, on two machines. Both want the lease while no run has it. In most of these each
 * machine has a jammed route to the half of the hosts that the other one reaches at once.
 */
export function randomRace(
  random: SeededRandom,
  tags: readonly [string, ...string[]],
  hosts: readonly string[],
): { readonly rival: Launch; readonly slowRoutes: FaultPlan['slowRoutes'] } | undefined {
  if (!random.chance(0.05)) return undefined;
  const rival: Launch = {
    verb: random.chance(0.8) ? 'deploy' : 'recover',
    machine: 'build',
    after: random.between(0, 60),
    tag: random.pick(tags),
    ...(random.chance(0.5) ? { waits: true } : {}),
  };
  if (random.chance(0.3)) return { rival, slowRoutes: [] };
  const lasts = random.between(3_000, 60_000);
  const halves = Map.groupBy(hosts, (_host) => random.pick(['desk', 'build']));
  return { rival, slowRoutes: [...halves].map(([machine, slow]) => ({ machine, hosts: slow, lasts })) };
}

/** The second group is rolled while the first one is. */
export const randomNeighbourLaunches = (random: SeededRandom, tag: string): readonly Launch[] => [
  {
    verb: 'deploy',
    group: 'web',
    machine: random.chance(0.5) ? 'desk' : 'build',
    after: random.chance(0.5) ? random.between(0, 2_000) : random.between(0, 120_000),
    tag,
    ...(random.chance(0.4) ? randomFate(random) : {}),
  },
];
