import type { Fate } from './hunt.js';

/** What came of one mutant. */
export interface Result {
  readonly key: string;
  /** `src/engine/roll/turn.ts:43:7`. */
  readonly place: string;
  readonly change: string;
  /** How many it was to be simulated with. */
  readonly seeds: number;
  readonly fate: Fate;
}

/** Whether a result says all that so many seeds could say. */
export const isSettled = (result: Result | undefined, seeds: number): boolean =>
  result !== undefined && (result.fate.kind !== 'survived' || result.seeds >= seeds);

/** The survivors, and the score. `all` counts those without a result, too. */
export function reportOf(results: readonly Result[], all: number): string {
  const of = (kind: Fate['kind']): readonly Result[] => results.filter(({ fate }) => fate.kind === kind);
  const survivors = results.filter(({ fate }) => fate.kind === 'survived');
  const passed = survivors.filter(({ fate }) => fate.kind === 'survived' && fate.passed);
  const unseen = survivors.filter((result) => !passed.includes(result));
  const caught = results.length - survivors.length;
  const met = results.length - unseen.length;
  return [
    ...section('Survived, though the simulation comes by', passed),
    ...section('Survived: no seed comes by', unseen),
    '',
    `${results.length} of ${all} mutants: ${caught} caught (${percent(caught, results.length)}; of the ${met} that a seed comes by ${percent(caught, met)})`,
    `${of('died').length} of the caught do not load or end their process, ${of('hung').length} hang, ` +
      `${of('caught').filter(({ fate }) => fate.kind === 'caught' && fate.seed === 1).length} are caught by the first seed`,
    `Caught by statement (0 is a promise without a number): ${byStatement(results)}`,
  ].join('\n');
}

function section(title: string, results: readonly Result[]): readonly string[] {
  if (results.length === 0) return [];
  return [
    '',
    `${title} (${results.length}):`,
    ...results.map(({ place, change }) => `  ${place}: ${change}`),
  ];
}

const percent = (part: number, whole: number): string =>
  whole === 0 ? 'none' : `${((100 * part) / whole).toFixed(1)} %`;

function byStatement(results: readonly Result[]): string {
  const counts = new Map<number, number>();
  for (const { fate } of results) {
    for (const one of fate.kind === 'caught' ? fate.broken : []) counts.set(one, (counts.get(one) ?? 0) + 1);
  }
  return [...counts]
    .toSorted(([a], [b]) => a - b)
    .map(([statement, count]) => `${statement}: ${count}`)
    .join(', ');
}
