import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Edit } from './edit.js';
import type { Search, SeedWord } from './until-caught.js';

/** What came of a broken engine. */
export type Fate =
  /** The first seed whose simulation breaks the statement, and all that this seed breaks. */
  | { readonly kind: 'caught'; readonly seed: number; readonly broken: readonly number[] }
  /** One seed did not end: a loop without a wait, which the simulated clock cannot end. */
  | { readonly kind: 'hung' }
  /** It does not load, or its process ended with an error. */
  | { readonly kind: 'died'; readonly how: string }
  /** None of the seeds noticed. `passed`: whether the marked place was ever come by. */
  | { readonly kind: 'survived'; readonly passed: boolean };

/** The longest that one seed may take on a very busy machine; a calm one needs a thousandth of it. */
const patience = 180_000;

const root = fileURLToPath(new URL('../../..', import.meta.url));
const imports = ['./test/sim/typescript.ts', './test/sim/mutations/mutate.ts'];

/** Simulates an engine with these edits, in a process of its own, until it is caught or the seeds are used up. */
export async function hunt(edits: readonly Edit[], search: Search): Promise<Fate> {
  const child = spawn(
    process.execPath,
    [
      '--experimental-transform-types',
      '--no-warnings',
      ...imports.flatMap((file) => ['--import', file]),
      './test/sim/mutations/until-caught.ts',
      JSON.stringify(search),
    ],
    {
      cwd: root,
      // Most of the time of a mutant that is caught soon is spent compiling sources that are the same for all.
      env: {
        ...process.env,
        ADFPUSH_SIM_EDITS: JSON.stringify(edits),
        NODE_COMPILE_CACHE: `${root}/.cache/compile`,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  let last: SeedWord | undefined;
  const hung = new AbortController();
  let errors = '';
  const giveUp = setTimeout(() => {
    hung.abort();
    child.kill('SIGKILL');
  }, patience);
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => (errors += chunk));
  createInterface({ input: child.stdout }).on('line', (line) => {
    last = JSON.parse(line) as SeedWord;
    giveUp.refresh();
  });
  const [code] = (await once(child, 'close')) as [number | null];
  clearTimeout(giveUp);
  if (hung.signal.aborted) return { kind: 'hung' };
  if (code !== 0 || last === undefined) return { kind: 'died', how: reasonIn(errors) };
  const { seed, broken, passed } = last;
  const isCaught = search.statement === undefined ? broken.length > 0 : broken.includes(search.statement);
  return isCaught ? { kind: 'caught', seed, broken } : { kind: 'survived', passed };
}

/** The line of a stack trace that says what happened. */
const reasonIn = (errors: string): string =>
  errors.split('\n').find((line) => /^\w*Error\b/.test(line)) ?? errors.slice(0, 200);
