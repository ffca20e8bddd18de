import { describe, expect, it } from 'vitest';
import { awsThrottled } from '../../src/errors/aws.js';
import { leaseUnavailable } from '../../src/errors/lease.js';
import { environmentName, groupName } from '../../src/model/ids.js';
import type { LeaseRequest } from '../../src/ports/lease-store.js';
import { recoverWith } from '../../src/recovery/recover.js';
import { FleetStage, type StageOptions, deployOptions } from '../stages/fleet-stage.js';

const key = 'test.api';
const ofBob: LeaseRequest = {
  environment: environmentName('test'),
  group: groupName('api'),
  hosts: [],
  owner: { run: 'run-of-bob', who: 'bob@desk' },
  duration: 600_000,
};
const asFound = [1, 2, 3].map((id) => `i-${id}: v1 running, in service`);

/** The first registration was taken: the run waits until it is drained. */
function onceDraining(stage: FleetStage, act: () => void): void {
  let done = false;
  stage.world.calls.intercept = async (call, proceed) => {
    const result = await proceed();
    if (call.method === 'deregister' && !done) {
      done = true;
      act();
    }
    return result;
  };
}

const drains = (stage: FleetStage): boolean =>
  stage.mutations.some((call) => call.startsWith('traffic deregister'));

/** A fleet whose drains take five minutes: the lease is lost meanwhile. */
const stageOfSlowDrains = () => new FleetStage({ targetGroup: { deregistrationDelay: 300_000 } });

describe('a run whose lease is lost while a host is out', () => {
  it('takes it anew when no other run has it, and restores, and begins no other host', async () => {
    const stage = stageOfSlowDrains();
    onceDraining(stage, () => stage.leases.lapse(key));
    const result = await stage.deploy();
    expect(result).toMatchObject({ exit: 4, named: [], mixed: false });
    expect(result.errors.map(({ code }) => code)).toContain('lease.lost');
    expect(await stage.later()).toEqual(asFound);
    expect(stage.mutations).toEqual(
      expect.arrayContaining(['traffic deregister api-http i-1:5060', 'traffic register api-http i-1:5060']),
    );
    expect(new Set(stage.told('hold.opened').map(({ host }) => host.id))).toEqual(new Set(['i-1']));
    expect(stage.leases.holder(key)).toBeUndefined();
  });

  it('does not wait for what it waited for: the next renewal is soon enough', async () => {
    const stage = stageOfSlowDrains();
    onceDraining(stage, () => stage.leases.lapse(key));
    await stage.deploy();
    expect(stage.world.clock.elapsed()).toBeLessThan(60_000);
  });

  it('changes nothing more when another run has it, and names what it holds', async () => {
    const stage = stageOfSlowDrains();
    onceDraining(stage, () => {
      stage.leases.lapse(key);
      void stage.leases.acquire(ofBob);
    });
    const result = await stage.deploy();
    expect(result).toMatchObject({
      exit: 5,
      named: [{ host: 'i-1', held: ['its registration in api-http:5060'] }],
    });
    expect(result.named[0]?.reason).toContain('bob@desk');
    expect(stage.mutations.filter((call) => call.includes(' register '))).toEqual([]);
    expect(stage.host('i-1').holds.size).toBe(1);
    expect(stage.leases.holder(key)?.owner.who).toBe('bob@desk');
  });

  it('changes nothing more when another run had it meanwhile, though it has let go', async () => {
    const stage = stageOfSlowDrains();
    onceDraining(stage, () => {
      stage.leases.lapse(key);
      void stage.leases.acquire(ofBob).then((lease) => lease.release());
    });
    const result = await stage.deploy();
    expect(result).toMatchObject({ exit: 5, named: [{ host: 'i-1' }] });
    expect(result.named[0]?.reason).toContain('another run had it meanwhile');
    expect(stage.mutations.filter((call) => call.includes(' register '))).toEqual([]);
    expect(stage.leases.holder(key)).toBeUndefined();
  });

  it.each([
    ['a healthy host', { states: ['healthy'] }],
    ['a host that was unhealthy', { states: ['unhealthy'] }],
    ['a worker without a target group', { groupVars: { target_groups: 'none' } }],
  ] satisfies readonly (readonly [string, StageOptions])[])(
    'does not name %s that another run has put back',
    async (_, options) => {
      const stage = new FleetStage({ ...options, rollout: { on_failure: 'stop' } });
      let isStopped = false;
      stage.world.calls.intercept = async (call, proceed) => {
        const result = await proceed();
        if (call.method !== 'stop' || isStopped) return result;
        isStopped = true;
        stage.leases.lapse(key);
        await recoverWith(await stage.elsewhere(), { ...deployOptions, groups: [key.slice(5)] }, stage.hooks);
        return result;
      };
      const result = await stage.deploy();
      expect(await stage.later()).toEqual(asFound);
      expect(result.errors.map(({ code }) => code)).toContain('lease.lost');
      expect(result).toMatchObject({ exit: 4, named: [] });
    },
  );

  it('names no host that another run puts back while it is looked at', async () => {
    const stage = new FleetStage({ rollout: { on_failure: 'stop' } });
    let next: 'stop' | 'health' | undefined = 'stop';
    stage.at(
      ({ type }) => type === 'play.ended' && next === undefined,
      () => (next = 'health'),
    );
    stage.world.calls.intercept = async (call, proceed) => {
      const result = await proceed();
      if (call.method !== next) return result;
      next = undefined;
      if (call.method === 'stop') {
        stage.leases.lapse(key);
        await (await stage.leases.acquire(ofBob)).release();
      } else {
        await recoverWith(await stage.elsewhere(), { ...deployOptions, groups: [key.slice(5)] }, stage.hooks);
      }
      return result;
    };
    const result = await stage.deploy();
    expect(await stage.later()).toEqual(asFound);
    expect(result).toMatchObject({ exit: 4, named: [] });
  });

  it('waits for its hosts to come back, and restores then', async () => {
    const stage = stageOfSlowDrains();
    let out = true;
    stage.world.calls.intercept = (call, proceed) => {
      const refused = call.port === 'lease' && call.method !== 'release' && out && drains(stage);
      return refused ? Promise.reject(leaseUnavailable(ofBob, 0, 2, [])) : proceed();
    };
    stage.world.clock.after(110_000, () => (out = false), true);
    const result = await stage.deploy();
    expect(result).toMatchObject({ exit: 4, named: [] });
    expect(await stage.later()).toEqual(asFound);
  });

  it('tells of it as an error when its time was up between the hold and the drain', async () => {
    const stage = stageOfSlowDrains();
    const { calls, clock } = stage.world;
    let hangs = false;
    calls.intercept = async (call, proceed) => {
      if (call.method === 'renew' && hangs) await clock.sleep(130_000);
      if (call.method === 'tags' && stage.host('i-2').holds.size > 0 && !hangs) {
        hangs = true;
        await clock.sleep(120_000);
      }
      return proceed();
    };
    const result = await stage.deploy();
    expect(result).toMatchObject({ outcome: 'failed', exit: 4, named: [] });
    expect(result.errors.map(({ code }) => code)).toContain('interlock.lease_over');
    expect(result.hosts).toContainEqual(expect.objectContaining({ host: 'i-2', status: 'restored' }));
  });

  it('gives up after two durations of the lease, and names what it holds', async () => {
    const stage = stageOfSlowDrains();
    stage.world.calls.intercept = (call, proceed) =>
      call.port === 'lease' && call.method !== 'release' && drains(stage)
        ? Promise.reject(leaseUnavailable(ofBob, 0, 2, []))
        : proceed();
    const result = await stage.deploy();
    expect(result).toMatchObject({ exit: 5, named: [{ host: 'i-1' }] });
    expect(stage.world.clock.elapsed()).toBeLessThan(200_000);
    expect(stage.mutations.filter((call) => call.includes(' register '))).toEqual([]);
  });
});

describe('a run that met a newer epoch on a host', () => {
  it('changes neither that host nor any other, though its own lease seems alive', async () => {
    const stage = new FleetStage();
    stage.atTask('i-1', 'docker_container', 'task.started', () => {
      stage.host('i-1').fences.set(key, { epoch: 9, run: 'run-of-bob' });
      void stage.leases.seize(ofBob).then(() => stage.leases.acquire(ofBob));
    });
    const result = await stage.deploy();
    expect(result).toMatchObject({ exit: 5, named: [{ host: 'i-1' }] });
    expect(result.errors.map(({ code }) => code)).toContain('lease.fenced');
    const [last] = stage.mutations.slice(-1);
    expect(last).toBe('traffic deregister api-http i-1:5060');
    expect(stage.host('i-1').named('api')?.running).toBe(true);
  });

  it('runs no command there, nor writes a file', async () => {
    const stage = new FleetStage({
      playbook: `
- hosts: '{{ group }}'
  tasks:
    - copy: { content: hello, dest: /etc/motd }
      ignore_errors: true
    - command: reboot
`,
    });
    for (const { fences } of stage.hosts) fences.set(key, { epoch: 9, run: 'run-of-bob' });
    const result = await stage.deploy();
    expect(result.errors.map(({ code }) => code)).toContain('lease.fenced');
    expect(stage.transport.commands).toEqual([]);
    expect(stage.hosts.flatMap(({ host }) => stage.hostFiles.on(host).done)).toEqual([]);
  });
});

describe('a run that has released its lease', () => {
  it('sends nothing any more, though a request of it is still waiting to be tried again', async () => {
    const stage = new FleetStage();
    let registered = 0;
    const without: string[] = [];
    stage.world.calls.intercept = async (call, proceed) => {
      if (call.method === 'register') registered += 1;
      if (call.method !== 'untag' || registered < 3) return proceed();
      if (stage.leases.holder(key) === undefined) without.push(call.about);
      throw awsThrottled({ action: 'elasticloadbalancing:RemoveTags', region: 'eu-west-1' });
    };
    expect(await stage.deploy()).toMatchObject({ exit: 0 });
    await stage.world.clock.advance(120_000);
    expect(without).toEqual([]);
  });
});
