import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { DescribeInstancesCommand, EC2Client, paginateDescribeInstances } from '@aws-sdk/client-ec2';
import {
  DeregisterTargetsCommand,
  DescribeLoadBalancerAttributesCommand,
  DescribeLoadBalancersCommand,
  DescribeTargetGroupAttributesCommand,
  DescribeTargetGroupsCommand,
  DescribeTargetHealthCommand,
  ElasticLoadBalancingV2Client,
  paginateDescribeTargetGroups,
  RegisterTargetsCommand,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import { AssumeRoleCommand, GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  labAccount,
  labRegion,
  startCloudServices,
  type CloudServices,
} from '../../src/lab/cloud-services.js';
import { until } from '../stages/until.js';

const delay = 600;
const instance = (number: number, tags: Record<string, string>) => ({
  id: `i-${number}`,
  privateIp: `10.0.0.${number}`,
  zone: `${labRegion}a`,
  tags,
});

let cloud: CloudServices;
let app: Server;
let healthy: boolean;
let clientConfig: {
  endpoint: string;
  region: string;
  credentials: { accessKeyId: string; secretAccessKey: string };
  maxAttempts: number;
};

beforeEach(async () => {
  healthy = true;
  app = createServer((_request, response) => response.writeHead(healthy ? 200 : 503).end());
  await new Promise<void>((resolve) => app.listen(0, '127.0.0.1', resolve));
  const { port } = app.address() as AddressInfo;
  cloud = await startCloudServices({
    instances: [
      instance(1, { Name: 'one', DeployGroup: 'api' }),
      instance(2, { Name: 'two', DeployGroup: 'api*' }),
      instance(3, { Name: 'three', DeployGroup: 'worker' }),
    ],
    targetGroups: [
      {
        name: 'api-http',
        port: 5060,
        deregistrationDelay: delay,
        healthCheck: { interval: 30, healthyThreshold: 5, unhealthyThreshold: 2, timeout: 1_000 },
      },
    ],
    resolve: () => ({ address: '127.0.0.1', port }),
  });
  clientConfig = {
    endpoint: cloud.endpoint,
    region: labRegion,
    credentials: { accessKeyId: 'AKIALAB', secretAccessKey: 'lab' },
    maxAttempts: 1,
  };
});

afterEach(async () => {
  await cloud.stop();
  app.close();
});

describe('EC2, as the SDK speaks it', () => {
  const listed = async (client: EC2Client, filters: Record<string, string[]>) => {
    const { Reservations = [] } = await client.send(
      new DescribeInstancesCommand({
        Filters: Object.entries(filters).map(([Name, Values]) => ({ Name, Values })),
      }),
    );
    return Reservations.flatMap(({ Instances = [] }) => Instances.map(({ InstanceId }) => InstanceId));
  };

  it('filters with AND across names, OR within values, wildcards, and escaped wildcards as plain text', async () => {
    const client = new EC2Client(clientConfig);

    expect(await listed(client, {})).toEqual(['i-1', 'i-2', 'i-3']);
    expect(await listed(client, { 'tag:DeployGroup': ['api', 'worker'] })).toEqual(['i-1', 'i-3']);
    expect(await listed(client, { 'tag:DeployGroup': ['api*'] })).toEqual(['i-1', 'i-2']);
    expect(await listed(client, { 'tag:DeployGroup': ['api\\*'] })).toEqual(['i-2']);
    expect(await listed(client, { 'tag:DeployGroup': ['ap?'] })).toEqual(['i-1']);
    expect(await listed(client, { 'tag:DeployGroup': ['ap\\?'] })).toEqual([]);
    expect(await listed(client, { 'tag:DeployGroup': ['*'], 'tag:Name': ['t*'] })).toEqual(['i-2', 'i-3']);
    expect(await listed(client, { 'tag-key': ['Nowhere'] })).toEqual([]);
  });

  it('tells all that an inventory needs of an instance', async () => {
    cloud.aws.setTag('i-1', 'Owner', '<&"\'>');

    const { Reservations = [] } = await new EC2Client(clientConfig).send(
      new DescribeInstancesCommand({ InstanceIds: ['i-1'] }),
    );

    expect(Reservations[0]?.OwnerId).toBe(labAccount);
    expect(Reservations[0]?.Instances?.[0]).toMatchObject({
      InstanceId: 'i-1',
      PrivateIpAddress: '10.0.0.1',
      State: { Name: 'running', Code: 16 },
      Placement: { AvailabilityZone: `${labRegion}a` },
    });
    expect(Reservations[0]?.Instances?.[0]?.LaunchTime).toBeInstanceOf(Date);
    expect(Reservations[0]?.Instances?.[0]?.Tags).toContainEqual({ Key: 'Owner', Value: '<&"\'>' });
  });

  it('gives pages, and all pages together are everything once', async () => {
    cloud.aws.setPageSize(2);
    const seen: (string | undefined)[] = [];
    let pages = 0;

    for await (const page of paginateDescribeInstances({ client: new EC2Client(clientConfig) }, {})) {
      pages += 1;
      seen.push(...(page.Reservations ?? []).flatMap((r) => (r.Instances ?? []).map((i) => i.InstanceId)));
    }

    expect(pages).toBe(2);
    expect(seen).toEqual(['i-1', 'i-2', 'i-3']);
  });

  it('keeps terminated instances in its list, without addresses', async () => {
    cloud.aws.setInstanceState('i-3', 'terminated');
    const client = new EC2Client(clientConfig);

    const { Reservations = [] } = await client.send(new DescribeInstancesCommand({ InstanceIds: ['i-3'] }));

    expect(Reservations[0]?.Instances?.[0]?.State?.Name).toBe('terminated');
    expect(Reservations[0]?.Instances?.[0]?.PrivateIpAddress).toBeUndefined();
    expect(await listed(client, { 'instance-state-name': ['running'] })).toEqual(['i-1', 'i-2']);
  });

  it("refuses unknown ids and filters by AWS's names for that, and has nothing in other regions", async () => {
    const client = new EC2Client(clientConfig);

    await expect(client.send(new DescribeInstancesCommand({ InstanceIds: ['i-9'] }))).rejects.toMatchObject({
      name: 'InvalidInstanceID.NotFound',
    });
    await expect(listed(client, { 'tag-colour': ['red'] })).rejects.toMatchObject({
      name: 'InvalidParameterValue',
    });
    expect(await listed(new EC2Client({ ...clientConfig, region: 'eu-west-1' }), {})).toEqual([]);
  });
});

describe('STS, as the SDK speaks it', () => {
  it('tells whose the credentials are, also of an assumed role and of a wrong account', async () => {
    const client = new STSClient(clientConfig);

    expect((await client.send(new GetCallerIdentityCommand({}))).Account).toBe(labAccount);

    const { Credentials } = await client.send(
      new AssumeRoleCommand({ RoleArn: 'arn:aws:iam::123456789012:role/deployer', RoleSessionName: 'run' }),
    );
    const assumed = new STSClient({
      ...clientConfig,
      credentials: {
        accessKeyId: Credentials!.AccessKeyId!,
        secretAccessKey: Credentials!.SecretAccessKey!,
        sessionToken: Credentials!.SessionToken!,
      },
    });
    expect(await assumed.send(new GetCallerIdentityCommand({}))).toMatchObject({
      Account: '123456789012',
      Arn: 'arn:aws:sts::123456789012:assumed-role/deployer/run',
    });

    cloud.aws.setAccount('999999999999');
    expect((await client.send(new GetCallerIdentityCommand({}))).Account).toBe('999999999999');
  });
});

describe('ELBv2, as the SDK speaks it', () => {
  let client: ElasticLoadBalancingV2Client;
  let arn: string;

  beforeEach(async () => {
    client = new ElasticLoadBalancingV2Client(clientConfig);
    const { TargetGroups } = await client.send(new DescribeTargetGroupsCommand({ Names: ['api-http'] }));
    arn = TargetGroups![0]!.TargetGroupArn!;
  });

  const state = async (id: string, port?: number) => {
    const target = port === undefined ? { Id: id } : { Id: id, Port: port };
    const { TargetHealthDescriptions } = await client.send(
      new DescribeTargetHealthCommand({ TargetGroupArn: arn, Targets: [target] }),
    );
    const { State, Reason } = TargetHealthDescriptions![0]!.TargetHealth!;
    return Reason === undefined ? State : `${State} ${Reason}`;
  };
  const everyone = async () => {
    const { TargetHealthDescriptions = [] } = await client.send(
      new DescribeTargetHealthCommand({ TargetGroupArn: arn }),
    );
    return TargetHealthDescriptions.map(({ Target }) => `${Target!.Id}:${Target!.Port}`);
  };
  const register = (id: string, port?: number) =>
    client.send(
      new RegisterTargetsCommand({
        TargetGroupArn: arn,
        Targets: [port === undefined ? { Id: id } : { Id: id, Port: port }],
      }),
    );
  const deregister = (id: string, port?: number) =>
    client.send(
      new DeregisterTargetsCommand({
        TargetGroupArn: arn,
        Targets: [port === undefined ? { Id: id } : { Id: id, Port: port }],
      }),
    );

  it('describes groups, balancers and their attributes', async () => {
    const { TargetGroups } = await client.send(new DescribeTargetGroupsCommand({ TargetGroupArns: [arn] }));
    const { LoadBalancers } = await client.send(new DescribeLoadBalancersCommand({}));
    const groupAttributes = await client.send(
      new DescribeTargetGroupAttributesCommand({ TargetGroupArn: arn }),
    );
    const balancerAttributes = await client.send(
      new DescribeLoadBalancerAttributesCommand({ LoadBalancerArn: LoadBalancers![0]!.LoadBalancerArn! }),
    );

    expect(TargetGroups![0]).toMatchObject({ Port: 5060, TargetType: 'instance', Protocol: 'HTTP' });
    expect(TargetGroups![0]!.LoadBalancerArns).toEqual([LoadBalancers![0]!.LoadBalancerArn]);
    expect(groupAttributes.Attributes).toContainEqual({
      Key: 'deregistration_delay.timeout_seconds',
      Value: '1',
    });
    expect(balancerAttributes.Attributes).toContainEqual({
      Key: 'load_balancing.cross_zone.enabled',
      Value: 'true',
    });
    await expect(client.send(new DescribeTargetGroupsCommand({ Names: ['web'] }))).rejects.toMatchObject({
      name: 'TargetGroupNotFoundException',
    });
  });

  it('gives target groups in pages', async () => {
    for (const name of ['a', 'b', 'c']) cloud.aws.addTargetGroup({ name, port: 80 });
    cloud.aws.setPageSize(2);
    const names: (string | undefined)[] = [];

    for await (const page of paginateDescribeTargetGroups({ client }, {})) {
      names.push(...(page.TargetGroups ?? []).map(({ TargetGroupName }) => TargetGroupName));
    }

    expect(names).toEqual(['api-http', 'a', 'b', 'c']);
  });

  it('makes a new target healthy after one passing check, whatever the threshold', async () => {
    let checks = 0;
    // Only the first check is ever answered.
    app.removeAllListeners('request').on('request', (_request, response: ServerResponse) => {
      checks += 1;
      if (checks === 1) response.end();
    });
    cloud.aws.register('api-http', 'i-1');
    const [first] = cloud.aws.registrations('api-http');

    await until(async () => (await state('i-1')) === 'healthy');

    expect(first).toMatchObject({ state: 'initial', reason: 'Elb.RegistrationInProgress' });
  });

  it('counts failures and passes to the thresholds once a target was healthy', async () => {
    await register('i-1');
    await until(async () => (await state('i-1')) === 'healthy');

    healthy = false;
    await until(async () => (await state('i-1')) === 'unhealthy Target.ResponseCodeMismatch');
    healthy = true;
    const recovering = performance.now();
    await until(async () => (await state('i-1')) === 'healthy');

    expect(performance.now() - recovering).toBeGreaterThan(3 * 30);
  });

  it('shows an idle target as draining until the delay ends, then as not registered and in no list', async () => {
    await register('i-1');
    await until(async () => (await state('i-1')) === 'healthy');
    const began = performance.now();

    await deregister('i-1');
    const during = await state('i-1');
    const listedDuring = await everyone();
    await until(async () => (await state('i-1')) === 'unused Target.NotRegistered');

    expect(during).toBe('draining Target.DeregistrationInProgress');
    expect(listedDuring).toEqual(['i-1:5060']);
    expect(performance.now() - began).toBeGreaterThan(delay - 20);
    expect(await everyone()).toEqual([]);
  });

  it('brings a draining target back when it is registered again, for longer than the old delay', async () => {
    await register('i-1');
    await deregister('i-1');
    const drained = performance.now();

    await register('i-1');
    await until(() => performance.now() - drained > delay + 100);

    expect(await state('i-1')).toBe('healthy');
  });

  it('does nothing, and says nothing, when a target on another port is deregistered without its port', async () => {
    await register('i-1', 8080);

    await deregister('i-1');
    expect(await state('i-1', 8080)).not.toMatch('draining');
    await deregister('i-1', 8080);

    expect(await state('i-1', 8080)).toMatch('draining');
  });

  it('keeps the ports of one instance apart, and lets absent targets be deregistered', async () => {
    await register('i-1');
    await register('i-1', 8080);

    await deregister('i-1', 5060);
    await deregister('i-3');

    expect(await state('i-1')).toMatch('draining');
    await until(async () => (await state('i-1', 8080)) === 'healthy');
  });

  it('registers running instances only', async () => {
    cloud.aws.setInstanceState('i-2', 'stopped');

    await expect(register('i-2')).rejects.toMatchObject({ name: 'InvalidTargetException' });
    await expect(register('i-9')).rejects.toMatchObject({ name: 'InvalidTargetException' });
    expect(await everyone()).toEqual([]);
  });

  it('tells targets of a group without a balancer from those that are not registered', async () => {
    arn = cloud.aws.addTargetGroup({ name: 'idle', port: 80 });
    await register('i-1');

    expect(await state('i-1')).toBe('unused Target.NotInUse');
    expect(await state('i-2')).toBe('unused Target.NotRegistered');
  });
});

describe('disturbances on demand', () => {
  it("throttles with each service's own error, and does nothing then", async () => {
    const elb = new ElasticLoadBalancingV2Client(clientConfig);
    const { TargetGroups } = await elb.send(new DescribeTargetGroupsCommand({}));
    const TargetGroupArn = TargetGroups![0]!.TargetGroupArn!;
    cloud.aws.throttle({ actions: ['DescribeInstances', 'RegisterTargets'], count: 2 });

    await expect(new EC2Client(clientConfig).send(new DescribeInstancesCommand({}))).rejects.toMatchObject({
      name: 'RequestLimitExceeded',
    });
    await expect(
      elb.send(new RegisterTargetsCommand({ TargetGroupArn, Targets: [{ Id: 'i-1' }] })),
    ).rejects.toMatchObject({ name: 'Throttling' });

    expect(cloud.aws.registrations('api-http')).toEqual([]);
    await elb.send(new RegisterTargetsCommand({ TargetGroupArn, Targets: [{ Id: 'i-1' }] }));
    expect(cloud.aws.registrations('api-http')).toHaveLength(1);
    expect(cloud.aws.calls('RegisterTargets')).toBe(2);
  });

  it('limits the rate, and an SDK that retries gets through', async () => {
    cloud.aws.limitRate(2, 20);
    const client = new EC2Client({ ...clientConfig, maxAttempts: 10 });

    await Promise.all(Array.from({ length: 5 }, () => client.send(new DescribeInstancesCommand({}))));

    expect(cloud.aws.calls('DescribeInstances')).toBeGreaterThan(5);
  });

  it('loses replies after the work is done', async () => {
    const elb = new ElasticLoadBalancingV2Client(clientConfig);
    const { TargetGroups } = await elb.send(new DescribeTargetGroupsCommand({}));
    cloud.aws.loseReplies({ actions: ['RegisterTargets'], count: 1 });

    await expect(
      elb.send(
        new RegisterTargetsCommand({
          TargetGroupArn: TargetGroups![0]!.TargetGroupArn!,
          Targets: [{ Id: 'i-1' }],
        }),
      ),
    ).rejects.toThrow();

    expect(cloud.aws.registrations('api-http').map(({ id }) => id)).toEqual(['i-1']);
  });

  it('takes its time', async () => {
    cloud.aws.setLatency(150);
    const began = performance.now();

    await new STSClient(clientConfig).send(new GetCallerIdentityCommand({}));

    expect(performance.now() - began).toBeGreaterThan(140);
  });
});
