// npm run mutants -- [--seeds 2000] [--only engine/turn] [--sample 100 [--from SEED]] [--shard 1/4] [--workers 2] [--minutes 60]
// [--results FILE] [--list]
import { createHash } from 'node:crypto';
import { appendFileSync, existsSync, globSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { SeededRandom } from '../../fakes/seeded-random.js';
import { hunt } from './hunt.js';
import { describeMutant, mutantsOf, type Mutant } from './make-mutants.js';
import { isSettled, reportOf, type Result } from './mutant-report.js';

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '2000' },
    only: { type: 'string', default: '' },
    sample: { type: 'string' },
    from: { type: 'string', default: '1' },
    shard: { type: 'string', default: '1/1' },
    workers: { type: 'string', default: String(availableParallelism()) },
    minutes: { type: 'string', default: 'Infinity' },
    results: { type: 'string', default: '.cache/mutants.jsonl' },
    list: { type: 'boolean', default: false },
  },
});
const seeds = Number(values.seeds);
const endAt = Date.now() + Number(values.minutes) * 60_000;
/** What is not come by in so many seeds is not simulated with more of them. */
const seedsUntilPassed = 400;

const root = fileURLToPath(new URL('../../..', import.meta.url));
const folders = ['deploy', 'recovery', 'run', 'check', 'engine', 'plan', 'state', 'model/holds'];

interface Job {
  readonly key: string;
  readonly mutant: Mutant;
}

const jobs = shardOf(sampleOf(allJobs().filter(({ mutant }) => mutant.edit.file.includes(values.only))));
if (values.list) {
  for (const { mutant } of jobs) console.log(`${placeOf(mutant)}: ${describeMutant(mutant)}`);
  console.log(`${jobs.length} mutants`);
} else {
  await run();
}

async function run(): Promise<void> {
  const known = readResults();
  const open = jobs.filter(({ key }) => !isSettled(known.get(key), seeds));
  console.log(`${jobs.length} mutants, ${jobs.length - open.length} of them known from ${values.results}`);
  if (open.length > 0) await requireSound();
  const queue = [...open];
  await Promise.all(Array.from({ length: Number(values.workers) }, () => work(queue, known)));
  console.log(
    reportOf(
      jobs.flatMap(({ key }) => known.get(key) ?? []),
      jobs.length,
    ),
  );
}

/** An engine that is not broken must be caught by none of these seeds: a mutant would be blamed for what it did not do. */
async function requireSound(): Promise<void> {
  const [file, text] = ['src/engine/run.ts', 'export interface Run '];
  const fate = await hunt([{ file, text, replacement: text }], { first: 1, seeds });
  if (fate.kind !== 'survived') {
    throw new Error(`The engine as it is does not pass these seeds: ${JSON.stringify(fate)}`);
  }
}

async function work(queue: Job[], known: Map<string, Result>): Promise<void> {
  while (Date.now() < endAt) {
    const job = queue.shift();
    if (job === undefined) return;
    const { key, mutant } = job;
    const fate = await hunt([mutant.edit], { first: 1, seeds, seedsUntilPassed });
    const result: Result = { key, place: placeOf(mutant), change: describeMutant(mutant), seeds, fate };
    known.set(key, result);
    appendFileSync(`${root}/${values.results}`, `${JSON.stringify(result)}\n`);
    console.log(`${result.place}: ${result.change}: ${fate.kind}`);
  }
}

/** A change of its file makes a mutant another one. */
function allJobs(): readonly Job[] {
  const files = folders.flatMap((folder) => globSync(`src/${folder}/**/*.ts`, { cwd: root })).sort();
  return files.flatMap((file) => {
    const source = readFileSync(`${root}/${file}`, 'utf8');
    const hash = createHash('sha256').update(source).digest('hex').slice(0, 8);
    return mutantsOf(file, source).map((mutant) => ({
      key: `${file} ${hash} ${mutant.edit.at} ${mutant.kind}`,
      mutant,
    }));
  });
}

function sampleOf(all: readonly Job[]): readonly Job[] {
  if (values.sample === undefined) return all;
  const random = new SeededRandom(values.from);
  return all
    .map((job) => ({ job, order: random.next() }))
    .toSorted((a, b) => a.order - b.order)
    .slice(0, Number(values.sample))
    .map(({ job }) => job);
}

/** `2/4` is the second of four parts. */
function shardOf(all: readonly Job[]): readonly Job[] {
  const [part = 1, of = 1] = values.shard.split('/').map(Number);
  return all.filter((_, index) => index % of === part - 1);
}

function readResults(): Map<string, Result> {
  const path = `${root}/${values.results}`;
  mkdirSync(dirname(path), { recursive: true });
  const lines = existsSync(path) ? readFileSync(path, 'utf8').split('\n') : [];
  return new Map(
    lines
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Result)
      .map((result) => [result.key, result]),
  );
}

function placeOf({ edit: { file }, line, column }: Mutant): string {
  return `${file}:${line}:${column}`;
}
