import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { StatusReport } from '../../src/model/status-report.js';
import { Lane } from '../stages/lane.js';

let lane: Lane;
beforeAll(async () => {
  lane = await Lane.open({ hosts: 3, deregistrationDelay: 300 });
  await lane.given('v1');
});
afterAll(() => lane.close());

const env = ['--env', 'lab'];
const status = async (): Promise<StatusReport> => {
  const { stdout } = await lane.run(['status', '--group', 'api', ...env, '--json']);
  return JSON.parse(stdout) as StatusReport;
};

describe('drain and undrain', () => {
  it('keep a host out through a deploy and bring it back on the new release; no request fails, and no old release answers', async () => {
    const load = lane.startLoad();
    expect(await lane.run(['drain', 'api-3', ...env, '--reason', 'its disk'])).toMatchObject({ exit: 0 });
    expect(lane.inService()).toEqual(['healthy', 'healthy', 'absent']);
    const deployed = await lane.deploy('v2');
    expect(`${deployed.exit} ${deployed.stdout}`).toMatch(
      /^0 [^]*api-3[^]*left out[^]*drained by .*\(its disk\)/,
    );
    expect(lane.running()).toEqual(['api v2', 'api v2', 'api v1']);
    expect((await load.stop()).failures).toEqual({});

    const table = await lane.run(['status', '--group', 'api', ...env, '--exit-code']);
    expect(`${table.exit} ${table.stdout}`).toMatch(/^6 [^]*drained by .* on v1, the group runs v2/);
    const [group] = (await status()).groups;
    expect(group).toMatchObject({ mixed: false, hosts: [{}, {}, { drained: { reason: 'its disk' } }] });

    const back = lane.startLoad();
    expect(await lane.run(['undrain', 'api-3', ...env])).toMatchObject({ exit: 0 });
    const { failures, versions } = await back.stop();
    expect([failures, Object.keys(versions)]).toEqual([{}, ['v2']]);
    expect(lane.inService()).toEqual(Array(3).fill('healthy'));
    expect(lane.running()).toEqual(Array(3).fill('api v2'));
  });

  it('touch no container of a host that missed nothing', async () => {
    const before = lane.lab.hosts.map(({ engine }) =>
      engine.containers.all().map(({ id, running }) => [id, running]),
    );
    expect(await lane.run(['drain', 'api-2', ...env])).toMatchObject({ exit: 0 });
    expect(await lane.run(['undrain', 'api-2', ...env])).toMatchObject({ exit: 0 });
    const after = lane.lab.hosts.map(({ engine }) =>
      engine.containers.all().map(({ id, running }) => [id, running]),
    );
    expect(after).toEqual(before);
    expect(lane.inService()).toEqual(Array(3).fill('healthy'));
  });

  it('name hosts as --limit does, and refuse what is none', async () => {
    const { exit, stderr } = await lane.run(['drain', 'api-9', ...env]);
    expect(`${exit} ${stderr}`).toMatch(/^3 [^]*api-9/);
    expect(await lane.run(['drain', ...env])).toMatchObject({ exit: 2 });
    expect(await lane.run(['drain', 'api-[2:3]', ...env, '--check', '--exit-code'])).toMatchObject({
      exit: 6,
    });
    expect(lane.inService()).toEqual(Array(3).fill('healthy'));
  });
});
