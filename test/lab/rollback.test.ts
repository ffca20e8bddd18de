import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Lane } from '../stages/lane.js';

/** A lab whose registry is stopped after its hosts went from v1 to v2. */
let lane: Lane;
beforeAll(async () => {
  lane = await Lane.open();
  await lane.given('v1');
  expect(await lane.deploy('v2')).toMatchObject({ exit: 0 });
  await lane.lab.registry.stop();
});
afterAll(() => lane.close());

const all = (what: string): readonly string[] => [what, what, what, what];
const rollback = (...words: readonly string[]) =>
  lane.run(['rollback', '--group', 'api', '--env', 'lab', ...words]);

describe('adfpush rollback, with the registry stopped', () => {
  it('tells which releases there are when the named one is none of them', async () => {
    const { exit, stderr } = await rollback('--to', 'v9');

    expect(exit).toBe(3);
    expect(stderr).toMatch(/v2 \([0-9a-f]{12}\): .* on 4 of 4 hosts, runs on 4 of 4/);
    expect(stderr).toMatch(/v1 \([0-9a-f]{12}\): .* on 4 of 4 hosts, runs on none/);
  });

  it('says in a dry run what it would do, and changes nothing', async () => {
    const { exit, stdout } = await rollback('--check', '--exit-code', '--json');

    expect(exit).toBe(6);
    expect(JSON.parse(stdout)).toMatchObject({ verb: 'check', releases: [{ group: 'api', version: 'v1' }] });
    expect(lane.running()).toEqual(all('api v2'));
  });

  it('brings the fleet back to what it ran before, and drops no request', async () => {
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

  it('does what a deploy cannot: that has to ask the registry', async () => {
    expect(await lane.deploy('v2')).toMatchObject({ exit: 3 });
    expect(await rollback('--to', 'v2')).toMatchObject({ exit: 0 });
    expect(lane.running()).toEqual(all('api v2'));
  });
});

describe('adfpush rollback of a release that has a secret', () => {
  it('says that it is another today, and leaves the old one where it is asked for', async () => {
    const [host] = lane.lab.hosts;
    if (host === undefined) throw new Error('the lab has no hosts');
    lane.groupHas("env: { APP_ENV: '{{ env }}' }", `env: { TOKEN: 'is {{ secret "token" }}' }`);
    const told: string[] = [];
    const back = async (to: string, token: string, ...more: readonly string[]): Promise<string> => {
      const words = ['rollback', '-g', 'api', '--env', 'lab', '--limit', host.name, '--to', to, ...more];
      const { exit, stdout, stderr } = await lane.run(words, { env: { token } });
      told.push(stdout, stderr, lane.newestLines().join());
      expect(`${exit} ${stderr}`).toMatch(/^0 /);
      return stdout;
    };
    const given = () => host.engine.containers.all().find(({ name }) => name === 'api')?.config;

    await back('v1', 'first secret');
    expect(given()?.Env).toContain('TOKEN=is first secret');
    expect(given()?.Labels?.['adfpush.secrets']).toMatch(/"token":"[0-9a-f]{32}"/);

    const plan = await back('v1', 'second secret', '--check');
    expect(plan).toContain('made again, its secret "token" changed');
    const kept = await back('v1', 'second secret', '--secrets', 'kept');
    expect(kept).toMatch(/nothing to roll/i);
    expect(given()?.Env).toContain('TOKEN=is first secret');
    const file = join(host.root, 'var/lib/adfpush/lab.api.key');
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const unseen = ['first secret', 'second secret', readFileSync(file, 'utf8').trim()];
    for (const secret of unseen) expect(told.join()).not.toContain(secret);
  });
});
