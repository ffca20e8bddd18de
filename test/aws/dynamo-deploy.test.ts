import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { environmentName, groupName } from '../../src/model/ids.js';
import { systemClock } from '../../src/system/clock.js';
import { Lane } from '../stages/lane.js';
import { until } from '../stages/until.js';
import { startDynamo, type DynamoServer } from './dynamo-server.js';
import { ann, itemOf, storeAt } from './dynamo-stage.js';

const deployV1 = ['deploy', '--group', 'api', '--env', 'lab', '--version', 'v1'];

let dynamo: DynamoServer;
let lane: Lane;

beforeEach(async () => {
  dynamo = await startDynamo();
  lane = await Lane.open();
  // The machine may be busy with other tests, and the lease is what is looked at here.
  lane.groupHas('timeout: 8s', 'timeout: 20s');
  keepLeasesIn('locks');
});
afterEach(async () => {
  await lane.close();
  await dynamo[Symbol.asyncDispose]();
});

function keepLeasesIn(table: string): void {
  const state = `{ directory: .adfpush/journals, backend: dynamodb, table: ${table}, endpoint: '${dynamo.endpoint}' }`;
  writeFileSync(join(lane.lab.project, 'adfpush.yml'), `name: shop\nstate: ${state}\n`);
}

const lock = () => itemOf(dynamo, 'lab.api');
const isHeld = async (): Promise<boolean> => (await lock())?.['released']?.BOOL === false;

describe('a deploy whose leases are in DynamoDB', () => {
  it('locks the group there while it rolls, and nothing on the hosts', async () => {
    const rolling = lane.deploy('v1');
    await until(isHeld, 120_000);
    expect(lane.leases()).toEqual([]);

    expect((await rolling).exit).toBe(0);
    expect(await isHeld()).toBe(false);
    const first = Number((await lock())?.['epoch']?.N);

    expect((await lane.deploy('v2')).exit).toBe(0);
    expect((await lock())?.['epoch']).toEqual({ N: String(first + 1) });
    expect(lane.running()).toEqual(['api v2', 'api v2', 'api v2', 'api v2']);
    expect(lane.leases()).toEqual([]);
  });

  it('is refused while another run holds it, and goes on when it is released', async () => {
    const name = { environment: environmentName('lab'), group: groupName('api'), hosts: [] };
    const lease = await (
      await storeAt(dynamo, systemClock)
    ).acquire({ ...name, owner: ann, duration: 600_000 });
    const refused = await lane.deploy('v1');
    expect([refused.exit, refused.stderr]).toEqual([
      3,
      expect.stringContaining(
        'Group "api" in "lab" is locked by ann@desk, run run-a (https://ci/job/7)',
      ) as string,
    ]);
    expect(lane.running()).toEqual(['', '', '', '']);

    const status = await lane.run(['lock', 'status', '--group', 'api', '--env', 'lab']);
    expect([status.exit, status.stdout]).toEqual([0, expect.stringContaining('ann@desk') as string]);

    const asked = dynamo.calls.length;
    const waiting = lane.run([...deployV1, '--lock-wait', '2m']);
    // One look is for what is on record of drained hosts, the others for the lock.
    const looks = (): number => dynamo.calls.slice(asked).filter((call) => call === 'GetItem').length;
    await until(() => looks() >= 3, 120_000);
    await lease.release();
    const { exit, stdout } = await waiting;
    expect([exit, stdout]).toEqual([0, expect.stringContaining('is locked by ann@desk')]);
  });

  it('is the only one of two that found it free at the same moment', async () => {
    let wanting = 0;
    dynamo.fate = async (operation) => {
      if (operation === 'PutItem') {
        wanting += 1;
        await until(() => wanting >= 2, 120_000);
      }
      return 'answered' as const;
    };
    const ended = await Promise.all([lane.deploy('v1'), lane.deploy('v1')]);

    const told = ended.map(({ stdout, stderr }) => stdout + stderr).join('\n\n');
    expect(ended.map(({ exit }) => exit).sort(), told).toEqual([0, 3]);
    expect(ended.find(({ exit }) => exit === 3)?.stderr).toMatch(
      /Group "api" in "lab" is locked by \S+, run /,
    );
    expect(lane.running()).toEqual(['api v1', 'api v1', 'api v1', 'api v1']);
  });

  it('is refused before any change when there is no such table', async () => {
    keepLeasesIn('lokcs');
    lane.lab.aws.forgetCalls();
    const { exit, stderr } = await lane.deploy('v1');

    expect(exit).toBe(3);
    expect(stderr).toContain('The table "lokcs", where adfpush.yml keeps its locks, does not exist');
    expect(stderr).toContain('aws dynamodb create-table');
    expect(lane.running()).toEqual(['', '', '', '']);
    expect(lane.lab.aws.calls('DeregisterTargets')).toBe(0);
  });

  it('changes nothing when DynamoDB does not answer', async () => {
    dynamo.fate = () => 'lost_before';
    const { exit, stderr } = await lane.deploy('v1');

    expect(exit).toBe(3);
    expect(stderr).toContain('The lock of group "api" in "lab" is out of reach');
    expect(lane.running()).toEqual(['', '', '', '']);
  });
});
