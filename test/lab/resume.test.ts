import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Lane } from '../stages/lane.js';

let lane: Lane;
beforeAll(async () => {
  lane = await Lane.open();
  await lane.given('v1');
});
afterAll(() => lane.close());

const all = (what: string): readonly string[] => [what, what, what, what];

describe('adfpush resume', () => {
  it('brings a killed deploy to its end, under load, on its digest', async () => {
    const load = lane.startLoad();
    const killed = await lane.deploy('v2', { crashAt: 'after:40' });
    expect(killed.signal).toBe('SIGKILL');
    expect(new Set(lane.running())).not.toEqual(new Set(['api v2']));
    // Whoever resumes it must not get what the tag means by now.
    lane.lab.publish('v2', 'unhealthy');

    const { exit, stdout, stderr } = await lane.run(['resume', '--json']);

    const { failures } = await load.stop();
    expect({ exit, stderr }).toMatchObject({ exit: 0 });
    expect(JSON.parse(stdout)).toMatchObject({ verb: 'resume', outcome: 'converged', mixed: false });
    expect(lane.running()).toEqual(all('api v2'));
    expect(lane.inService()).toEqual(all('healthy'));
    expect(failures).toEqual({});
    expect(lane.holds()).toEqual([]);
    expect(lane.leases()).toEqual([]);
  });

  it('repeated does nothing, and is no error', async () => {
    const before = lane.lab.hosts.map(({ engine }) => engine.containers.all().map(({ id }) => id));

    expect(await lane.run(['resume', '--env', 'lab'])).toMatchObject({ exit: 0 });

    expect(lane.lab.hosts.map(({ engine }) => engine.containers.all().map(({ id }) => id))).toEqual(before);
  });
});
