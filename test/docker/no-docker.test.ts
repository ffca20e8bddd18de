import { readdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { EngineRuntime } from '../../src/docker/engine-runtime.js';
import { HoldsOnHosts } from '../../src/state/host-holds.js';
import { temporaryFolder } from '../stages/temporary-folder.js';
import { describeWithSshd, Sshd } from '../stages/sshd.js';
import { systemClock } from '../stages/system-clock.js';
import { heldOn } from '../stages/held-on.js';

/** What a host without Docker has of the programs of this machine. */
const programs = ['cat', 'dash', 'ls', 'mkdir', 'mv', 'rm', 'setsid', 'sh', 'sync'];

describeWithSshd('a host on which no Docker is installed', () => {
  test('keeps holds in files of its login user', async () => {
    const bin = temporaryFolder('no-docker');
    for (const one of programs) symlinkSync(`/usr/bin/${one}`, join(bin, one));
    const sshd = await Sshd.start({ environment: { PATH: bin } });
    const transport = sshd.transport();
    try {
      const host = sshd.host();
      const holds = new HoldsOnHosts(
        new EngineRuntime(transport, systemClock).holds,
        transport,
        systemClock,
      ).on(host);
      const held = heldOn(host);

      await holds.keep(held);

      expect(await holds.list()).toEqual([held]);
      const folder = join(sshd.folder, '.local/state/adfpush/holds');
      expect(readdirSync(folder)).toHaveLength(1);
      await holds.forget(held.run, held.hold.id);
      expect(readdirSync(folder)).toEqual([]);
    } finally {
      await transport.close();
      await sshd.stop();
    }
  });
});
