import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { ReleaseGrid } from '../../src/model/release-grid.js';
import type { StatusReport } from '../../src/model/status-report.js';
import { Lane } from '../stages/lane.js';

let lane: Lane;
beforeAll(async () => {
  lane = await Lane.open({ hosts: 2 });
  await lane.given('v1');
  lane.lab.aws.setTag(lane.lab.hosts[1]!.id, 'DeployGroup', 'api,spare');
});
afterAll(() => lane.close());

const all = ['--group', 'all', '--env', 'lab'];

it('what only looks takes all groups of an environment that say what they run', async () => {
  const { exit, stdout } = await lane.run(['status', ...all, '--json']);
  const { groups } = JSON.parse(stdout) as StatusReport;
  expect([exit, groups.map(({ group, hosts }) => [group, hosts.length])]).toEqual([0, [['api', 2]]]);
  expect((await lane.run(['status', ...all, '--brief'])).stdout).toMatch(
    /^lab: 1 group\n {2}GROUP +RUNS +eu-lab-1a +eu-lab-1b +NOTES\n {2}api +v1 +1\/1 +1\/1 +-$/,
  );
  expect((await lane.run(['lock', 'status', ...all])).stdout).toContain('api');
  expect((await lane.run(['exec', ...all, '--', 'echo', 'here'])).stdout).toMatch(/2 hosts|here/);
  expect(await lane.run(['logs', ...all, '--tail', '1'])).toMatchObject({ exit: 0 });
});

it('what changes hosts names its groups', async () => {
  for (const command of [['deploy', '--version', 'v2'], ['maintenance', 'on'], ['rollback']]) {
    const refused = await lane.run([...command, ...all]);
    expect(`${refused.exit} ${refused.stderr}`).toMatch(
      /^2 [^]*"all" is a pattern; a group is named in full/,
    );
  }
});

it('shows what runs in which environment, also when one cannot be asked', async () => {
  const inventory = join(lane.lab.project, 'inventory');
  const text = readFileSync(join(inventory, 'lab.yml'), 'utf8');
  writeFileSync(join(inventory, 'staging.yml'), text);
  writeFileSync(join(inventory, 'wrong.yml'), text.replace(/account: .*/, "account: '999999999999'"));
  const grid = await lane.run(['releases', '--grid']);
  // The fleet was deployed for another environment than staging.
  expect(`${grid.exit} ${grid.stdout}`).toMatch(
    /^0 GROUP +lab +staging +wrong\napi +v1 \S+ min +v1 \S+ min ! +\?\napi in staging: 2 hosts differ .*\nwrong: .*999999999999/,
  );
  const two = await lane.run(['releases', '--grid', '--env', 'staging,lab', '--json']);
  const { environments } = JSON.parse(two.stdout) as ReleaseGrid;
  expect(environments.map(({ environment, groups }) => [environment, groups.length])).toEqual([
    ['staging', 1],
    ['lab', 1],
  ]);
  expect(await lane.run(['releases', '--grid', '--env', 'wrong'])).toMatchObject({ exit: 3 });
});
