import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Lane } from '../crash/lane.js';

const patience = 240_000;

/** A lab whose registry is stopped after its hosts went from v1 to v2. */
let lane: Lane;
beforeAll(async () => {
  lane = await Lane.open();
  await lane.given('v1');
  expect(await lane.deploy('v2')).toMatchObject({ exit: 0 });
  await lane.lab.registry.stop();
}, patience);
afterAll(() => lane.close());

const all = (what: string): readonly string[] => [what, what, what, what];
const rollback = (...words: readonly string[]) =>
  lane.run(['rollback', '--group', 'api', '--env', 'lab', ...words]);

describe('adfpush rollback, with the registry stopped', () => {
  it('tells which releases there are when the named one is none of them', { timeout: patience }, async () => {
    const { exit, stderr } = await rollback('--to', 'v9');

    expect(exit).toBe(3);
    expect(stderr).toMatch(/v2 \([0-9a-f]{12}\): .* on 4 of 4 hosts, runs on 4 of 4/);
    expect(stderr).toMatch(/v1 \([0-9a-f]{12}\): .* on 4 of 4 hosts, runs on none/);
  });

  it('says in a dry run what it would do, and changes nothing', { timeout: patience }, async () => {
    const { exit, stdout } = await rollback('--check', '--exit-code', '--json');

    expect(exit).toBe(6);
    expect(JSON.parse(stdout)).toMatchObject({ verb: 'check', releases: [{ group: 'api', version: 'v1' }] });
    expect(lane.running()).toEqual(all('api v2'));
  });

  it('brings the fleet back to what it ran before, and drops no request', { timeout: patience }, async () => {
    const load = lane.startLoad();

    const { exit, stdout } = await rollback('--json');

    const { failures, sent } = await load.stop();
    expect(exit).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ verb: 'rollback', outcome: 'converged', mixed: false });
    expect(lane.running()).toEqual(all('api v1'));
    expect(lane.inService()).toEqual(all('healthy'));
    expect(sent).toBeGreaterThan(0);
    expect(failures).toEqual({});
    expect(lane.holds()).toEqual([]);
    expect(lane.leases()).toEqual([]);
  });

  it('does what a deploy cannot: that has to ask the registry', { timeout: patience }, async () => {
    expect(await lane.deploy('v2')).toMatchObject({ exit: 3 });
    expect(await rollback('--to', 'v2')).toMatchObject({ exit: 0 });
    expect(lane.running()).toEqual(all('api v2'));
  });
});
