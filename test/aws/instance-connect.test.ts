import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { connectCloud } from '../../src/aws/access.js';
import { labRegion, startCloudServices, type CloudServices } from '../../src/lab/cloud-services.js';
import { PushedKeys } from '../../src/lab/aws/pushed-keys.js';
import { hostId, region } from '../../src/model/ids.js';
import type { Host } from '../../src/model/host.js';
import { makeHost } from '../fakes/make-host.js';
import { containing, matching } from '../stages/matching.js';
import { stubAws } from './stub-aws.js';

const publicKey = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIMTX adfpush';
const host = (more: Partial<Host> = {}): Host => ({
  ...makeHost('api-1'),
  id: hostId('i-0abc'),
  region: region(labRegion),
  zone: `${labRegion}a`,
  ...more,
});

describe('pushing a key', () => {
  let lab: CloudServices;
  let pushedKeys: PushedKeys;
  let now: number;
  beforeEach(async () => {
    now = 0;
    pushedKeys = new PushedKeys(() => now);
    lab = await startCloudServices({
      instances: [{ id: 'i-0abc', privateIp: '10.0.0.1', zone: `${labRegion}a` }],
      targetGroups: [],
      resolve: () => undefined,
      pushedKeys,
    });
  });
  afterEach(() => lab.stop());
  const pusher = () => connectCloud({ endpoint: lab.endpoint, region: lab.region }).keyPusher;

  test('puts it where the instance looks for the keys of that user, for 60 seconds', async () => {
    await pusher().push(host(), 'ec2-user', publicKey);

    expect(pushedKeys.of('i-0abc', 'ec2-user')).toEqual([publicKey]);
    expect(pushedKeys.of('i-0abc', 'root')).toEqual([]);
    expect(pushedKeys.of('i-0def', 'ec2-user')).toEqual([]);
    now = 59_999;
    expect(pushedKeys.of('i-0abc', 'ec2-user')).toEqual([publicKey]);
    now = 60_000;
    expect(pushedKeys.of('i-0abc', 'ec2-user')).toEqual([]);
  });

  test('waits out a throttled API', async () => {
    lab.aws.throttle({ actions: ['SendSSHPublicKey'], count: 2 });

    await pusher().push(host(), 'ec2-user', publicKey);

    expect(pushedKeys.of('i-0abc', 'ec2-user')).toHaveLength(1);
  });

  test('says that an instance does not run, or does not exist', async () => {
    lab.aws.setInstanceState('i-0abc', 'stopped');

    await expect(pusher().push(host(), 'ec2-user', publicKey)).rejects.toMatchObject({
      code: 'aws.instance_connect',
      message: matching(/api-1 \(i-0abc\).*not running.*stopped/),
    });
    await expect(pusher().push(host({ id: hostId('i-0gone') }), 'ec2-user', publicKey)).rejects.toMatchObject(
      { code: 'aws.instance_connect', message: containing('no such instance') },
    );
  });

  test('asks AWS nothing about a host that is no instance', async () => {
    await expect(
      pusher().push(host({ id: hostId('static-1') }), 'ec2-user', publicKey),
    ).rejects.toMatchObject({ code: 'aws.instance_connect', message: containing('not an EC2 instance') });
  });
});

describe('what AWS refuses', () => {
  const refusals = [
    ['AuthException', 'aws.access_denied', /Allow ec2-instance-connect:SendSSHPublicKey in the IAM policy/],
    ['AccessDeniedException', 'aws.access_denied', /Allow ec2-instance-connect:SendSSHPublicKey/],
    ['EC2InstanceNotFoundException', 'aws.instance_connect', /terminated/],
    ['EC2InstanceStateInvalidException', 'aws.instance_connect', /Start it/],
    ['EC2InstanceUnavailableException', 'aws.instance_connect', /status checks/],
    ['EC2InstanceTypeInvalidException', 'aws.instance_connect', /identity_file/],
    ['InvalidArgsException', 'aws.instance_connect', /"ec2-user" is a user/],
    ['ExpiredTokenException', 'aws.expired_credentials', /Log in again/],
  ] as const;

  test.each(refusals)('%s is explained', async (name, code, hint) => {
    await using aws = await stubAws(() => ({
      status: 400,
      type: 'application/x-amz-json-1.1',
      body: JSON.stringify({ __type: name, message: 'As AWS says it.' }),
    }));
    const { keyPusher } = connectCloud({ endpoint: aws.endpoint, region: 'eu-west-1' });

    const refused = await keyPusher
      .push(host({ region: region('eu-west-1') }), 'ec2-user', publicKey)
      .catch((error: unknown) => error);

    expect(refused).toMatchObject({ code, hint: matching(hint) });
    expect(aws.count('SendSSHPublicKey')).toBe(1);
    expect(aws.requests[0]?.region).toBe('eu-west-1');
  });
});
