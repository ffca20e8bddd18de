// npm run sim -- --seeds 100000 [--from 1] [--workers 2] [--no-shrink]
import { fork, type ChildProcess } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { addFigures, noFigures, type Figures } from './judge-seed.js';
import type { Failure, Portion, PortionResult } from './run-worker.js';

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '2000' },
    from: { type: 'string', default: '1' },
    workers: { type: 'string', default: String(availableParallelism()) },
    'no-shrink': { type: 'boolean', default: false },
  },
});
const [seeds, from, workers] = [values.seeds, values.from, values.workers].map(Number) as [
  number,
  number,
  number,
];
/** Enough to be worth a message, few enough to be done soon. */
const portionSize = 25;
/** More are not printed: whoever has that many looks at the first ones. */
const mostShown = 20;

const begun = Date.now();
let figures: Figures = noFigures;
let next = from;
let toldAt = begun;
const failures: Failure[] = [];

await Promise.all(Array.from({ length: workers }, () => work()));
tellProgress();
if (failures.length > 0) {
  console.log(`\nViolations in ${failures.length} seeds:`);
  for (const { seed, violations, shrunk } of failures.slice(0, mostShown)) {
    for (const { statement, at, what } of violations.slice(0, 3)) {
      console.log(`  seed ${seed}, statement ${statement}, at ${Math.round(at)} ms: ${what}`);
    }
    for (const test of shrunk) console.log(test.replaceAll(/^/gm, '    '));
  }
  process.exitCode = 1;
} else {
  console.log('No violations.');
}

/** One process that works until there is nothing left. */
async function work(): Promise<void> {
  const worker = fork(fileURLToPath(new URL('./run-worker.ts', import.meta.url)));
  while (next < from + seeds) {
    const portion: Portion = {
      from: next,
      count: Math.min(portionSize, from + seeds - next),
      // The first few tell what is wrong; the others would take hours.
      shrinks: !values['no-shrink'] && failures.length < mostShown,
    };
    next += portion.count;
    const result = await answerOf(worker, portion);
    figures = addFigures(figures, result.figures);
    failures.push(...result.failures);
    if (Date.now() - toldAt > 10_000) tellProgress();
  }
  worker.disconnect();
}

function answerOf(worker: ChildProcess, portion: Portion): Promise<PortionResult> {
  return new Promise((resolve, reject) => {
    const onExit = (code: number | null) => reject(new Error(`a worker ended with ${code}`));
    worker.once('exit', onExit);
    worker.once('message', (message) => {
      worker.off('exit', onExit);
      resolve(message as PortionResult);
    });
    worker.send(portion);
  });
}

function tellProgress(): void {
  toldAt = Date.now();
  const seconds = (toldAt - begun) / 1_000;
  const { seeds: done, processes, crashes, freezes, recoveries, calls, dropped } = figures;
  console.log(
    `${done} of ${seeds} seeds in ${seconds.toFixed(0)} s (${(done / seconds).toFixed(1)} a second): ` +
      `${processes} processes, ${crashes} crashes, ${freezes} freezes, ${recoveries} recoveries, ` +
      `${calls} calls, ${(dropped / 60_000).toFixed(0)} min of requests dropped; ${failures.length} seeds with violations`,
  );
}
