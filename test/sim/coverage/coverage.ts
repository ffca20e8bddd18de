// npm run coverage:sim -- [--seeds 400] [--from 1] [--all]: which branches no seed takes. Ends with 1 when one of them is not in
// docs/unreached-branches.md. --all prints those that are, too.
import { globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { judgeSeed } from '../judge-seed.js';
import { instrument, unreached, type Branch } from './branches.js';
import { isCovered } from './covered.js';
import { explanationsIn, reasonFor } from './explanations.js';

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '400' },
    from: { type: 'string', default: '1' },
    all: { type: 'boolean', default: false },
  },
});
const root = fileURLToPath(new URL('../../..', import.meta.url));
const first = Number(values.from);
for (let seed = first; seed < first + Number(values.seeds); seed += 1) await judgeSeed(seed);

interface CoveredSource {
  readonly file: string;
  readonly branches: readonly Branch[];
  readonly wasReached: (branch: number) => boolean;
}

const sources = globSync('src/**/*.ts', { cwd: root }).filter(isCovered).sort().map(coverageOf);
tellShares();
tellUnreached();

/** What no seed so much as loads has branches, too. */
function coverageOf(file: string): CoveredSource {
  const loaded = globalThis.adfpushSources.find((one) => one.file === file);
  if (loaded === undefined) {
    const { branches } = instrument(file, readFileSync(root + file, 'utf8'), 0, 'never');
    return { file, branches, wasReached: () => false };
  }
  const wasReached = (branch: number): boolean => globalThis.adfpushTaken.has(loaded.first + branch);
  return { file, branches: loaded.branches, wasReached };
}

function tellShares(): void {
  for (const folder of ['deploy', 'recovery', 'run', 'check', 'engine', 'plan', 'state']) {
    const own = sources.filter(({ file }) => file.startsWith(`src/${folder}/`));
    const all = own.flatMap(({ branches }) => branches).length;
    const reached = own.flatMap(({ branches, wasReached }) =>
      branches.filter((_, branch) => wasReached(branch)),
    ).length;
    console.log(`src/${folder}: ${reached} of ${all} branches (${((100 * reached) / all).toFixed(1)} %)`);
  }
}

function tellUnreached(): void {
  const explanations = explanationsIn(readFileSync(`${root}docs/unreached-branches.md`, 'utf8'));
  const used = new Set<(typeof explanations)[number]>();
  let unexplained = 0;
  for (const { file, branches, wasReached } of sources) {
    for (const { name, line } of unreached(branches, wasReached)) {
      const reason = reasonFor(file, name, explanations);
      if (reason !== undefined) used.add(reason);
      else unexplained += 1;
      if (reason === undefined || values.all)
        console.log(`${file}:${line} | ${name} | ${reason?.why ?? '?'}`);
    }
  }
  for (const one of explanations.filter((explanation) => !used.has(explanation))) {
    console.log(`Reached by now, or not there any more: ${one.file} | ${one.branch}`);
  }
  console.log(`${unexplained} unreached branches without a reason in docs/unreached-branches.md`);
  if (unexplained > 0) process.exitCode = 1;
}
