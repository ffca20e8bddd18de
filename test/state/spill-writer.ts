import { statSync } from 'node:fs';
import type { Host } from '../../src/model/host.js';
import { hostId } from '../../src/model/ids.js';
import { SpillFiles } from '../../src/state/spill-files.js';
import { SshTransport } from '../../src/transport/ssh/ssh-transport.js';
import { systemClock as clock } from '../stages/system-clock.js';

/**
 * Runs a command that says far too much on many hosts at once, and tells in bytes what this process used before and at most, and how
 * much went to the files. In a process of its own, so that nothing else is measured.
 */
const [directory = '', count = '', bytes = '', host = ''] = process.argv.slice(2);
const first = JSON.parse(host) as Host;
const hosts = Array.from({ length: Number(count) }, (_, index) => ({ ...first, id: hostId(`h${index}`) }));
const transport = new SshTransport({
  clock,
  random: { next: () => Math.random() },
  homeDirectory: directory,
  defaultUser: first.ssh.user ?? '',
});
const spills = new SpillFiles({
  directory,
  redaction: () => ({ write: (chunk) => chunk, end: () => new Uint8Array(0) }),
  now: () => Date.now(),
});
const connections = await Promise.all(hosts.map((one) => transport.connect(one)));
const before = process.memoryUsage.rss();
let most = before;
const watch = setInterval(() => (most = Math.max(most, process.memoryUsage.rss())), 50);
const results = await Promise.all(
  connections.map((connection, index) =>
    connection.run(
      { script: `yes 'a line of output' | head -c ${bytes}` },
      {
        step: { run: `spill-${process.pid}`, id: `h${index}` },
        spill: (stream) => spills.open('run', `h${index}.${stream}`),
      },
    ),
  ),
);
clearInterval(watch);
process.stdout.write(
  JSON.stringify({
    before,
    most: Math.max(most, process.memoryUsage.rss()),
    sizes: results.map(({ files }) => statSync(files?.stdout?.path ?? '/dev/null').size),
    shown: results.map(({ stdout }) => stdout.length),
    ended: results.map(({ outcome }) => outcome),
  }),
);
await transport.close();
