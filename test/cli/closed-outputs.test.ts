import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, it } from 'vitest';
import { endedWithTest } from '../stages/processes.js';
import { program, root } from '../stages/adfpush.js';

interface Closing {
  /** What to run in Node. */
  readonly words: readonly string[];
  /** Which outputs nobody reads from the very beginning. */
  readonly closed: readonly ('stdout' | 'stderr')[];
}

/** Runs Node with outputs that are closed, and gives how it ended: it must, whatever it wants to say. */
async function exitOf({ words, closed }: Closing): Promise<unknown> {
  // It begins when it has read this line, after its outputs were closed.
  const wait =
    'data:text/javascript,await new Promise((go) => process.stdin.once("data", go)); process.stdin.destroy()';
  const child = endedWithTest(spawn(process.execPath, ['--import', wait, ...words], { stdio: 'pipe' }));
  for (const name of closed) child[name].destroy();
  child.stdin.end('go\n');
  await once(child, 'exit', { signal: AbortSignal.timeout(30_000) });
  return child.exitCode;
}

const both = ['stdout', 'stderr'] as const;

it.each<[string, readonly string[], number]>([
  ['its version', ['--version'], 0],
  ['its help', ['--help'], 0],
  ['what is wrong with the flags', ['deploy', '--no-such-flag'], 2],
  ['an error as a document', ['status', '--env', 'nowhere', '--project', '/nowhere', '--json'], 2],
])('the program ends as always where nobody reads %s', async (_, words, exit) => {
  expect(await exitOf({ words: [program, ...words], closed: both })).toBe(exit);
});

/** Uses the modules as the program does, says one thing to start with, and waits for what comes of it. */
const script = (body: string): readonly string[] => [
  '--experimental-transform-types',
  '--no-warnings',
  '--import',
  `${root}/test/sim/typescript.ts`,
  '--input-type=module',
  '--eval',
  `import { ignoreClosedOutputs } from '${root}/src/cli/closed-outputs.js';
  import { reportCrashes } from '${root}/src/cli/crash.js';
  ignoreClosedOutputs();
  reportCrashes();
  ${body}
  process.stderr.write('first\\n');
  setTimeout(() => process.exit(7), 300);`,
];

it('a handler of the write error may write to the same stream', async () => {
  const words = script(`process.stderr.on('error', () => process.stderr.write('again\\n'));`);
  expect(await exitOf({ words, closed: ['stderr'] })).toBe(7);
});

it('a write to an output that was closed tells its caller that it is over', async () => {
  const words = script(
    `process.stderr.on('error', () => process.stderr.write('again\\n', 'utf8', () => process.exit(8)));`,
  );
  expect(await exitOf({ words, closed: ['stderr'] })).toBe(8);
});

it('a crash without a reader ends the program', async () => {
  const words = script(`process.stderr.on('error', () => { throw new Error('a bug'); });`);
  expect(await exitOf({ words, closed: both })).toBe(1);
});

it('a full disk loses what does not fit, and no more', async () => {
  const words = script(`process.stderr.on('error', () => process.stdout.write('told\\n'));`);
  const child = endedWithTest(
    spawn('sh', ['-c', `exec "$0" "$@" 2> /dev/full`, process.execPath, ...words], {
      stdio: ['ignore', 'pipe', 'inherit'],
    }),
  );
  const told = (await child.stdout.toArray()).join('');
  expect(told).toBe('told\n');
});
