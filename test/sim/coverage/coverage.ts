// npm run coverage:sim -- [--seeds 400] [--from 1] [--write] [--list]: which branches no seed takes, and which of them no test takes either.
// Ends with 1 when docs/unreached-branches.md is not true: --write writes the part of it that is generated. --list prints all branches that
// no seed takes, with their lines.
import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { judgeSeed } from '../judge-seed.js';
import { instrument, unreached } from './branches.js';
import { isCovered } from './covered.js';
import { readUnreached, withTested } from './document.js';
import { judgeBranches, type CoveredSource } from './judge-branches.js';
import { measureTests, type MeasuredTests } from './measure-tests.js';

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '400' },
    from: { type: 'string', default: '1' },
    write: { type: 'boolean', default: false },
    list: { type: 'boolean', default: false },
  },
});
const root = fileURLToPath(new URL('../../..', import.meta.url));
const document = `${root}docs/unreached-branches.md`;
const first = Number(values.from);
for (let seed = first; seed < first + Number(values.seeds); seed += 1) await judgeSeed(seed);
const tests = await measureTests(root);
const sources = globSync('src/**/*.ts', { cwd: root })
  .filter(isCovered)
  .sort()
  .map((file) => coverageOf(file, tests));
tellShares();
if (values.list) tellUnreached();
tellJudged();

/** What no seed so much as loads has branches, too. */
function coverageOf(file: string, measured: MeasuredTests): CoveredSource {
  const loaded = globalThis.adfpushSources.find((one) => one.file === file);
  const { branches } = loaded ?? instrument(file, readFileSync(root + file, 'utf8'), 0, 'never');
  return {
    file,
    branches,
    byASeed: (branch) => loaded !== undefined && globalThis.adfpushTaken.has(loaded.first + branch),
    byTests: (branch) => measured.of(file, branch),
  };
}

function tellShares(): void {
  for (const [folder, own] of Map.groupBy(sources, ({ file }) => file.split('/')[1])) {
    const branches = own.flatMap((source) => source.branches.map((_, branch) => ({ source, branch })));
    const bySeeds = branches.filter(({ source, branch }) => source.byASeed(branch));
    const byAny = branches.filter(
      ({ source, branch }) => source.byASeed(branch) || source.byTests(branch).length > 0,
    );
    const share = (part: readonly unknown[]): string =>
      `${part.length} (${((100 * part.length) / branches.length).toFixed(1)} %)`;
    console.log(
      `src/${folder}: ${branches.length} branches, by seeds ${share(bySeeds)}, with the tests ${share(byAny)}`,
    );
  }
}

function tellUnreached(): void {
  for (const source of sources) {
    for (const branch of unreached(source.branches, source.byASeed)) {
      const by = source.byTests(source.branches.indexOf(branch)).join(', ');
      console.log(`${source.file}:${branch.line} | ${branch.name} | ${by === '' ? 'no test' : by}`);
    }
  }
}

function tellJudged(): void {
  if (tests.failure !== undefined) console.log(tests.failure);
  const markdown = readFileSync(document, 'utf8');
  const { tested, untaken, needless, outdated } = judgeBranches(sources, readUnreached(markdown));
  for (const { file, line, branch } of untaken) console.log(`${file}:${line} | ${branch} | taken by nothing`);
  for (const { file, branch } of needless)
    console.log(`${file} | ${branch} | has a reason, but is taken or gone`);
  if (values.write) writeFileSync(document, withTested(markdown, tested));
  else for (const { file, branch, says } of outdated) console.log(`${file} | ${branch} | ${says}: --write`);
  console.log(
    `${untaken.length} branches that nothing takes have no reason, ${needless.length} reasons are needless, ` +
      `${values.write ? 0 : outdated.length} rows are out of date, the tests ${tests.failure === undefined ? 'passed' : 'failed'}`,
  );
  const isTrue = untaken.length + needless.length + (values.write ? 0 : outdated.length) === 0;
  if (!isTrue || tests.failure !== undefined) process.exitCode = 1;
}
