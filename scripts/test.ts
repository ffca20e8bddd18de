// `npm test`: all projects of vitest.config.ts. The pure tests and those on real programs of this machine use the processors; rolls over the lab, killed runs
// and the fleet's, which wait most of the time, run beside them. With words, `npm test -- test/plan`, it is `vitest run` with these. Where
// ADFPUSH_TEST_REPORTS names a folder, each project leaves a report in it, `pure.json`, and `failures.txt` says what failed. Ends with 1 when one of
// them fails.
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { failuresOf } from './test-failures.js';

const chains = [['fleet'], ['fleet-faults'], ['lab', 'crashes'], ['pure', 'real']];

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
process.exitCode = (await (areOptions ? everything() : vitest(words, 'inherit'))) ? 0 : 1;

/** Runs all projects. What failed is said once more at the end, where a reader looks first. */
async function everything(): Promise<boolean> {
  const asked = process.env['ADFPUSH_TEST_REPORTS'] ?? '';
  const reports = asked === '' ? mkdtempSync(join(tmpdir(), 'adfpush-reports-')) : asked;
  mkdirSync(reports, { recursive: true });
  const failures = (await Promise.all(chains.map((chain) => inTurn(chain, reports)))).flat();
  writeFileSync(join(reports, 'failures.txt'), failures.join('\n'));
  if (failures.length > 0) console.log(`\n${failures.join('\n')}`);
  if (asked === '') rmSync(reports, { recursive: true, force: true });
  return failures.length === 0;
}

/** What failed, a line or more for each failure. */
async function inTurn(projects: readonly string[], reports: string): Promise<readonly string[]> {
  const failures: string[] = [];
  for (const project of projects) {
    const report = join(reports, `${project}.json`);
    const lines: string[] = [];
    const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
    if (!(await vitest(['--project', project, ...reporters, ...words], lines))) {
      failures.push(...failuresOf(project, reportAt(report), lines));
    }
  }
  return failures;
}

/** Undefined when the project ended before it wrote one. */
function reportAt(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

/** Whether all tests passed. The output of several at once is passed on in whole lines, and kept in `output`. */
function vitest(args: readonly string[], output: 'inherit' | string[]): Promise<boolean> {
  if (stoppedBy !== undefined) return Promise.resolve(false);
  const pipe = output === 'inherit' ? 'inherit' : 'pipe';
  const child = spawn('vitest', ['run', ...args], { stdio: ['ignore', pipe, pipe] });
  running.add(child);
  for (const [from, to] of [
    [child.stdout, process.stdout],
    [child.stderr, process.stderr],
  ] as const) {
    if (from === null || output === 'inherit') continue;
    createInterface({ input: from }).on('line', (line) => {
      output.push(line);
      to.write(`${line}\n`);
    });
  }
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (exit) => {
      running.delete(child);
      resolve(exit === 0);
    });
  });
}
