import { expect, test } from 'vitest';
import { connectCloud } from '../../src/aws/access.js';
import { region } from '../../src/model/ids.js';
import { ec2Reply, list, queryReply, stubAws, type AwsRequest } from './stub-aws.js';

const ireland = region('eu-west-1');

const instance = (id: string, more = '', state = 'running'): string =>
  list(
    'instancesSet',
    [
      `<instanceId>${id}</instanceId><imageId>ami-1</imageId><instanceType>t3.micro</instanceType>` +
        `<launchTime>2026-11-20T10:00:00.000Z</launchTime><instanceState><code>16</code><name>${state}</name></instanceState>` +
        `<placement><availabilityZone>eu-west-1a</availabilityZone></placement>${more}`,
    ],
    'item',
  );
const page = (reservations: readonly string[], next?: string) =>
  ec2Reply(
    'DescribeInstances',
    list('reservationSet', reservations, 'item') +
      (next === undefined ? '' : `<nextToken>${next}</nextToken>`),
  );

const filtersOf = ({ parameters }: AwsRequest) =>
  Object.fromEntries(
    [...parameters]
      .filter(([key]) => /^Filter\.\d+\.Name$/.test(key))
      .map(([key, name]) => [
        name,
        [...parameters]
          .filter(([one]) => one.startsWith(key.replace('Name', 'Value.')))
          .map(([, value]) => value),
      ]),
  );

test('all pages arrive, in the region asked for, with the filters as given and running implied', async () => {
  const pages = new Map([
    ['', page([instance('i-1'), instance('i-2')], 'two')],
    ['two', page([instance('i-3')], 'three')],
    ['three', page([instance('i-4')])],
  ]);
  await using aws = await stubAws(({ parameters }) => pages.get(parameters.get('NextToken') ?? ''));
  const { fleet } = connectCloud({ endpoint: aws.endpoint });

  const found = await fleet.instances(ireland, {
    'tag:Environment': ['prod'],
    'tag:DeployGroup': ['a\\*', 'b'],
  });

  expect(found.map(({ id }) => id)).toEqual(['i-1', 'i-2', 'i-3', 'i-4']);
  expect(aws.requests.map((request) => request.region)).toEqual(['eu-west-1', 'eu-west-1', 'eu-west-1']);
  expect(aws.requests.map(filtersOf)).toEqual(
    Array(3).fill({
      'tag:Environment': ['prod'],
      'tag:DeployGroup': ['a\\*', 'b'],
      'instance-state-name': ['running'],
    }),
  );
});

test('a page that fails for good fails the listing: there is no partial one', async () => {
  await using aws = await stubAws(({ parameters }) =>
    parameters.has('NextToken') ? { status: 500, body: '' } : page([instance('i-1')], 'two'),
  );
  const { fleet } = connectCloud({ endpoint: aws.endpoint });

  await expect(fleet.instances(ireland, {})).rejects.toMatchObject({ code: 'aws.unavailable' });
});

test('an instance tells its addresses, zone, launch time and tags; empty ones are none', async () => {
  const addresses =
    '<privateIpAddress>10.0.0.1</privateIpAddress><ipAddress>3.4.5.6</ipAddress><dnsName></dnsName>' +
    '<privateDnsName>ip-10-0-0-1.eu-west-1.compute.internal</privateDnsName>' +
    list(
      'networkInterfaceSet',
      [list('ipv6AddressesSet', ['<ipv6Address>2001:db8::1</ipv6Address>'], 'item')],
      'item',
    ) +
    list(
      'tagSet',
      ['<key>Name</key><value>api-1</value>', '<key>DeployGroup</key><value>api,w</value>'],
      'item',
    );
  await using aws = await stubAws(() => page([instance('i-1', addresses)]));
  const { fleet } = connectCloud({ endpoint: aws.endpoint });

  expect(await fleet.instances(ireland, {})).toEqual([
    {
      id: 'i-1',
      state: 'running',
      zone: 'eu-west-1a',
      type: 't3.micro',
      imageId: 'ami-1',
      launchedAt: Date.UTC(2026, 10, 20, 10),
      privateIp: '10.0.0.1',
      publicIp: '3.4.5.6',
      ipv6: '2001:db8::1',
      privateDns: 'ip-10-0-0-1.eu-west-1.compute.internal',
      tags: { Name: 'api-1', DeployGroup: 'api,w' },
    },
  ]);
});

test('what is shown as no longer running, or shown twice, is not two hosts', async () => {
  await using aws = await stubAws(() =>
    page([instance('i-1'), instance('i-1'), instance('i-2', '', 'terminated')]),
  );
  const { fleet } = connectCloud({ endpoint: aws.endpoint });

  expect((await fleet.instances(ireland, {})).map(({ id }) => id)).toEqual(['i-1']);
});

test('the identity is asked of STS', async () => {
  await using aws = await stubAws(({ action }) =>
    queryReply(action, '<Account>123456789012</Account><Arn>arn:aws:iam::123456789012:user/jenkins</Arn>'),
  );
  const { fleet } = connectCloud({ endpoint: aws.endpoint, region: 'eu-west-1' });

  expect(await fleet.identity()).toEqual({
    account: '123456789012',
    arn: 'arn:aws:iam::123456789012:user/jenkins',
  });
  expect(aws.requests).toMatchObject([{ action: 'GetCallerIdentity', region: 'eu-west-1' }]);
});
