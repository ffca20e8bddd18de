import { expect, it } from 'vitest';
import { isDeep } from '../deep.js';
import { wrongWithFleet, wrongWithKilled, wrongWithRestoring } from './aftermath.js';
import { tryPoints } from './points.js';

/** Where the deploy was killed: three hosts are drained and being swapped; its first is out and half swapped; three have new containers. */
const killedAt = ['after:52', 'before:22', 'before:72'] as const;

/** Each costs two deploys before its first point: all of them only when points are asked for. */
const tried =
  process.env['ADFPUSH_CRASH_POINTS'] === undefined && !isDeep() ? killedAt.slice(0, 1) : killedAt;

it.each(tried)(
  'a recovery of a deploy that was killed at %s, killed at any record of its own, is gone on with by the next',
  async (first) => {
    const wrong = await tryPoints(`recover after ${first}`, {
      sample: 1,
      prepare: (lane) => lane.given('v1'),
      async count(lane) {
        await lane.reset();
        const { signal } = await lane.deploy('v2', { crashAt: first });
        expect(signal).toBe('SIGKILL');
        const before = lane.newestJournal().length;
        const { exit, stdout, stderr } = await lane.recover();
        expect(exit, `${stdout}\n${stderr}`).toBe(0);
        return lane.newestJournal().length - before;
      },
      async tryPoint(lane, point) {
        await lane.reset();
        const load = lane.startLoad();
        await lane.deploy('v2', { crashAt: first });
        const killed = await lane.recover({ crashAt: point });
        const restoring = await lane.recover();
        const report = await load.stop();
        return [
          ...wrongWithKilled(killed, [0]),
          ...wrongWithRestoring(restoring),
          ...(await wrongWithFleet(lane, ['v1', 'v2'], report)),
        ];
      },
    });

    expect(wrong).toEqual([]);
  },
);
