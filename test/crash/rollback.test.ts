import { expect, it } from 'vitest';
import { wrongWithFleet, wrongWithKilled, wrongWithRestoring } from './aftermath.js';
import { tryPoints } from './points.js';

const rollback = ['rollback', '--group', 'api', '--env', 'lab'] as const;

it('a rollback that is killed at any record of its journal is recovered by another process', async () => {
  const wrong = await tryPoints('rollback', {
    sample: 1,
    async prepare(lane) {
      await lane.given('v1');
      await lane.given('v2');
    },
    async count(lane) {
      const { exit, stdout, stderr } = await lane.run(rollback);
      expect(exit, `${stdout}\n${stderr}`).toBe(0);
      expect(lane.running()).toEqual(['api v1', 'api v1', 'api v1', 'api v1']);
      return lane.newestJournal().length;
    },
    async tryPoint(lane, point) {
      await lane.reset();
      const load = lane.startLoad();
      const killed = await lane.run(rollback, { crashAt: point });
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
});
