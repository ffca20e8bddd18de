import { expect, test } from 'vitest';
import { connectCloud } from '../../src/aws/access.js';
import { region } from '../../src/model/ids.js';
import { list, queryError, queryReply, stubAws } from './stub-aws.js';

const ireland = region('eu-west-1');
const groupXml = (name: string, rest = ''): string =>
  `<AutoScalingGroupName>${name}</AutoScalingGroupName><MinSize>1</MinSize><MaxSize>4</MaxSize>` +
  `<DesiredCapacity>2</DesiredCapacity><HealthCheckType>EC2,ELB</HealthCheckType>${rest}`;

test('a group tells its health checks, what is suspended and its tags, from whichever page it is on', async () => {
  const rest =
    list('SuspendedProcesses', ['<ProcessName>AZRebalance</ProcessName>']) +
    list('Tags', ['<Key>adfpush:suspended:prod.api</Key><Value>run HealthCheck</Value>']);
  await using aws = await stubAws(({ action, parameters }) => {
    const second = parameters.get('NextToken') === 'more';
    const groups = second ? [groupXml('api-asg', rest)] : [groupXml('other')];
    return queryReply(
      action,
      list('AutoScalingGroups', groups) + (second ? '' : '<NextToken>more</NextToken>'),
    );
  });
  const { scaling } = connectCloud({ endpoint: aws.endpoint });

  expect(await scaling.describe(ireland, ['other', 'api-asg'])).toMatchObject([
    { name: 'other', suspendedProcesses: [], tags: {} },
    {
      name: 'api-asg',
      region: 'eu-west-1',
      healthCheckTypes: ['EC2', 'ELB'],
      suspendedProcesses: ['AZRebalance'],
      tags: { 'adfpush:suspended:prod.api': 'run HealthCheck' },
    },
  ]);
  expect(aws.requests[0]?.parameters.get('AutoScalingGroupNames.member.2')).toBe('api-asg');
  expect(aws.requests.map((request) => request.region)).toEqual(['eu-west-1', 'eu-west-1']);
});

test('many names are asked for in several calls, and no names in none', async () => {
  await using aws = await stubAws(({ action }) => queryReply(action, list('AutoScalingGroups', [])));
  const { scaling } = connectCloud({ endpoint: aws.endpoint });

  await scaling.describe(
    ireland,
    Array.from({ length: 51 }, (_, index) => `asg-${index}`),
  );
  expect(aws.count('DescribeAutoScalingGroups')).toBe(2);
  expect(await scaling.describe(ireland, [])).toEqual([]);
  expect(aws.count('DescribeAutoScalingGroups')).toBe(2);
});

test('no process is never taken for all of them', async () => {
  await using aws = await stubAws(({ action }) => queryReply(action, ''));
  const { scaling } = connectCloud({ endpoint: aws.endpoint });

  await scaling.suspend(ireland, 'api-asg', []);
  await scaling.resume(ireland, 'api-asg', []);
  expect(aws.requests).toEqual([]);
  await scaling.suspend(ireland, 'api-asg', ['HealthCheck', 'ReplaceUnhealthy']);
  await scaling.resume(ireland, 'api-asg', ['HealthCheck']);
  expect(aws.requests.map(({ parameters }) => parameters.get('ScalingProcesses.member.2'))).toEqual([
    'ReplaceUnhealthy',
    undefined,
  ]);
});

test('a tag is on the group alone, and not on what it launches', async () => {
  await using aws = await stubAws(({ action }) => queryReply(action, ''));
  const { scaling } = connectCloud({ endpoint: aws.endpoint });

  await scaling.tag(ireland, 'api-asg', 'key', 'value');
  await scaling.tag(ireland, 'api-asg', 'key', undefined);
  const [put, taken] = aws.requests;
  expect(put?.action).toBe('CreateOrUpdateTags');
  expect(Object.fromEntries(put?.parameters ?? [])).toMatchObject({
    'Tags.member.1.ResourceId': 'api-asg',
    'Tags.member.1.ResourceType': 'auto-scaling-group',
    'Tags.member.1.Key': 'key',
    'Tags.member.1.Value': 'value',
    'Tags.member.1.PropagateAtLaunch': 'false',
  });
  expect(taken?.action).toBe('DeleteTags');
});

test('a permission that lacks is named', async () => {
  await using aws = await stubAws(() => queryError(403, 'AccessDenied', 'not authorized to perform that'));
  const { scaling } = connectCloud({ endpoint: aws.endpoint });

  await expect(scaling.suspend(ireland, 'api-asg', ['HealthCheck'])).rejects.toMatchObject({
    code: 'aws.access_denied',
    hint: 'Allow autoscaling:SuspendProcesses in the IAM policy.',
  });
});
