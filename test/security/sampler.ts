/**
 * Looks at the arguments and the environment of every process of this machine, again and again, until its stdin ends; then prints what it
 * found. A program of its own, run by Node as it is. What it looks for comes over stdin, so that it is not found in this very
 * process.
 */
import { readdirSync, readFileSync } from 'node:fs';

const hits = new Set<string>();
/** What a process was seen with, by its number. */
const looked = new Map<string, string>();
let given = '';
let over = false;
let rounds = 0;

process.stdin.on('data', (chunk: Buffer) => {
  given += chunk.toString();
  if (!given.endsWith('\n')) return;
  process.stdout.write('looking\n');
  look(JSON.parse(given) as readonly string[]);
});
process.stdin.on('end', () => (over = true));

function look(needles: readonly string[]): void {
  for (const pid of readdirSync('/proc')) {
    if (!/^\d+$/.test(pid) || Number(pid) === process.pid) continue;
    const line = read(`/proc/${pid}/cmdline`);
    const environment = read(`/proc/${pid}/environ`);
    // Between fork and exec a child still has the environment of its parent: what changed under our eyes is looked at in the next round.
    if (read(`/proc/${pid}/cmdline`) !== line) continue;
    // A round has to be quick, or a short life would pass between two of them: most processes are as they were.
    const all = `${line}\n${environment}`;
    if (looked.get(pid) === all) continue;
    looked.set(pid, all);
    for (const [what, text] of [
      ['cmdline', line],
      ['environ', environment],
    ] as const) {
      for (const needle of needles) {
        if (text.includes(needle)) hits.add(`${what} of ${line.replaceAll('\0', ' ')}: ${needle}`);
      }
    }
  }
  rounds += 1;
  if (over) process.stdout.write(`${JSON.stringify({ hits: [...hits], rounds })}\n`);
  else setImmediate(() => look(needles));
}

/** Empty for a process that has ended. */
function read(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}
