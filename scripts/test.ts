// `npm test`: all projects of vitest.config.ts. The pure tests, those on real programs of this machine, and the killed runs come one after the other; the
// fleet's, which take as long, run beside them, as most of a roll is waiting. With words, `npm test -- test/plan`, it is `vitest run` with these. Where
// ADFPUSH_TEST_REPORTS names a folder, each project leaves a report in it, `pure.json`. Ends with 1 when one of them fails.
import { spawn, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const chains = [['fleet'], ['pure', 'real', 'crashes']];

const words = process.argv.slice(2);
const areOptions = words.every((word) => word.startsWith('-'));
const running = new Set<ChildProcess>();
let stoppedBy: NodeJS.Signals | undefined;

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    stoppedBy = signal;
    for (const child of running) child.kill(signal);
  });
}
const passed = areOptions
  ? await Promise.all(chains.map((chain) => inTurn(chain)))
  : [await vitest(...words)];
process.exitCode = passed.every((one) => one) ? 0 : 1;

async function inTurn(projects: readonly string[]): Promise<boolean> {
  let passed = true;
  for (const project of projects) {
    passed = (await vitest('--project', project, ...reportsOf(project), ...words)) && passed;
  }
  return passed;
}

/** Whether all tests passed. The output of several at once is passed on in whole lines. */
function vitest(...args: readonly string[]): Promise<boolean> {
  if (stoppedBy !== undefined) return Promise.resolve(false);
  const child = spawn('vitest', ['run', ...args], {
    stdio: ['ignore', areOptions ? 'pipe' : 'inherit', 'inherit'],
  });
  running.add(child);
  if (child.stdout !== null) {
    createInterface({ input: child.stdout }).on('line', (line) => process.stdout.write(`${line}\n`));
  }
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (exit) => {
      running.delete(child);
      resolve(exit === 0);
    });
  });
}

function reportsOf(project: string): readonly string[] {
  const folder = process.env['ADFPUSH_TEST_REPORTS'] ?? '';
  if (folder === '') return [];
  return ['--reporter=default', '--reporter=json', `--outputFile.json=${join(folder, `${project}.json`)}`];
}
