import { existsSync } from 'node:fs';
import { isDeep } from '../deep.js';

type Shell = readonly [name: string, argv: readonly [string, ...string[]]];

const known: readonly Shell[] = [
  ['dash', ['/bin/dash']],
  ['busybox', ['/bin/busybox', 'sh']],
  ['bash as sh', ['/bin/bash', '--posix']],
];

/** What sh is on hosts, where this machine has it. Bash differs in little that scripts use, so it is tried in deep runs only. */
export const shells = known.filter(
  ([name, [program]]) => existsSync(program) && (isDeep() || name !== 'bash as sh'),
);
