import type { Milliseconds } from '../../../src/model/duration.js';
import type { SeededRandom } from '../../fakes/seeded-random.js';
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
export function randomLaunches(random: SeededRandom, tag: string): readonly [Launch, ...Launch[]] {
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
