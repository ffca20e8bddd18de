import { expect, it } from 'vitest';
import { ownerLabel, sweep } from '../fleet/containers.js';

/** No process has this id: it is above what Linux gives. */
const dead = '4194305';

it('what a killed run left in the Engine of the tests is removed, also when its network is gone with the Engine', async () => {
  const removed: string[] = [];
  const removes = (what: string, fails?: number) => ({
    remove: async () => {
      removed.push(what);
      if (fails !== undefined) throw Object.assign(new Error('no such network'), { statusCode: fails });
    },
  });
  const engine = (fails?: number) =>
    ({
      listContainers: async () => [
        {
          Id: 'c1',
          Labels: { [ownerLabel]: dead },
          NetworkSettings: { Networks: { a: { NetworkID: 'n1' } } },
        },
        { Id: 'c2', Labels: { [ownerLabel]: String(process.pid) }, NetworkSettings: { Networks: {} } },
      ],
      getContainer: (id: string) => removes(id),
      getNetwork: (id: string) => removes(id, fails),
    }) as unknown as Parameters<typeof sweep>[0];

  await sweep(engine(404));

  expect(removed).toEqual(['c1', 'n1']);
  await expect(sweep(engine(500))).rejects.toThrow('no such network');
});
