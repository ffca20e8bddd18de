import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { IncomingMessage } from 'node:http';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { loadedBy } from '../stages/loaded-by.js';
import { Lane, type Ended } from '../stages/lane.js';

let lane: Lane;
beforeAll(async () => {
  lane = await Lane.open();
  await lane.given('v1');
});
afterAll(() => lane.close());

/** All four hosts of the lab. */
const fleet = ['--group', 'api', '--env', 'lab'];

/** What one run asked for, each with how often. */
interface Asked {
  readonly ended: Ended;
  readonly logins: readonly number[];
  readonly engines: Readonly<Record<string, number>>;
  readonly registry: Readonly<Record<string, number>>;
  readonly aws: Readonly<Record<string, number>>;
}

const awsActions = [
  'GetCallerIdentity',
  'DescribeInstances',
  'DescribeTargetGroups',
  'DescribeTargetGroupAttributes',
  'DescribeTargetHealth',
  'DescribeTags',
  'DescribeAutoScalingInstances',
  'DescribeAutoScalingGroups',
];

/** The lab is in this process, so Node tells of every request that its servers take. */
async function askedBy(...words: readonly string[]): Promise<Asked> {
  const toEngines: IncomingMessage[] = [];
  const toRegistry: IncomingMessage[] = [];
  const { aws, hosts, registryAddress } = lane.lab;
  const note = (message: unknown): void => {
    const { request } = message as { readonly request: IncomingMessage };
    if (request.headers.host === registryAddress) toRegistry.push(request);
    // Engines are spoken to through channels of SSH, which have no address.
    else if (request.socket.localAddress === undefined) toEngines.push(request);
  };
  aws.forgetCalls();
  const loginsBefore = hosts.map(({ logins }) => logins);
  subscribe('http.server.request.start', note);
  const ended = await lane.run(words);
  unsubscribe('http.server.request.start', note);
  const calls = awsActions
    .map((action) => [action, aws.calls(action)] as const)
    .filter(([, count]) => count > 0);
  expect(calls.reduce((sum, [, count]) => sum + count, 0)).toBe(aws.calls());
  return {
    ended,
    logins: hosts.map(({ logins }, index) => logins - (loginsBefore[index] ?? 0)),
    engines: counted(toEngines),
    registry: counted(toRegistry),
    aws: Object.fromEntries(calls),
  };
}

/** By method and path, without the version of the API, the query, and which container or digest it is about. */
function counted(requests: readonly IncomingMessage[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const { method = '', url = '' } of requests) {
    const [path = ''] = url.replace(/^\/v\d\.\d+\//, '/').split('?');
    const what = `${method} ${path.replace(/(sha256:)?[0-9a-f]{64}/, 'ID')}`;
    counts[what] = (counts[what] ?? 0) + 1;
  }
  return counts;
}

const awsOfOneHost = {
  GetCallerIdentity: 1,
  DescribeInstances: 1,
  DescribeTargetGroups: 1,
  DescribeTargetGroupAttributes: 1,
  DescribeTargetHealth: 1,
  // Whether the group is in maintenance.
  DescribeTags: 1,
};

it('status of one host looks at its target group once', async () => {
  const { ended, logins, aws } = await askedBy('status', ...fleet, '--limit', 'api-1');

  expect(ended).toMatchObject({ exit: 0 });
  expect(aws).toEqual(awsOfOneHost);
  // The notes of holds are asked for on all hosts of the group.
  expect(logins).toEqual([1, 1, 1, 1]);
});

it('status asks for nothing twice', async () => {
  const { ended, ...asked } = await askedBy('status', ...fleet);

  expect(ended).toMatchObject({ exit: 0 });
  expect(asked).toEqual({
    logins: [1, 1, 1, 1],
    engines: {
      'GET /version': 4,
      'GET /info': 4,
      'GET /containers/json': 4,
      'GET /containers/ID/json': 4,
      // Those that keep the notes of holds.
      'GET /volumes': 4,
    },
    registry: { 'HEAD /v2/shop/api/manifests/v1': 1, 'GET /v2/shop/api/manifests/ID': 1 },
    aws: {
      ...awsOfOneHost,
      // Hosts that are connected to at different moments share no look at the target group.
      DescribeTargetHealth: expect.toSatisfy((count: number) => count >= 1 && count <= 4) as number,
    },
  });
});

it('exec asks for the hosts, and nothing of Engines, registries and load balancers', async () => {
  const { ended, ...asked } = await askedBy('exec', ...fleet, '--', 'true');

  expect(ended).toMatchObject({ exit: 0 });
  expect(asked).toEqual({
    logins: [1, 1, 1, 1],
    engines: {},
    registry: {},
    aws: { GetCallerIdentity: 1, DescribeInstances: 1 },
  });
});

const ec2 = ['@aws-sdk/client-ec2', '@aws-sdk/client-sts'];

it.each([
  ['exec', ['--', 'true'], ec2],
  ['status', [], [...ec2, '@aws-sdk/client-elastic-load-balancing-v2']],
])(
  "%s loads the clients of the services that it asks, and not Node's fetch, whose parser takes 15 MB",
  async (command, words, clients) => {
    const { lab, environment } = lane;
    const loaded = [
      ...(await loadedBy([command, ...fleet, ...words], { cwd: lab.project, env: environment })),
    ];

    expect(loaded).toContain('ssh2');
    expect(loaded.filter((name) => name.startsWith('@aws-sdk/client-')).sort()).toEqual([...clients].sort());
    expect(loaded).toContain('node:http');
    expect(loaded.filter((name) => /undici|docker-?(ode|modem)/.test(name))).toEqual([]);
  },
);
