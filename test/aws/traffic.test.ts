import { expect, test } from 'vitest';
import { connectCloud } from '../../src/aws/access.js';
import { region, targetGroupArn } from '../../src/model/ids.js';
import type { Registration } from '../../src/model/registration.js';
import { list, queryReply, stubAws, type AwsReply, type AwsRequest } from './stub-aws.js';

const ireland = region('eu-west-1');
const account = 'arn:aws:elasticloadbalancing:eu-west-1:123456789012';
const api = targetGroupArn(`${account}:targetgroup/api-http/1`);
const alb = `${account}:loadbalancer/app/front/1`;
const nlb = `${account}:loadbalancer/net/edge/2`;

interface Group {
  readonly name: string;
  readonly loadBalancers?: readonly string[];
  readonly attributes?: Readonly<Record<string, string>>;
}

const groupXml = ({ name, loadBalancers = [] }: Group): string =>
  `<TargetGroupArn>${account}:targetgroup/${name}/1</TargetGroupArn><TargetGroupName>${name}</TargetGroupName>` +
  `<Protocol>HTTP</Protocol><Port>5060</Port><TargetType>instance</TargetType>${list('LoadBalancerArns', loadBalancers)}`;
const attributesXml = (attributes: Readonly<Record<string, string>>): string =>
  list(
    'Attributes',
    Object.entries(attributes).map(([key, value]) => `<Key>${key}</Key><Value>${value}</Value>`),
  );

/** Serves these target groups, one on each page. */
const serving =
  (groups: readonly Group[], loadBalancerAttributes: Readonly<Record<string, string>> = {}) =>
  ({ action, parameters }: AwsRequest): AwsReply => {
    if (action === 'DescribeTargetGroups') {
      const index = Number(parameters.get('Marker') ?? '0');
      const next = index + 1 < groups.length ? `<NextMarker>${index + 1}</NextMarker>` : '';
      return queryReply(action, list('TargetGroups', groups.slice(index, index + 1).map(groupXml)) + next);
    }
    const arn = parameters.get('TargetGroupArn') ?? '';
    return queryReply(
      action,
      attributesXml(
        action === 'DescribeLoadBalancerAttributes'
          ? loadBalancerAttributes
          : (groups.find(({ name }) => arn.includes(`/${name}/`))?.attributes ?? {}),
      ),
    );
  };

test('a target group tells its delay, slow start and balancers, from whichever page it is on', async () => {
  const attributes = { 'deregistration_delay.timeout_seconds': '300', 'slow_start.duration_seconds': '30' };
  await using aws = await stubAws(
    serving([{ name: 'other' }, { name: 'api-http', loadBalancers: [alb], attributes }]),
  );
  const { traffic } = connectCloud({ endpoint: aws.endpoint });

  expect(await traffic.targetGroups(ireland, ['api-http'])).toEqual([
    {
      arn: api,
      name: 'api-http',
      region: 'eu-west-1',
      protocol: 'HTTP',
      port: 5060,
      targetType: 'instance',
      loadBalancers: [alb],
      deregistrationDelay: 300_000,
      slowStart: 30_000,
      crossZone: true,
    },
  ]);
  expect(aws.count('DescribeTargetGroupAttributes')).toBe(1);
});

const left = { 'load_balancing.cross_zone.enabled': 'use_load_balancer_configuration' };
const own = (value: string) => ({ 'load_balancing.cross_zone.enabled': value });
test.each([
  ['its own word, against the balancer', own('false'), [alb], {}, false],
  ['its own word, on a network balancer', own('true'), [nlb], {}, true],
  ['an application balancer, always', left, [alb], {}, true],
  ['a network balancer, by default not', left, [nlb], {}, false],
  ['a network balancer told so', left, [nlb], own('true'), true],
  ['the strictest of several', left, [alb, nlb], own('false'), false],
  ['nothing said at all', {}, [nlb], {}, false],
])('cross-zone is decided by %s', async (_, attributes, loadBalancers, balancerAttributes, expected) => {
  await using aws = await stubAws(
    serving([{ name: 'api-http', loadBalancers, attributes }], balancerAttributes),
  );
  const { traffic } = connectCloud({ endpoint: aws.endpoint });

  expect((await traffic.targetGroups(ireland, ['api-http']))[0]?.crossZone).toBe(expected);
});

test('a name that does not exist is refused, with the nearest one and all there are', async () => {
  await using aws = await stubAws(serving([{ name: 'api-http' }, { name: 'admin' }]));
  const { traffic } = connectCloud({ endpoint: aws.endpoint });

  await expect(traffic.targetGroups(ireland, ['admin', 'api-htpp', 'zzz'])).rejects.toMatchObject({
    code: 'traffic.target_group_missing',
    class: 'refused',
    message: 'eu-west-1 has no target group named "api-htpp" or "zzz".',
    hint: 'Did you mean "api-http"? eu-west-1 has admin, api-http.',
  });
});

test('a target group in use is one that a balancer uses', async () => {
  await using aws = await stubAws(serving([{ name: 'idle' }, { name: 'api-http', loadBalancers: [alb] }]));
  const { traffic } = connectCloud({ endpoint: aws.endpoint });

  expect((await traffic.targetGroupsInUse(ireland)).map(({ name }) => name)).toEqual(['api-http']);
});

const target = (id: string, port: number, state: string, more = '', zone = ''): string =>
  `<Target><Id>${id}</Id><Port>${port}</Port>${zone}</Target>` +
  `<TargetHealth><State>${state}</State>${more}</TargetHealth>`;

test('health keeps ports apart, and gives back a zone only where it can be registered again', async () => {
  await using aws = await stubAws(({ action }) =>
    queryReply(
      action,
      list('TargetHealthDescriptions', [
        target('i-1', 5060, 'healthy', '', '<AvailabilityZone>eu-west-1a</AvailabilityZone>'),
        target(
          'i-1',
          5061,
          'draining',
          '<Reason>Target.DeregistrationInProgress</Reason><Description>D</Description>',
        ),
        target('10.0.0.9', 80, 'unhealthy.draining', '', '<AvailabilityZone>all</AvailabilityZone>'),
        target('10.0.0.8', 80, 'a-state-of-tomorrow'),
      ]),
    ),
  );
  const { traffic } = connectCloud({ endpoint: aws.endpoint });

  expect(await traffic.health(api)).toEqual([
    { registration: { targetGroup: api, id: 'i-1', port: 5060 }, state: 'healthy' },
    {
      registration: { targetGroup: api, id: 'i-1', port: 5061 },
      state: 'draining',
      reason: 'Target.DeregistrationInProgress',
      description: 'D',
    },
    {
      registration: { targetGroup: api, id: '10.0.0.9', port: 80, zone: 'all' },
      state: 'unhealthy.draining',
    },
    { registration: { targetGroup: api, id: '10.0.0.8', port: 80 }, state: 'unavailable' },
  ]);
  expect(aws.requests).toMatchObject([{ action: 'DescribeTargetHealth', region: 'eu-west-1' }]);
});

test('the health of a target that is gone is that it is not registered', async () => {
  await using aws = await stubAws(({ action }) => queryReply(action, list('TargetHealthDescriptions', [])));
  const { traffic } = connectCloud({ endpoint: aws.endpoint });
  const registration = { targetGroup: api, id: 'i-1', port: 5060 };

  expect(await traffic.healthOf(api, [registration])).toEqual([
    { registration, state: 'unused', reason: 'Target.NotRegistered' },
  ]);
});

const targetsOf = ({ parameters }: AwsRequest): readonly (string | undefined)[][] =>
  [...parameters.keys()]
    .filter((key) => key.endsWith('.Id'))
    .map((key) =>
      ['Id', 'Port', 'AvailabilityZone'].map((field) => parameters.get(key.replace(/Id$/, field))),
    );

test.each(['register', 'deregister'] as const)(
  '%s names id, port and zone, in the region of the ARN',
  async (verb) => {
    await using aws = await stubAws(({ action }) => queryReply(action, ''));
    const { traffic } = connectCloud({ endpoint: aws.endpoint, region: 'us-east-1' });

    await traffic[verb](api, [
      { targetGroup: api, id: 'i-1', port: 5060 },
      { targetGroup: api, id: '10.0.0.9', port: 80, zone: 'all' },
    ]);

    expect(aws.requests.map((request) => [request.action, request.region, targetsOf(request)])).toEqual([
      [
        verb === 'register' ? 'RegisterTargets' : 'DeregisterTargets',
        'eu-west-1',
        [
          ['i-1', '5060', undefined],
          ['10.0.0.9', '80', 'all'],
        ],
      ],
    ]);
  },
);

test('many registrations go in several calls, and nothing in none', async () => {
  await using aws = await stubAws(({ action }) => queryReply(action, ''));
  const { traffic } = connectCloud({ endpoint: aws.endpoint });
  const many = Array.from({ length: 450 }, (_, index): Registration => ({
    targetGroup: api,
    id: `i-${index}`,
    port: 80,
  }));

  await traffic.register(api, many);
  await traffic.deregister(api, []);

  expect(aws.requests.map((request) => targetsOf(request).length)).toEqual([200, 200, 50]);
  expect(aws.requests.flatMap((request) => targetsOf(request).map(([id]) => id))).toEqual(
    many.map(({ id }) => id),
  );
});
