// npm run bench: prints how long things take. It judges nothing, because what is slow depends on the machine: compare the figures of two
// commits on one machine.
import { existsSync } from 'node:fs';
import { benchCommandsOverSsh } from './commands-over-ssh.js';
import { benchComputing } from './computing.js';
import { benchOperating } from './operating.js';
import { benchStarts } from './starts.js';

benchComputing();
await benchOperating();
await benchStarts();
if (existsSync('/usr/sbin/sshd')) await benchCommandsOverSsh();
else console.log('LEFT OUT: commands over SSH, because /usr/sbin/sshd is not installed');
