import fc from 'fast-check';
import { expect, test } from 'vitest';
import { breadth } from '../deep.js';
import { AdfError } from '../../src/errors/adf-error.js';
import { authenticationFailed } from '../../src/errors/ssh-authentication.js';
import { hostKeyRejected } from '../../src/errors/host-key.js';
import { unreachable } from '../../src/errors/ssh.js';
import { AuthenticationBrake } from '../../src/transport/ssh/authentication-brake.js';
import type { Destination, Hop } from '../../src/transport/ssh/settings.js';
import { FakeClock } from '../fakes/fake-clock.js';
import { makeHost } from '../fakes/make-host.js';

/** A host as the brake sees it; `behind` names its bastion. */
function hop(
  name: string,
  address: string,
  { port = 22, user = 'deploy', behind }: { port?: number; user?: string; behind?: string } = {},
): Hop {
  const destination: Destination = {
    user,
    originalName: address,
    address,
    port,
    route: behind === undefined ? { kind: 'direct' } : { kind: 'jump', bastion: hop(behind, behind) },
    identityFiles: ['/home/op/key'],
    certificateFiles: [],
    identitiesOnly: true,
    userKnownHostsFiles: [],
    globalKnownHostsFiles: [],
    hostKeyChecking: 'yes',
    hashKnownHosts: false,
    connectTimeout: 15_000,
    serverAliveInterval: 5_000,
    serverAliveCountMax: 2,
  };
  return { host: makeHost(name, { address }), destination };
}

const refusal = { user: 'deploy', offered: [{ name: 'key', accepted: false }], leftOut: [], banner: '' };

/** What a server does with one who comes. */
interface Manner {
  /** Milliseconds until it asks who we are; then until it has decided. */
  readonly contact: number;
  readonly decision: number;
  readonly end: 'welcome' | 'refused' | 'disbelieved' | 'down';
}

/** Sends all hops through the brake at once, and counts what their servers see. */
async function visitAll(hops: readonly (readonly [Hop, Manner])[]) {
  const clock = new FakeClock();
  const brake = new AuthenticationBrake(clock);
  const seen = {
    contacted: 0,
    refused: 0,
    disbelieved: 0,
    authenticating: 0,
    mostBeforeSuccess: 0,
    successes: 0,
  };
  const visit = async (
    { host }: Hop,
    { contact, decision, end }: Manner,
    mayAuthenticate: () => Promise<void>,
  ) => {
    seen.contacted += 1;
    await clock.sleep(contact);
    if (end === 'down') throw unreachable(host, 'tcp', 'no answer');
    if (end === 'disbelieved') {
      seen.disbelieved += 1;
      throw hostKeyRejected(host, { kind: 'unreadable', file: 'f', reason: 'r' });
    }
    await mayAuthenticate();
    seen.authenticating += 1;
    if (seen.successes === 0) seen.mostBeforeSuccess = Math.max(seen.mostBeforeSuccess, seen.authenticating);
    await clock.sleep(decision);
    seen.authenticating -= 1;
    if (end === 'welcome') {
      seen.successes += 1;
      return true;
    }
    seen.refused += 1;
    throw authenticationFailed(host, refusal);
  };
  const all = Promise.allSettled(
    hops.map(([one, manner]) =>
      brake.pass(
        one,
        (mayAuthenticate) => visit(one, manner, mayAuthenticate),
        (welcome) => welcome,
      ),
    ),
  );
  const settled = await clock.run(all);
  const ends = settled.map((one) => {
    if (one.status === 'fulfilled') return 'welcome';
    return one.reason instanceof AdfError ? one.reason.code : String(one.reason);
  });
  return { ...seen, ends, settled, took: clock.elapsed() };
}

const manner = fc.record({
  contact: fc.integer({ min: 0, max: 2_000 }),
  decision: fc.integer({ min: 0, max: 2_000 }),
  end: fc.constantFrom('welcome', 'refused', 'disbelieved', 'down'),
}) satisfies fc.Arbitrary<Manner>;

test.each([
  [
    'one address, on different ports',
    (index: number) => hop(`h${index}`, '10.0.0.5', { port: 1000 + index }),
  ],
  ['one bastion', (index: number) => hop(`h${index}`, `10.0.1.${index}`, { behind: 'b.example' })],
] as const)(
  'whatever the servers do, no more than two are refused before one is let in: %s',
  async (_, make) => {
    const hops = Array.from({ length: 30 }, (__, index) => make(index));
    await fc.assert(
      fc.asyncProperty(fc.array(manner, { minLength: 1, maxLength: 30 }), async (manners) => {
        const seen = await visitAll(manners.map((one, index) => [hops[index]!, one] as const));

        expect(seen.mostBeforeSuccess).toBeLessThanOrEqual(2);
        if (seen.successes === 0) {
          expect(seen.refused).toBeLessThanOrEqual(2);
          if (_.startsWith('one address')) expect(seen.disbelieved).toBeLessThanOrEqual(8);
        }
        // Who was not stopped met what his server had for him, and nobody is stopped without a reason.
        const stopped = seen.ends.filter((end) => end === 'ssh.authentication_stopped').length;
        if (stopped > 0) expect(seen.refused >= 2 || seen.disbelieved >= 4).toBe(true);
        for (const [index, end] of seen.ends.entries()) {
          const own = {
            welcome: 'welcome',
            refused: 'ssh.authentication',
            disbelieved: 'ssh.host_key',
            down: 'ssh.unreachable',
          }[manners[index]!.end];
          expect([own, 'ssh.authentication_stopped']).toContain(end);
        }
      }),
      { numRuns: breadth(25, 200) },
    );
  },
);

const refusing: Manner = { contact: 10, decision: 50, end: 'refused' };
const welcoming: Manner = { contact: 10, decision: 50, end: 'welcome' };

test('the rest of a fleet behind a bastion is not contacted after two refusals, and the error names the two', async () => {
  const hops = Array.from({ length: 50 }, (_, index) =>
    hop(`api-${index}`, `10.0.1.${index}`, { behind: 'b.example' }),
  );

  const seen = await visitAll(hops.map((one) => [one, refusing] as const));

  expect(seen.refused).toBe(2);
  expect(seen.contacted).toBe(2);
  expect(seen.ends.filter((end) => end === 'ssh.authentication_stopped')).toHaveLength(48);
  expect(seen.settled[49]).toMatchObject({
    reason: {
      code: 'ssh.authentication_stopped',
      message: expect.stringMatching(
        /^api-49 was not tried, on purpose: api-0 and api-1, behind .*b\.example/,
      ) as unknown,
      hint: expect.stringContaining('--limit') as unknown,
    },
  });
});

test('hosts at addresses of their own wait for no other', async () => {
  const hops = Array.from({ length: 200 }, (_, index) => hop(`h${index}`, `10.0.2.${index}`));

  const seen = await visitAll(hops.map((one) => [one, welcoming] as const));

  expect(seen.took).toBe(60);
});

test('the first who is let in opens the way for all at once', async () => {
  const hops = Array.from({ length: 200 }, (_, index) =>
    hop(`h${index}`, `10.0.1.${index}`, { behind: 'b.example' }),
  );

  const seen = await visitAll(hops.map((one) => [one, welcoming] as const));

  expect(seen.ends.every((end) => end === 'welcome')).toBe(true);
  expect(seen.took).toBe(120);
});

test('hosts that are down do not delay others for long', async () => {
  const down: Manner = { contact: 15_000, decision: 0, end: 'down' };
  const hops = Array.from({ length: 20 }, (_, index) =>
    hop(`h${index}`, `10.0.1.${index}`, { behind: 'b.example' }),
  );

  const seen = await visitAll(hops.map((one, index) => [one, index < 19 ? down : welcoming] as const));

  expect(seen.ends[19]).toBe('welcome');
  // Two more every quarter of a second.
  expect(seen.took).toBeLessThan(15_000 + 10 * 250 + 100);
});

test('what is proven for one user says nothing for another', async () => {
  const ours = hop('a', '10.0.0.5', { user: 'alice' });
  const theirs = [1, 2, 3].map((index) => hop(`b${index}`, '10.0.0.5', { user: 'bob', port: index }));
  const clock = new FakeClock();
  const brake = new AuthenticationBrake(clock);
  await brake.pass(
    ours,
    (may) => may(),
    () => true,
  );

  const refuse = (one: Hop) =>
    brake.pass(
      one,
      async (may) => {
        await may();
        throw authenticationFailed(one.host, refusal);
      },
      () => true,
    );
  const codes = [];
  for (const one of theirs) codes.push(await refuse(one).catch((error: unknown) => (error as AdfError).code));

  expect(codes).toEqual(['ssh.authentication', 'ssh.authentication', 'ssh.authentication_stopped']);
  await brake.pass(
    ours,
    (may) => may(),
    () => true,
  );
});
