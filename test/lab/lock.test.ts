import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Lane } from '../stages/lane.js';
import { endedWithTest } from '../stages/processes.js';
import { until } from '../stages/until.js';

const program = join(import.meta.dirname, '../../dist/bin.js');
const buildPage = 'https://ci.example/job/7/';
const inLab = ['--group', 'api', '--env', 'lab'] as const;

let lane: Lane;
let deploys = 0;

beforeAll(async () => {
  lane = await Lane.open({ deregistrationDelay: 8_000, versions: { v5: 'healthy' } });
  const config = 'name: shop\nstate: { directory: .adfpush/journals, lease: 20s }\n';
  writeFileSync(join(lane.lab.project, 'adfpush.yml'), config);
  await lane.given('v1');
});
afterAll(() => lane.close());

/** A deploy that goes on while the test does other things; its events are in `events`. */
function startDeploy(version: string) {
  const events = join(lane.folder, `${(deploys += 1)}.ndjson`);
  const words = ['deploy', ...inLab, '--version', version, '--events', events];
  const running = endedWithTest(
    execa(process.execPath, [program, ...words], {
      cwd: lane.lab.project,
      reject: false,
      stdin: 'ignore',
      extendEnv: false,
      env: { ...lane.environment, BUILD_URL: buildPage },
    }),
  );
  const told = (type: string): number =>
    existsSync(events) ? readFileSync(events, 'utf8').split(`"type":"${type}"`).length - 1 : 0;
  return { running, told };
}

const lock = async (...words: readonly string[]) => {
  const [verb = '', ...more] = words;
  return lane.run(['lock', verb, ...inLab, ...more]);
};
const holder = async (): Promise<unknown> => {
  const { stdout } = await lock('status', '--json');
  const { groups } = JSON.parse(stdout) as { groups: readonly { readonly holder?: unknown }[] };
  return groups[0]?.holder;
};
const mutations = (): number =>
  lane.lab.aws.calls('RegisterTargets') + lane.lab.aws.calls('DeregisterTargets');

describe('the lock of a group', () => {
  it('is free when no run is under way, and there is nothing to release', async () => {
    expect(await lock('status')).toMatchObject({ exit: 0, stdout: 'api: free, epoch 1' });
    expect(await lock('release')).toMatchObject({
      exit: 0,
      stdout: 'api: nothing to release, the lock is free',
    });
    expect(await lock('status', '--group', 'nope')).toMatchObject({ exit: 3 });
  });

  it('keeps a run that was frozen from changing anything once another had it', async () => {
    const frozen = startDeploy('v2');
    await until(() => frozen.told('hold.opened') > 0, 120_000);
    frozen.running.kill('SIGSTOP');
    // At the same time: on a busy machine one after the other takes as long as the lease lives.
    const [held, released] = await Promise.all([holder(), lock('release')]);
    expect(held).toMatchObject({ link: buildPage });
    expect(released).toMatchObject({
      exit: 3,
      stderr: expect.stringContaining('Error [lease.alive]') as string,
    });
    await until(async () => (await holder()) === undefined, 120_000);

    expect(await lane.recover()).toMatchObject({ exit: 0 });
    expect(await lane.deploy('v5')).toMatchObject({ exit: 0 });
    const before = { running: lane.running(), inService: lane.inService(), mutations: mutations() };
    expect(before.running).toEqual(lane.running().map(() => 'api v5'));

    frozen.running.kill('SIGCONT');
    const { exitCode, stdout, stderr } = await frozen.running;
    // Its registration is there again, so it ends with 4. A container that it held before it was frozen would be named, and it ends with 5.
    expect([4, 5]).toContain(exitCode);
    expect(`${stdout}${stderr}`).toMatch(/lock of group|lease/);
    expect({ running: lane.running(), inService: lane.inService(), mutations: mutations() }).toEqual(before);
  });

  it('is taken from a run that lives by force only, and that run stops', async () => {
    const begun = mutations();
    const robbed = startDeploy('v2');
    // AWS calls cannot be fenced: one that is about to leave leaves. So its drain is waited for.
    await until(() => mutations() > begun, 120_000);
    expect(await lock('release', '--force')).toMatchObject({
      exit: 0,
      stdout: expect.stringContaining('changes nothing more') as string,
    });
    const before = { running: lane.running(), mutations: mutations() };
    const { exitCode, stdout, stderr } = await robbed.running;
    expect([exitCode, `${stdout}${stderr}`]).toEqual([5, expect.stringContaining('released it by force')]);
    expect({ running: lane.running(), mutations: mutations() }).toEqual(before);
    expect(await lane.recover()).toMatchObject({ exit: 0 });
    expect(lane.inService()).toEqual(lane.lab.hosts.map(() => 'healthy'));
  });
});
