import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { AdfError } from '../../../src/errors/adf-error.js';
import type { Outcome } from '../../../src/ports/transport.js';
import { breadth } from '../../deep.js';
import { describeWithSshd, Sshd, until } from '../../stages/sshd.js';
import { CuttingProxy, type Cut } from './cutting-proxy.js';

const atOnce = 8;
/** Bytes between two cuts; no packet is smaller than 4. */
const every = breadth(48, 4);

describeWithSshd('a connection that is cut in mid-command', () => {
  let sshd: Sshd;
  beforeAll(async () => {
    sshd = await Sshd.start({ config: ['MaxStartups 1000'] });
  });
  afterAll(() => sshd.stop());

  const hostBehind = (proxy: CuttingProxy) =>
    sshd.host({ port: proxy.port, hostKeyAlias: `[127.0.0.1]:${sshd.port}` });

  /** Runs a command that leaves a line in `marker` and ends with exit code 7. */
  async function run(proxy: CuttingProxy, marker: string, cut?: Omit<Cut, 'after'> & { later: number }) {
    const transport = sshd.transport();
    try {
      const connection = await transport.connect(hostBehind(proxy));
      const begun = { ...proxy.bytes };
      if (cut !== undefined) proxy.cutLater(cut.side, begun[cut.side] + cut.later, cut.how);
      const script = `echo began >> ${marker}; echo out; echo err >&2; exit 7`;
      const end = await connection.run({ argv: ['sh', '-c', script] }).then(
        ({ outcome }): Outcome | 'not begun' => outcome,
        (error: unknown) => {
          expect(error).toBeInstanceOf(AdfError);
          expect(error).toMatchObject({ code: 'ssh.connection_lost' });
          return 'not begun' as const;
        },
      );
      const said = { server: proxy.bytes.server - begun.server, client: proxy.bytes.client - begun.client };
      return { end, said };
    } finally {
      await transport.close();
    }
  }

  const began = (marker: string): number =>
    existsSync(marker) ? readFileSync(marker, 'utf8').split('\n').length - 1 : 0;

  for (const how of ['reset', 'end'] as const) {
    for (const side of ['server', 'client'] as const) {
      test(`never tells a wrong end, and is never run twice: ${how} all along the ${side}'s bytes`, async () => {
        const whole = await CuttingProxy.start(sshd.port);
        const { end, said } = await run(whole, join(sshd.folder, `whole-${how}-${side}`));
        await whole.stop();
        expect(end).toEqual({ kind: 'exited', code: 7 });
        const cuts = Array.from({ length: Math.ceil(said[side] / every) }, (_, index) => index * every);
        const left = [...cuts];
        const ends = new Map<string, string>();

        const work = async (): Promise<void> => {
          const proxy = await CuttingProxy.start(sshd.port);
          for (let later = left.shift(); later !== undefined; later = left.shift()) {
            const marker = join(sshd.folder, `${how}-${side}-${later}`);
            const { end } = await run(proxy, marker, { side, how, later });
            await until('the socket is let go of', () => proxy.open === 0);
            ends.set(marker, end === 'not begun' ? end : end.kind);
            if (end !== 'not begun')
              expect([{ kind: 'exited', code: 7 }, { kind: 'unknown' }]).toContainEqual(
                end.kind === 'unknown' ? { kind: 'unknown' } : end,
              );
          }
          await proxy.stop();
        };
        await Promise.all(Array.from({ length: atOnce }, work));

        // What was heard of a command that was cut off may still be beginning.
        await until('the server serves nobody any more', () => sshd.sessions === 0);
        for (const [marker, end] of ends) {
          if (end === 'not begun') expect([marker, began(marker)]).toEqual([marker, 0]);
          else if (end === 'exited') expect([marker, began(marker)]).toEqual([marker, 1]);
          else expect(began(marker), marker).toBeLessThanOrEqual(1);
        }
        expect(new Set(ends.values())).toContain('unknown');
      });
    }
  }
});
