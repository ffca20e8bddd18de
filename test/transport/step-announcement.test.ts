import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { SshTransport } from '../../src/transport/ssh/ssh-transport.js';
import { describeWithSshd, Sshd } from '../stages/sshd.js';

describeWithSshd('a step on a host whose start-up files keep what is said on stderr to themselves', () => {
  let sshd: Sshd;
  let transport: SshTransport;
  beforeAll(async () => {
    sshd = await Sshd.start({
      config: [`ForceCommand exec 2>/dev/null; exec /bin/sh -c "$SSH_ORIGINAL_COMMAND"`],
    });
    transport = sshd.transport();
  });
  afterAll(async () => {
    await transport.close();
    await sshd.stop();
  });

  it('is run once, and tells its output and its end', async () => {
    const step = { run: 'run', id: 'step' };
    const counted = join(sshd.folder, 'counted');
    writeFileSync(counted, '');
    const connection = await transport.connect(sshd.host());
    const first = await connection.run(
      { script: `echo once >>${counted}; cat ${counted}; exit 3` },
      { step },
    );
    expect(first).toMatchObject({ outcome: { kind: 'exited', code: 3 }, stdout: 'once\n', record: 'kept' });
    const again = await connection.run({ script: `echo once >>${counted}; cat ${counted}` }, { step });
    expect(again).toMatchObject({ outcome: { kind: 'exited', code: 3 }, record: 'kept' });
  });
});
