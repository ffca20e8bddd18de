import { describe, expect, it } from 'vitest';
import { environmentName, groupName } from '../../src/model/ids.js';
import type { CommandResult, Outcome } from '../../src/ports/transport.js';
import { HostConfirmations } from '../../src/state/host-confirmations.js';
import { parseAnswer } from '../../src/state/host-lease-answer.js';
import { failureOf } from '../../src/state/host-lease-calls.js';
import { FakeTransport } from '../fakes/fake-transport.js';
import { World } from '../fakes/world/world.js';

describe('what the script of a lock says', () => {
  it.each([
    ['nothing', ''],
    ['the greeting of a login shell alone', 'Welcome to h1'],
    ['an answer that was cut', 'got'],
  ])('is a failure when it is %s', (_what, stdout) => {
    expect(parseAnswer(stdout)).toMatchObject({
      kind: 'failed',
      reason: `the lock script said ${JSON.stringify(stdout)}`,
    });
  });

  it.each([
    ['is missing', 'held 5 55 7'],
    ['was cut', 'held 5 55 7\n{"run":"a-run","wh'],
    ['is of another shape', 'held 5 55 7\n{"run":7}'],
  ])('still is a lock that is held when its owner %s', (_what, stdout) => {
    expect(parseAnswer(stdout)).toMatchObject({
      kind: 'held',
      epoch: 7,
      holder: { run: 'unknown', who: 'somebody', heldFor: 5_000, expiresIn: 55_000 },
    });
  });

  it.each<[Outcome, string, string]>([
    [{ kind: 'exited', code: 3 }, '\n', 'the lock script ended with code 3'],
    [{ kind: 'exited', code: 3 }, 'No space left\n', 'No space left'],
    [{ kind: 'timed_out' }, '', 'timed out'],
    [{ kind: 'unknown', reason: 'connection lost' }, '', 'connection lost'],
  ])('is told in words when it failed: %j', (outcome, stderr, words) => {
    expect(failureOf({ outcome, stderr, stdout: '', duration: 0, truncated: false })).toBe(words);
  });
});

describe('what is confirmed on a host', () => {
  const read = (result: Partial<CommandResult>) => {
    const world = new World();
    const { host } = world.addHost('h1');
    const transport = new FakeTransport(world);
    transport.when(() => result);
    const of = { environment: environmentName('prod'), group: groupName('api') };
    return new HostConfirmations(transport).read(host, of);
  };
  const line = (run: string, startedAt: number): string =>
    `adfpush-confirmed ${JSON.stringify({ run, by: 'ann@desk', startedAt, at: startedAt + 5, containers: [] })}`;

  it('is the newest that can be read, whatever is written by half or by others', async () => {
    const stdout = [
      'Welcome to h1',
      line('r1', 1_000),
      'adfpush-confirmed {"run":"r9","star',
      'adfpush-confirmed {"run":"r9"}',
      line('r3', 3_000),
      line('r2', 2_000),
    ].join('\n');
    expect(await read({ stdout })).toMatchObject({ run: 'r3' });
  });

  it('is nothing when nothing can be read', async () => {
    expect(await read({ stdout: 'adfpush-confirmed nothing\n' })).toBeUndefined();
  });
});
