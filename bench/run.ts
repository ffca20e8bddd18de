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

/** The start of the program, beside that of an empty one. */
async function benchStart(): Promise<void> {
  const program = fileURLToPath(new URL('../dist/bin.js', import.meta.url));
  const starts = async (...args: readonly string[]): Promise<number> =>
    median(await durationsOf(7, () => Promise.resolve(spawnSync(process.execPath, args))));
  const [empty, version] = [await starts('-e', '0'), await starts(program, '--version')];
  const ratio = (version / empty).toFixed(2);
  console.log(`adfpush --version: ${version.toFixed(0)} ms, ${ratio} times an empty program of Node`);
}
