import { isDeep } from '../deep.js';
import { Lane } from '../stages/lane.js';

/** Where a run is killed: right before or right after one record of its journal is on disk; `before:17`. */
type Point = `${'before' | 'after'}:${number}`;

/** Every point of a journal with so many records. */
const allPoints = (records: number): readonly Point[] =>
  Array.from({ length: records }, (_, index): readonly Point[] => [
    `before:${index + 1}`,
    `after:${index + 1}`,
  ]).flat();

const isPoint = (text: string): text is Point => /^(before|after):\d+$/.test(text);

/**
 * The points to try: `sample` of them, evenly chosen; with ADFPUSH_CRASH_POINTS=all, or in a deep run, every one; with 2/4 the second of
 * four parts, which together are all; with before:17,after:3 exactly these.
 */
function chosenPoints(records: number, sample: number): readonly Point[] {
  const wish = process.env['ADFPUSH_CRASH_POINTS'] ?? (isDeep() ? 'all' : '');
  const all = allPoints(records);
  if (wish === 'all') return all;
  const [, part, parts] = /^(\d+)\/(\d+)$/.exec(wish) ?? [];
  if (part !== undefined) return all.filter((_, index) => index % Number(parts) === Number(part) - 1);
  if (wish !== '') return wish.split(',').filter(isPoint);
  return Array.from({ length: sample }, (_, index) =>
    Math.floor(((index + 0.5) * all.length) / sample),
  ).flatMap((index) => all[index] ?? []);
}

/** Labs beside each other: most of a deploy is waiting. */
const lanes = Number(process.env['ADFPUSH_CRASH_LANES'] ?? 2);

export interface Scenario {
  /** Brings a fresh lab to where every point begins, but for what `reset` does. */
  readonly prepare: (lane: Lane) => Promise<void>;
  /** Does it once without a kill, and gives the number of records. */
  readonly count: (lane: Lane) => Promise<number>;
  /** What was wrong at a point, in words; nothing when all was well. */
  readonly tryPoint: (lane: Lane, point: Point) => Promise<readonly string[]>;
  /** How many points to try, unless all are asked for. */
  readonly sample: number;
}

/** Tries the points of a scenario, several labs beside each other. Gives what was wrong, each with its point. */
export async function tryPoints(name: string, scenario: Scenario): Promise<readonly string[]> {
  const [began, opened] = [performance.now(), [] as Lane[]];
  const openLane = async (): Promise<Lane> => {
    const lane = await Lane.open();
    opened.push(lane);
    await scenario.prepare(lane);
    return lane;
  };
  try {
    const first = await openLane();
    const records = await scenario.count(first);
    const points = chosenPoints(records, scenario.sample);
    const [queue, wrong] = [[...points], [] as string[]];
    let tried = 0;
    const work = async (lane: Lane): Promise<void> => {
      for (let point = queue.shift(); point !== undefined; point = queue.shift()) {
        const found = await scenario.tryPoint(lane, point).catch((error: unknown) => [String(error)]);
        const problems = found.map((problem) => `${point}: ${problem}`);
        for (const problem of problems) console.log(`${name}: ${problem}`);
        wrong.push(...problems);
        tried += 1;
      }
    };
    const more = Array.from({ length: Math.min(lanes, points.length) - 1 }, async () =>
      work(await openLane()),
    );
    await Promise.all([work(first), ...more]);
    const seconds = Math.round((performance.now() - began) / 1_000);
    console.log(`${name}: ${tried} of ${2 * records} crash points in ${seconds} s, ${wrong.length} wrong`);
    return wrong;
  } finally {
    await Promise.all(opened.map((lane) => lane.close()));
  }
}
