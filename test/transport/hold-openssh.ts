import type { Host } from '../../src/model/host.js';
import { OpenSshTransport } from '../../src/transport/openssh/openssh-transport.js';
import { systemClock } from '../stages/system-clock.js';

/** Connects to a host (JSON, in the first argument) through the system's ssh, and then does nothing until it is killed. */
const transport = new OpenSshTransport({
  clock: systemClock,
  random: { next: () => Math.random() },
  homeDirectory: process.argv[3] ?? '',
  defaultUser: 'nobody',
  persist: 2,
});
await transport.connect(JSON.parse(process.argv[2] ?? '') as Host);
console.log('connected');
setInterval(() => undefined, 60_000);
