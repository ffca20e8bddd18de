import { describe, expect, it } from 'vitest';
import { awsError } from '../../src/errors/aws.js';
import { dockerUnreachable } from '../../src/errors/docker.js';
import { leaseUnavailable } from '../../src/errors/lease.js';
import { environmentName, groupName } from '../../src/model/ids.js';
import { connectionLost, unreachable } from '../../src/errors/ssh.js';
import type { Milliseconds } from '../../src/model/duration.js';
import type { PortCall } from '../fakes/port-calls.js';
import { FleetStage, type StageOptions } from '../stages/fleet-stage.js';

const allDeployed = ['i-1: v2 running, in service', 'i-2: v2 running, in service'];

const stageOf = (options: StageOptions = {}): FleetStage => new FleetStage({ hosts: 2, ...options });

/** From the first call like this on, and for so long, calls like `hits` fail. */
function failFor(
  stage: FleetStage,
  begins: (call: PortCall) => boolean,
  lasts: Milliseconds,
  failure: (call: PortCall) => Error | undefined,
): void {
  const { clock, calls } = stage.world;
  let until: Milliseconds | undefined;
  calls.intercept = async (call, proceed) => {
    if (until === undefined && begins(call)) until = clock.elapsed() + lasts;
    const thrown = until !== undefined && clock.elapsed() < until ? failure(call) : undefined;
    if (thrown !== undefined) throw thrown;
    return proceed();
  };
}

const onHost =
  (id: string, method: string) =>
  (call: PortCall): boolean =>
    call.actor === id && call.method === method;

describe('a blip is not a failure', () => {
  it('a connection is reset during a health probe, and back after two seconds', async () => {
    const stage = stageOf();
    const { host } = stage.host('i-1');
    failFor(stage, onHost('i-1', 'request'), 2_000, ({ actor }) =>
      actor === 'i-1' ? connectionLost(host, 'read ECONNRESET') : undefined,
    );
    const result = await stage.deploy();
    expect(result).toMatchObject({ exit: 0, errors: [], blips: 1 });
    expect(stage.now).toEqual(allDeployed);
    expect(stage.told('blip')).toMatchObject([{ host: { id: 'i-1' }, source: 'connection' }]);
  });

  it('a host stands still for 20 s while it drains', async () => {
    const stage = stageOf();
    const { host } = stage.host('i-1');
    failFor(stage, onHost('i-1', 'admit'), 20_000, ({ actor }) =>
      actor === 'i-1' ? unreachable(host, 'banner', 'no answer within 15 s') : undefined,
    );
    const result = await stage.deploy();
    expect(result).toMatchObject({ exit: 0, errors: [], blips: 1 });
    expect(stage.now).toEqual(allDeployed);
  });

  it('a Docker Engine restarts while the image is pulled', async () => {
    const stage = stageOf();
    const { host } = stage.host('i-1');
    failFor(stage, onHost('i-1', 'pull'), 25_000, ({ actor, port }) =>
      actor === 'i-1' && port === 'runtime'
        ? dockerUnreachable(host, 'Cannot connect to the Docker daemon')
        : undefined,
    );
    const result = await stage.deploy();
    expect(result).toMatchObject({ exit: 0, errors: [], blips: 1 });
    expect(stage.now).toEqual(allDeployed);
  });

  it('a connection is cut during preflight', async () => {
    const stage = stageOf();
    const { host } = stage.host('i-1');
    failFor(stage, onHost('i-1', 'info'), 5_000, ({ actor }) =>
      actor === 'i-1' ? connectionLost(host, 'read ECONNRESET') : undefined,
    );
    const result = await stage.deploy();
    expect(result).toMatchObject({ exit: 0, errors: [], blips: 1 });
    expect(stage.now).toEqual(allDeployed);
  });

  it('the last listing of the hosts is throttled for 16 s', async () => {
    const stage = stageOf();
    let lists = 0;
    failFor(
      stage,
      ({ method }) => method === 'instances' && (lists += 1) > 1,
      16_000,
      ({ method }) =>
        method === 'instances'
          ? awsError(Object.assign(new Error('Rate exceeded'), { name: 'Throttling' }), {
              action: 'ec2:DescribeInstances',
              region: 'eu-west-1',
            })
          : undefined,
    );
    const result = await stage.deploy();
    expect(result).toMatchObject({ exit: 0, errors: [], blips: 1 });
    expect(stage.now).toEqual(allDeployed);
  });
});

/** The name of AWS in the region has no entry in DNS at this moment. */
const unresolved = (code: string): Error =>
  awsError(
    Object.assign(new Error(`getaddrinfo ${code} ec2.eu-west-1.amazonaws.com`), {
      code,
      hostname: 'ec2.eu-west-1.amazonaws.com',
    }),
    { action: 'ec2:DescribeInstances', region: 'eu-west-1' },
  );
const ofCloud = ({ port }: PortCall): boolean => port === 'fleet' || port === 'traffic';

describe.each(['ENOTFOUND', 'EAI_AGAIN'])('the name of AWS is not resolved: %s', (code) => {
  it('for 10 s before the first change', async () => {
    const stage = stageOf();
    failFor(stage, ofCloud, 10_000, (call) => (ofCloud(call) ? unresolved(code) : undefined));
    const result = await stage.deploy();
    expect(result).toMatchObject({ exit: 0, errors: [], blips: 1 });
    expect(stage.now).toEqual(allDeployed);
    expect(stage.told('blip')).toMatchObject([{ source: 'cloud' }]);
  });

  it('for a minute while a host is drained', async () => {
    const stage = stageOf();
    const drains = ({ method }: PortCall): boolean => method === 'deregister';
    failFor(stage, drains, 60_000, (call) => (ofCloud(call) ? unresolved(code) : undefined));
    const result = await stage.deploy();
    expect(result).toMatchObject({ exit: 0, errors: [], blips: 1 });
    expect(stage.now).toEqual(allDeployed);
  });

  it('ever, as in a region that does not exist: refused after one connection timeout, with the name', async () => {
    const stage = stageOf();
    failFor(stage, ofCloud, Infinity, (call) => (ofCloud(call) ? unresolved(code) : undefined));
    await expect(stage.deploy()).rejects.toMatchObject({
      class: 'refused',
      message: expect.stringContaining('ec2.eu-west-1.amazonaws.com cannot be resolved') as string,
      hint: expect.stringContaining('spelled correctly') as string,
    });
    expect(stage.world.clock.elapsed()).toBeGreaterThanOrEqual(15_000);
    expect(stage.world.clock.elapsed()).toBeLessThan(20_000);
    expect(stage.mutations).toEqual([]);
  });
});

const ofGroup = { environment: environmentName('prod'), group: groupName('api'), hosts: [] };

describe('what is longer than a blip is a failure', () => {
  it('before the first change the run is refused after one connection timeout', async () => {
    const stage = stageOf();
    const { host } = stage.host('i-1');
    failFor(stage, onHost('i-1', 'connect'), 60_000, ({ actor }) =>
      actor === 'i-1' ? unreachable(host, 'tcp', 'connection refused') : undefined,
    );
    await expect(stage.deploy()).rejects.toMatchObject({ class: 'refused' });
    expect(stage.world.clock.elapsed()).toBeGreaterThanOrEqual(15_000);
    expect(stage.world.clock.elapsed()).toBeLessThan(20_000);
    expect(stage.mutations).toEqual([]);
  });

  it('a host that stays away longer than `reconnect` fails its turn, and is named when it held something', async () => {
    const stage = stageOf({ rollout: { reconnect: '1m' } });
    stage.atTask('i-1', 'health', 'task.started', () => stage.host('i-1').lose());
    const result = await stage.deploy();
    expect(result).toMatchObject({ exit: 5, named: [{ host: 'i-1' }] });
    expect(result.blips).toBe(0);
  });

  it('a run that is cut off from its hosts, its lease and AWS for good comes to its end', async () => {
    const stage = stageOf();
    const silent = (call: PortCall): Error | undefined => {
      if (ofCloud(call)) return unresolved('ENOTFOUND');
      if (call.port === 'lease' && call.method === 'renew')
        return leaseUnavailable(ofGroup, 0, 2, ['i-1: no answer in time.']);
      return call.host && unreachable(stage.host(call.host).host, 'tcp', 'connection refused');
    };
    failFor(stage, onHost('i-1', 'stop'), Infinity, silent);
    const result = await stage.deploy();
    expect(result).toMatchObject({ exit: 5, named: [{ host: 'i-1' }] });
    expect(stage.world.clock.elapsed()).toBeLessThan(3_600_000);
  });

  it('a host that blips more often than `max_blips` fails with that reason', async () => {
    const stage = stageOf({ rollout: { max_blips: 3 } });
    const { host } = stage.host('i-1');
    let probes = 0;
    stage.world.calls.intercept = async (call, proceed) => {
      // Every second probe is lost: each is a blip of its own.
      const isProbe = call.actor === 'i-1' && call.method === 'request';
      if (!isProbe || stage.told('restore.started').length > 0 || (probes += 1) % 2 === 0) return proceed();
      throw connectionLost(host, 'read ECONNRESET');
    };
    const result = await stage.deploy();
    expect(result.exit).toBe(4);
    expect(result.errors[0]?.code).toBe('blip.too_many');
    expect(await stage.later()).toEqual(['i-1: v1 running, in service', 'i-2: v1 running, in service']);
  });
});
