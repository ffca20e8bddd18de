import { afterAll, beforeAll, expect, test } from 'vitest';
import { AdfError } from '../../../src/errors/adf-error.js';
import type { SshSettings } from '../../../src/model/host.js';
import { breadth, everyNth } from '../../deep.js';
import { describeWithSshd, Sshd, until } from '../../stages/sshd.js';
import { CuttingProxy, type Cut } from './cutting-proxy.js';

/** Cut at a time; each has a proxy of its own. */
const atOnce = 12;

describeWithSshd('a connection that is cut before it is ready', () => {
  let sshd: Sshd;
  /** Bytes that each side says until the user is let in. */
  let whole: { server: number; client: number };
  beforeAll(async () => {
    sshd = await Sshd.start({ config: ['MaxStartups 1000'] });
    // What the server says right after that may have come too: the fewest bytes are the right ones.
    whole = { server: Infinity, client: Infinity };
    for (let attempt = 0; attempt < 5; attempt += 1) {
      const proxy = await CuttingProxy.start(sshd.port);
      const transport = sshd.transport();
      await transport.connect(through(proxy));
      const { server, client } = proxy.bytes;
      whole = { server: Math.min(server, whole.server), client: Math.min(client, whole.client) };
      await transport.close();
      await proxy.stop();
    }
  });
  afterAll(() => sshd.stop());

  const through = (proxy: CuttingProxy, ssh: SshSettings = {}) =>
    sshd.host({ port: proxy.port, hostKeyAlias: `[127.0.0.1]:${sshd.port}`, ...ssh });

  /** What a user gets, in one word: `connected`, or the phase of the error. */
  async function connect(proxy: CuttingProxy, cut: Cut, ssh: SshSettings = {}) {
    proxy.cut = cut;
    const before = proxy.connections;
    const transport = sshd.transport({ random: { next: () => 0 } });
    const end = await transport.connect(through(proxy, ssh)).then(
      (connection) => (connection.alive ? 'connected' : 'dead'),
      (error: unknown) => phaseOf(error),
    );
    await transport.close();
    const where = `${end}, ${JSON.stringify(cut)}`;
    await until(`the sockets are let go of (${where})`, () => proxy.open === 0);
    return { end, connections: proxy.connections - before, where };
  }

  async function connectAll(cuts: Cut[], ssh: SshSettings = {}) {
    const left = [...cuts.entries()];
    const results: Awaited<ReturnType<typeof connect>>[] = [];
    const work = async (): Promise<void> => {
      const proxy = await CuttingProxy.start(sshd.port);
      for (let next = left.shift(); next !== undefined; next = left.shift()) {
        results[next[0]] = await connect(proxy, next[1], ssh);
      }
      await proxy.stop();
    };
    await Promise.all(Array.from({ length: atOnce }, work));
    return results;
  }

  for (const how of ['reset', 'end'] as const) {
    for (const side of ['server', 'client'] as const) {
      test(`is made again, or is said to have ended while authenticating: ${how} at every byte of the ${side}`, async () => {
        const points = Array.from({ length: whole[side] }, (_, after) => after);
        const cuts = everyNth(9, points).map((after) => ({ side, after, how }));

        // No cut is waited for, and a busy machine is to have all the time that it needs.
        const results = await connectAll(cuts, { connectTimeout: 120_000 });

        // Until keys are agreed on, nothing was said that could not be said again; from then on nothing is tried twice.
        const turn = results.findIndex(({ end }) => end !== 'connected');
        expect(cuts[turn]!.after).toBeGreaterThan(whole[side] / 3);
        for (const { end, connections, where } of results.slice(0, turn))
          expect([end, connections], where).toEqual(['connected', 2]);
        for (const { end, connections, where } of results.slice(turn))
          expect([end, connections], where).toEqual(['authentication', 1]);
      });
    }
  }

  test('is given up with the phase that it always ends in', async () => {
    const identification = sshd.identification.length;
    const at = (after: number, how: 'reset' | 'end'): Cut => ({ side: 'server', after, how, always: true });
    const cuts = [0, 1, identification, identification + 1, identification + 2, 900].flatMap((after) => [
      at(after, 'reset'),
      at(after, 'end'),
    ]);

    const results = await connectAll(cuts, { connectTimeout: 3_000 });

    for (const [index, { end, connections, where }] of results.entries()) {
      const { after, how } = cuts[index]!;
      // A reset that comes at once may be noticed before the connection is.
      const early = how === 'reset' ? ['banner', 'tcp'] : ['banner'];
      expect(after < identification ? early : ['handshake'], where).toContain(end);
      expect(connections, where).toBeGreaterThan(1);
    }
  });

  test('and from then on silent, is given up with the phase that it came to', async () => {
    const every = breadth(401, 101);
    const cuts = (['server', 'client'] as const).flatMap((side) =>
      Array.from({ length: Math.ceil(whole[side] / every) }, (_, index): Cut => {
        return { side, after: index * every, how: 'silence' };
      }),
    );

    const results = await connectAll(cuts, { connectTimeout: 10_000 });

    for (const { connections, where } of results) expect(connections, where).toBe(1);
    const ends = (side: string): string[] =>
      results.filter((_, index) => cuts[index]!.side === side).map(({ end }) => end);
    expect([...new Set(ends('server'))]).toEqual(['banner', 'handshake', 'authentication']);
    expect([...new Set(ends('client'))]).toEqual(['banner', 'handshake', 'authentication']);
  });
});

/** Of an error that tells all a user needs. */
function phaseOf(error: unknown): string {
  if (!(error instanceof AdfError)) return String(error);
  expect(error).toMatchObject({ code: 'ssh.unreachable', class: 'failed' });
  expect(error.host).toMatch(/^sshd-/);
  expect(error.hint).toMatch(/sshd/);
  return /\((\w+)\)$/.exec(error.message)?.[1] ?? error.message;
}
