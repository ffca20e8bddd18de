// `npm test`: all projects of vitest.config.ts beside each other, as most of a roll is waiting. With words, `npm test -- test/plan`, it is
// `vitest run` with these. Where ADFPUSH_TEST_REPORTS names a folder, each project leaves a report in it, `unit.json`. Ends with 1 when one
// of them fails.
import { spawn, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const projects = ['fleet', 'crashes', 'unit'];

const words = process.argv.slice(2);
const areOptions = words.every((word) => word.startsWith('-'));
const running = areOptions
  ? projects.map((project) => vitest('--project', project, ...reportsOf(project), ...words))
  : [vitest(...words)];

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    for (const child of running) child.kill(signal);
  });
}
const exits = await Promise.all(running.map((child) => ended(child)));
process.exitCode = exits.every((exit) => exit === 0) ? 0 : 1;

/** The output of several at once is passed on in whole lines. */
function vitest(...args: readonly string[]): ChildProcess {
  return spawn('vitest', ['run', ...args], { stdio: ['ignore', areOptions ? 'pipe' : 'inherit', 'inherit'] });
}

function reportsOf(project: string): readonly string[] {
  const folder = process.env['ADFPUSH_TEST_REPORTS'] ?? '';
  if (folder === '') return [];
  return ['--reporter=default', '--reporter=json', `--outputFile.json=${join(folder, `${project}.json`)}`];
}

function ended(child: ChildProcess): Promise<number | null> {
  if (child.stdout !== null) {
    createInterface({ input: child.stdout }).on('line', (line) => process.stdout.write(`${line}\n`));
  }
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (exit) => resolve(exit));
  });
}
