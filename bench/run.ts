// npm run bench: prints how long things take. It judges nothing, because what is slow depends on the machine: compare the figures of two
// commits on one machine.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { benchCommandsOverSsh } from './commands-over-ssh.js';
import { benchComputing } from './computing.js';
import { durationsOf, median } from './measure.js';

benchComputing();
await benchStart();
if (existsSync('/usr/sbin/sshd')) await benchCommandsOverSsh();
else console.log('LEFT OUT: commands over SSH, because /usr/sbin/sshd is not installed');

/** The start of the program, beside that of an empty one; in turn, so that a busy moment does not fall on one of them alone. */
async function benchStart(): Promise<void> {
  const program = fileURLToPath(new URL('../dist/bin.js', import.meta.url));
  const starts = [['--version'], ['--help'], ['deploy', '--help']].map((words) => [program, ...words]);
  const durations = new Map([['-e', '0'], ...starts].map((words) => [words, [] as number[]]));
  for (let round = 0; round < 9; round += 1) {
    for (const [words, taken] of durations) {
      taken.push(...(await durationsOf(1, () => Promise.resolve(spawnSync(process.execPath, words)))));
    }
  }
  const [empty = Number.NaN, ...others] = [...durations.values()].map(median);
  for (const [index, duration] of others.entries()) {
    const words = starts[index]?.slice(1).join(' ') ?? '';
    const ratio = (duration / empty).toFixed(2);
    console.log(`adfpush ${words}: ${duration.toFixed(0)} ms, ${ratio} times an empty program of Node`);
  }
}
