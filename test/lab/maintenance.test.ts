import { get } from 'node:http';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { MaintenanceReport } from '../../src/model/maintenance.js';
import type { StatusReport } from '../../src/model/status-report.js';
import { program } from '../stages/adfpush.js';
import { Lane, type Ended } from '../stages/lane.js';
import { until } from '../stages/until.js';

let lane: Lane;
beforeAll(async () => {
  lane = await Lane.open({ hosts: 2, deregistrationDelay: 300 });
  await lane.given('v1');
});
afterAll(() => lane.close());

const place = ['--group', 'api', '--env', 'lab'];
const maintenance = (state: 'on' | 'off', ...more: readonly string[]): Promise<Ended> =>
  lane.run(['maintenance', state, ...place, ...more]);

/** What one client gets. */
const answer = (path = '/'): Promise<string> =>
  new Promise((resolve, reject) => {
    get(`${lane.lab.balancerUrl}${path}`, { agent: false }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (text: string) => (body += text));
      response.on('end', () => resolve(`${response.statusCode} ${response.headers['content-type']} ${body}`));
    }).on('error', reject);
  });

/** All that others see of listeners and target groups. */
const seen = () => ({
  rules: lane.lab.aws.rules().map(({ tags, action, ...rule }) => ({
    ...rule,
    tags: [...tags],
    action:
      action.type === 'forward' ? action.groups.map(({ group, weight }) => [group.name, weight]) : action,
  })),
  tags: lane.lab.aws.tags('api-http'),
});

describe('maintenance', () => {
  beforeEach(async () => {
    expect(await maintenance('off')).toMatchObject({ exit: 0 });
  });

  it('answers 503 with the page to all clients, while health checks and a deploy go on behind it, and leaves the rules as they were', async () => {
    const before = seen();
    const on = await maintenance('on', '--reason', 'new database');
    expect(`${on.exit} ${on.stdout}`).toMatch(
      /^0 .*clients of api-http get the page\n {2}made rule 50000 of lab:80/,
    );
    expect(await answer()).toMatch(/^503 text\/plain We are working on this service\./);

    const load = lane.startLoad();
    const deployed = await lane.deploy('v2');
    const { failures, sent } = await load.stop();
    expect(`${deployed.exit} ${deployed.stdout}`).toMatch(
      /^0 [^]*api is in maintenance since .* UTC, by .* \(new database\): clients get the page/,
    );
    expect([sent > 0, Object.keys(failures)]).toEqual([true, ['503']]);
    expect(lane.inService()).toEqual(['healthy', 'healthy']);
    expect(await answer()).toMatch(/^503 /);

    const { stdout } = await lane.run(['status', ...place, '--json']);
    const [group] = (JSON.parse(stdout) as StatusReport).groups;
    expect(group?.maintenance).toMatchObject({ reason: 'new database' });
    expect((await lane.run(['status', ...place])).stdout).toContain('in maintenance since');

    expect(await maintenance('off')).toMatchObject({ exit: 0 });
    expect(await answer()).toMatch(/^200 .*"version":"v2"/);
    expect(seen()).toEqual(before);
  });

  it('stands right in front of each rule that forwards to the group, for the same requests, and leaves those of others alone', async () => {
    const header = [{ field: 'http-header', header: 'X-Version', values: ['next'] }];
    lane.lab.aws.addRule('api-http', {
      priority: 10,
      conditions: [{ field: 'path-pattern', values: ['/v1/*'] }],
    });
    lane.lab.aws.addRule('api-http', { priority: 20, conditions: header });
    const before = seen();
    expect(await maintenance('on', '--json')).toMatchObject({ exit: 0 });
    lane.lab.aws.addRule('api-http', {
      priority: 5,
      conditions: [{ field: 'path-pattern', values: ['/open'] }],
    });
    const during = lane.lab.aws.rules().map(({ priority, conditions }) => [priority, conditions[0]?.values]);
    expect(during.slice(0, 7)).toEqual([
      [5, ['/open']],
      [9, ['/v1/*']],
      [10, ['/v1/*']],
      [19, ['next']],
      [20, ['next']],
      [50_000, ['*']],
      ['default', undefined],
    ]);
    expect(
      [await answer('/v1/a'), await answer('/else'), await answer('/open')].map((one) => one.slice(0, 3)),
    ).toEqual(['503', '503', '200']);

    const again = await maintenance('on', '--json');
    // The rule that was added meanwhile is covered; the others were.
    const changes = (JSON.parse(again.stdout) as MaintenanceReport).groups[0]?.rules.map(
      ({ change }) => change,
    );
    expect(changes?.toSorted()).toEqual(['kept', 'kept', 'kept', 'made']);
    expect(await maintenance('off')).toMatchObject({ exit: 0 });
    const after = seen();
    expect(after.rules.filter(({ priority }) => priority !== 5)).toEqual(before.rules);
    expect(after.tags).toEqual(before.tags);
  });

  it.each(['CreateRule', 'DeleteRule', 'AddTags', 'RemoveTags'])(
    'does all of it when the answers to %s are lost, or AWS throttles them',
    async (action) => {
      const before = seen();
      for (const disturb of ['loseReplies', 'throttle'] as const) {
        lane.lab.aws[disturb]({ actions: [action], count: 2 });
        expect(await maintenance('on')).toMatchObject({ exit: 0 });
        expect((await answer()).slice(0, 3)).toBe('503');
        expect(await maintenance('off')).toMatchObject({ exit: 0 });
        expect(seen()).toEqual(before);
      }
    },
  );

  it('is gone on with by the same command when it was killed between two of its rules', async () => {
    for (const path of ['/a', '/b'])
      lane.lab.aws.addRule('api-http', {
        priority: path === '/a' ? 110 : 120,
        conditions: [{ field: 'path-pattern', values: [path] }],
      });
    const before = seen();
    const pages = (): number =>
      lane.lab.aws.rules().filter(({ action }) => action.type === 'fixed-response').length;
    const all = lane.lab.aws.rules().length;
    for (const state of ['on', 'off'] as const) {
      lane.lab.aws.setLatency(200);
      const killed = execa(process.execPath, [program, 'maintenance', state, ...place], {
        cwd: lane.lab.project,
        env: lane.environment,
        extendEnv: false,
        reject: false,
        stdin: 'ignore',
      });
      await until(() => (state === 'on' ? pages() > 0 : pages() < all), 60_000);
      killed.kill('SIGKILL');
      expect((await killed).signal).toBe('SIGKILL');
      lane.lab.aws.calm();
      expect([pages() > 0, pages() < all]).toEqual([true, true]);
      expect(await maintenance(state)).toMatchObject({ exit: 0 });
      expect(pages()).toBe(state === 'on' ? all : 0);
    }
    expect(seen()).toEqual(before);
  });

  it('answers with a page of the project', async () => {
    writeFileSync(join(lane.lab.project, '503.html'), '<h1>Back at noon</h1>');
    expect(await maintenance('on', '--page', '503.html')).toMatchObject({ exit: 0 });
    expect(await answer()).toBe('503 text/html <h1>Back at noon</h1>');
    writeFileSync(join(lane.lab.project, 'long.txt'), 'x'.repeat(1_025));
    const refused = await maintenance('on', '--page', 'long.txt');
    expect(`${refused.exit} ${refused.stderr}`).toMatch(/^2 [^]*1025 characters/);
  });

  it('changes nothing in a dry run, and refuses what it cannot cover before it changes anything', async () => {
    const before = seen();
    const dry = await maintenance('on', '--check');
    expect(`${dry.exit} ${dry.stdout}`).toMatch(/^0 [^]*would make rule 50000 of lab:80/);
    expect(seen()).toEqual(before);
    const worker = await lane.run(['maintenance', 'on', '--group', 'worker', '--env', 'lab']);
    expect(worker.exit).toBe(3);
    const first = [{ field: 'path-pattern', values: ['/first'] }];
    lane.lab.aws.addRule('api-http', { priority: 1, conditions: first });
    const full = await maintenance('on');
    expect(`${full.exit} ${full.stderr}`).toMatch(
      /^3 [^]*Rule 1 of lab:80 has no free number in front of it/,
    );
    expect(lane.lab.aws.rules().some(({ action }) => action.type === 'fixed-response')).toBe(false);
  });
});
