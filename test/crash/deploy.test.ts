import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { wrongWithFleet, wrongWithKilled, wrongWithRestoring } from './aftermath.js';
import type { Lane } from '../stages/lane.js';
import { tryPoints, type Scenario } from './points.js';

/** A deploy of v2 over v1 that is killed, and then recovered. `exit` is how it ends when nobody kills it. */
const killedDeploy = (exit: number): Pick<Scenario, 'count' | 'tryPoint'> => ({
  async count(lane) {
    const ended = await lane.deploy('v2');
    expect(ended.exit, `${ended.stdout}\n${ended.stderr}`).toBe(exit);
    return lane.newestJournal().length;
  },
  async tryPoint(lane, point) {
    await lane.reset();
    const load = lane.startLoad();
    const killed = await lane.deploy('v2', { crashAt: point });
    const restoring = await lane.recover();
    const report = await load.stop();
    return [
      ...wrongWithKilled(killed, [exit]),
      ...wrongWithRestoring(restoring),
      ...(await wrongWithFleet(lane, ['v1', 'v2'], report)),
    ];
  },
});

it('a deploy that is killed at any record of its journal is recovered by another process', async () => {
  const wrong = await tryPoints('deploy', {
    sample: 3,
    prepare: (lane) => lane.given('v1'),
    ...killedDeploy(0),
  });

  expect(wrong).toEqual([]);
});

/** The last host of the second batch gets a release that is never healthy there. */
async function failLate(lane: Lane): Promise<void> {
  await lane.given('v1');
  lane.groupHas("env: { APP_ENV: '{{ env }}' }", "env: { LAB_BEHAVIOUR: '{{ behaviour }}' }");
  lane.groupHas('version: v1', 'version: v1\nbehaviour: healthy');
  mkdirSync(join(lane.lab.project, 'inventory/host_vars'));
  writeFileSync(join(lane.lab.project, 'inventory/host_vars/api-4.yml'), 'behaviour: unhealthy\n');
}

it('so is one whose release fails late, killed before or while it rolls its fleet back', async () => {
  const wrong = await tryPoints('deploy that fails and rolls back', {
    sample: 1,
    prepare: failLate,
    ...killedDeploy(4),
  });

  expect(wrong).toEqual([]);
});
