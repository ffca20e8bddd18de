import { expect, it } from 'vitest';
import { localHost } from '../../src/model/local-host.js';
import { environmentName } from '../../src/model/ids.js';
import { chosenByHost } from '../../src/transport/choosing-transport.js';
import { systemClock } from '../stages/system-clock.js';

it('reaches this machine without SSH, in a world that reaches hosts by it', async () => {
  const random = { next: () => 0.5 };
  const folders = { homeDirectory: '/nowhere', baseDirectory: '/nowhere', defaultUser: 'deploy' };
  const transport = chosenByHost({ clock: systemClock, random, ...folders });
  const connection = await transport.connect(localHost(environmentName('prod')));

  expect(await connection.run({ script: 'echo $PPID' })).toMatchObject({
    outcome: { kind: 'exited', code: 0 },
    stdout: `${process.pid}\n`,
  });
  await transport.close();
});
