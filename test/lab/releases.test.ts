import { appendFileSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { HistoryReport, ReleaseDiff, ReleasesReport, RunStory } from '../../src/model/history-report.js';
import type { ReleaseRecord } from '../../src/model/release-record.js';
import { Lane } from '../stages/lane.js';

let lane: Lane;
beforeAll(async () => {
  lane = await Lane.open({ hosts: 2, deregistrationDelay: 0, versions: { v4: 'healthy' } });
});
afterAll(() => lane.close());

const place = ['--group', 'api', '--env', 'lab'];
const json = async <T>(...words: readonly string[]): Promise<T> => {
  const { exit, stdout, stderr } = await lane.run([...words, '--json']);
  expect(`${exit} ${stderr}`).toMatch(/^0 /);
  return JSON.parse(stdout) as T;
};
/** What is on record of the group, the oldest first: `r1 v1 succeeded`. */
const records = async (): Promise<readonly ReleaseRecord[]> => {
  const { runs, warnings } = await json<HistoryReport>('history', ...place);
  expect(warnings).toEqual([]);
  return runs.flatMap(({ releases }) => releases).toSorted((a, b) => a.number - b.number);
};
const told = (all: readonly ReleaseRecord[]): readonly string[] =>
  all.map(({ number, version, outcome, parent, restores, rollbackOf }) =>
    [
      `r${number} ${version} ${outcome}`,
      ...(parent === undefined ? [] : [`after r${parent}`]),
      ...(restores === undefined ? [] : [`restores r${restores}`]),
      ...(rollbackOf === undefined ? [] : [`takes back r${rollbackOf}`]),
    ].join(', '),
  );
const ledger = (index: number): string =>
  join(lane.lab.hosts[index]?.root ?? '', 'var/lib/adfpush/lab.api.releases');
/** All hosts at once, as soon as they are healthy. */
const quick = ['-e', '{"rollout":{"serial":"100%","min_healthy":0,"bake":"0s"}}'];
const back = (...words: readonly string[]) => lane.run(['rollback', ...place, ...quick, '--json', ...words]);

describe('the releases of a group', () => {
  it('are numbered and written down, each with who, why and how it ended', async () => {
    const env = { BUILD_URL: 'https://ci.example/job/7', BUILD_TAG: 'jenkins-api-7', BUILD_USER_ID: 'anna' };
    await lane.given('v1');
    expect(
      await lane.run(['deploy', ...place, '--version', 'v2', '--reason', 'ticket 7'], { env }),
    ).toMatchObject({
      exit: 0,
    });
    const failed = await lane.run(['deploy', ...place, '--version', 'v3', '--json']);

    expect(failed.exit).toBe(4);
    expect(JSON.parse(failed.stdout)).toMatchObject({ outcome: 'rolled_back', mixed: false });
    expect(failed.stderr).toContain('Rolled back: deploy of api in lab failed');
    const [, second, third] = await records();
    expect(told(await records())).toEqual([
      'r1 v1 succeeded',
      'r2 v2 succeeded, after r1',
      'r3 v3 rolled_back, after r2',
    ]);
    expect(second).toMatchObject({
      verb: 'deploy',
      reason: 'ticket 7',
      link: 'https://ci.example/job/7',
      build: 'jenkins-api-7',
      platforms: ['linux/amd64', 'linux/arm64'],
      hosts: ['api-1', 'api-2'].map((name) => ({ name, status: 'deployed' })),
    });
    expect(second?.who).toMatch(/^anna@/);
    expect(third?.hosts.map(({ status }) => status).sort()).toEqual(['restored', 'untouched']);
  });

  it('get no number for a deploy that rolls no host', async () => {
    expect(await lane.deploy('v2')).toMatchObject({ exit: 0 });
    expect(await lane.run(['deploy', ...place, '--version', 'v4', '--check'])).toMatchObject({ exit: 0 });
    expect(await records()).toHaveLength(3);
  });

  it('are known from the hosts alone, and are counted on from there', async () => {
    rmSync(join(lane.lab.project, '.adfpush/journals/releases'), { recursive: true });
    rmSync(join(lane.lab.project, '.adfpush/journals/events'), { recursive: true });
    expect(await records()).toHaveLength(3);
    expect(await lane.run(['deploy', ...place, ...quick, '--version', 'v4'])).toMatchObject({ exit: 0 });

    expect(told(await records()).at(-1)).toBe('r4 v4 succeeded, after r2');
  });

  it('are gone back through one by one, and by number, without a registry', async () => {
    await lane.lab.registry.stop();
    expect(await back()).toMatchObject({ exit: 0 });
    expect(lane.running()).toEqual(Array(2).fill('api v2'));
    expect(await back()).toMatchObject({ exit: 0 });
    expect(lane.running()).toEqual(Array(2).fill('api v1'));
    expect(await back('--to', 'r4')).toMatchObject({ exit: 0 });
    expect(lane.running()).toEqual(Array(2).fill('api v4'));

    expect(told(await records()).slice(4)).toEqual([
      'r5 v2 succeeded, after r4, restores r2, takes back r4',
      'r6 v1 succeeded, after r5, restores r1, takes back r5',
      'r7 v4 succeeded, after r6, restores r4, takes back r6',
    ]);
    const { exit, stderr } = await back('--to', 'r9');
    expect(exit).toBe(3);
    expect(stderr).toMatch(/never had a release r9 on record[^]*r7 v4: .* succeeded/);
  });

  it('are listed with where they run', async () => {
    const { groups } = await json<ReleasesReport>('releases', '--env', 'lab');
    const there = groups[0]!.releases.filter(({ running, kept }) => running + kept > 0);
    expect(groups).toMatchObject([{ group: 'api', hosts: 2 }]);
    expect(there.map(({ version, running, kept }) => `${version} ${running} ${kept}`)).toEqual([
      'v4 2 0',
      'v1 0 2',
      'v2 0 2',
    ]);
    const { stdout } = await lane.run(['releases', '--env', 'lab']);
    expect(stdout).toMatch(/r7 +v4 +[0-9a-f]{12} .* succeeded +runs on 2 of 2/);
  });

  it('differ in what the record says, and in no value', async () => {
    const secret = 'correct-horse-battery';
    lane.groupHas(
      "env: { APP_ENV: '{{ env }}' }",
      `env: { APP_ENV: '{{ env }}', LEVEL: debug, TOKEN: 'is {{ secret "token" }}' }`,
    );
    const env = { token: secret };
    expect(await lane.run(['rollback', ...place, ...quick, '--to', 'r2'], { env })).toMatchObject({
      exit: 0,
    });
    const { after, differences } = await json<ReleaseDiff>('history', 'diff', 'r7', 'r8', ...place);

    expect(after.version).toBe('v2');
    expect(differences.map(({ what, name, change }) => `${what} ${name ?? ''} ${change}`)).toEqual([
      'version  changed',
      'image  changed',
      'configuration api.env.LEVEL added',
      'configuration api.env.TOKEN added',
      'secret token added',
      'file inventory/group_vars/api.yml changed',
    ]);
    for (const index of [0, 1]) expect(readFileSync(ledger(index), 'utf8')).not.toContain(secret);
  });

  it('tell of a torn and of a foreign line on a host, and go on after them', async () => {
    const whole = readFileSync(ledger(0), 'utf8');
    appendFileSync(ledger(0), `nonsense\n{"adfpush":"release","format":99}\n${whole.slice(0, 40)}`);
    const { warnings, runs } = await json<HistoryReport>('history', ...place);

    expect(warnings).toEqual([
      expect.stringMatching(/api-1 .*, 2 lines are torn or foreign\.$/),
      expect.stringMatching(/api-1 .*, 1 line is of a newer version of adfpush\.$/),
    ]);
    expect(runs.flatMap(({ releases }) => releases)).toHaveLength(8);
    expect(
      await lane.run(['rollback', ...place, ...quick, '--to', 'r7'], { env: { token: 'another-token' } }),
    ).toMatchObject({ exit: 0 });
    expect(readFileSync(ledger(0), 'utf8').trimEnd().split('\n').at(-1)).toMatch(
      /^\{"adfpush":"release","format":1,"number":9,.*"outcome":"succeeded"/,
    );
  });
});

describe('a run that is killed', () => {
  const env = { token: 'another-token' };

  it('leaves a release without an end, which its recovery ends', async () => {
    await lane.run(['rollback', ...place, '--to', 'r2'], { env, crashAt: 'after:20' });
    const running = (await json<HistoryReport>('history', ...place)).runs[0];
    expect(running).toMatchObject({ outcome: 'running', verb: 'rollback' });
    expect(await lane.recover({ env })).toMatchObject({ exit: 0 });

    const { runs } = await json<HistoryReport>('history', ...place, '--last', '2');
    expect(runs.map(({ verb, outcome }) => `${verb} ${outcome}`)).toEqual([
      'recover converged',
      'rollback recovered',
    ]);
  });

  it('is shown with its events', async () => {
    const [, killed] = (await json<HistoryReport>('history', ...place)).runs;
    const { run, events } = await json<RunStory>('history', 'show', killed!.run, '--env', 'lab');
    expect(run.releases).toMatchObject([{ number: 10, outcome: 'recovered' }]);
    expect(events.map(({ type }) => type)).toContain('plan.made');

    const { exit, stdout } = await lane.run(['history', 'show', 'r10', ...place]);
    expect(exit).toBe(0);
    expect(stdout).toMatch(/^Run \S+: rollback of api\n/);
    expect(stdout).toMatch(/Release r10 of api: v2, recovered\n/);
    expect(stdout).toMatch(/adfpush rollback api in lab, run /);
    expect(stdout).toMatch(/Batch 1 of 2: 1 host/);
  });
});

describe('history', () => {
  it('is filtered by version, person and time', async () => {
    const numbers = async (...words: readonly string[]) =>
      (await json<HistoryReport>('history', ...place, ...words)).runs.flatMap(({ releases }) =>
        releases.map(({ number }) => number),
      );
    expect(await numbers('--version', 'v3')).toEqual([3]);
    expect(await numbers('--who', 'anna')).toEqual([2]);
    expect(await numbers('--since', '0s')).toEqual([]);
    expect(await numbers('--last', '1', '--version', 'v4')).toEqual([9]);
  });

  it('says what is wrong with what it was asked', async () => {
    const wrong = async (...words: readonly string[]) => {
      const { exit, stderr } = await lane.run(words);
      return `${exit} ${stderr}`;
    };
    expect(await wrong('history', 'show', 'r77', ...place)).toMatch(/^3 .*Nothing is on record of "r77"/);
    expect(await wrong('history', 'show', 'r1', '--env', 'lab')).toMatch(
      /^3 .*which "r1" is meant\?[^]*Add --group/,
    );
    expect(await wrong('history', 'diff', 'r1', 'r77', ...place)).toMatch(/^3 [^]*There are:\n[ |]+r10 v2/);
    expect(await wrong('history', '--env', 'lab', '--since', 'tomorrow')).toMatch(/^2 /);
  });

  it('tells of a host that does not answer, and goes on with the others', async () => {
    await lane.lab.hosts[0]!.stop();
    const { runs, warnings } = await json<HistoryReport>('history', ...place);
    expect(runs.flatMap(({ releases }) => releases)).toHaveLength(10);
    expect(warnings).toEqual([expect.stringMatching(/on record in api-1 .* were not read: /)]);
  });
});
