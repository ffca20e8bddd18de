import dns from 'node:dns';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { SshTransport } from '../../../src/transport/ssh/ssh-transport.js';
import { makeHost } from '../../fakes/make-host.js';
import { containing, matching } from '../../stages/matching.js';
import { systemClock } from '../../stages/system-clock.js';

/** The resolver itself cannot be made to fail without root: its answer is. */
describe('a name', () => {
  afterEach(() => vi.restoreAllMocks());

  async function errorOf(address: string): Promise<unknown> {
    const transport = new SshTransport({
      clock: systemClock,
      random: { next: () => 0 },
      homeDirectory: '/nonexistent',
      defaultUser: 'nobody',
    });
    const ssh = { connectTimeout: 300, configFile: 'none' };
    const error: unknown = await transport
      .connect(makeHost('api-1', { address, ssh }))
      .catch((one: unknown) => one);
    await transport.close();
    return error;
  }

  test('that there is not is told so', async () => {
    expect(await errorOf('no-such-host.invalid')).toMatchObject({
      code: 'ssh.unreachable',
      message: matching(/(there is no such name|the name server does not answer) .*\(name\)$/),
      hint: containing('resolve'),
    });
  });

  test('whose server answers too late, or says so itself, is told from a host that does not answer', async () => {
    const lookup = vi.spyOn(dns, 'lookup') as unknown as {
      mockImplementation(with_: (...all: unknown[]) => void): void;
    };
    lookup.mockImplementation(() => undefined);
    expect(await errorOf('slow.example')).toMatchObject({
      code: 'ssh.unreachable',
      message: matching(/the name server did not answer within 0\.3 s \(name\)$/),
    });

    lookup.mockImplementation((...all) => {
      const answer = all.at(-1) as (error: Error) => void;
      queueMicrotask(() => answer(Object.assign(new Error('getaddrinfo EAI_AGAIN'), { code: 'EAI_AGAIN' })));
    });
    expect(await errorOf('broken.example')).toMatchObject({
      code: 'ssh.unreachable',
      message: matching(/the name server does not answer .*\(name\)$/),
    });
  });
});
