import { describe, expect, it } from 'vitest';
import { awsError } from '../../src/errors/aws.js';
import { unreachable } from '../../src/errors/ssh.js';
import type { Milliseconds } from '../../src/model/duration.js';
import { patienceEnds } from '../../src/ports/clock.js';
import type { PortCall } from '../fakes/port-calls.js';
import { FleetStage } from '../stages/fleet-stage.js';

const minute = 60_000;

const ofCloud = ({ port }: PortCall): boolean => ['traffic', 'scaling', 'fleet'].includes(port);

const silentAws = ({ method }: PortCall): Error =>
  awsError(Object.assign(new Error('no answer'), { name: 'TimeoutError', code: 'ETIMEDOUT' }), {
    action: `aws:${method}`,
    region: 'eu-west-1',
  });

/** When this host is proven for the first time: gives the moment, by the world's clock. */
function whenProving(stage: FleetStage, id: string, act: () => void): () => Milliseconds {
  let at = NaN;
  stage.atTask(id, 'health', 'task.started', () => {
    at = stage.world.clock.elapsed();
    act();
  });
  return () => at;
}

describe('one loss is waited for once', () => {
  it.each(['i-1', 'i-2', 'i-3'])(
    'all hosts and AWS are gone while %s is proven: the run ends soon after one patience, and names them',
    async (id) => {
      const stage = new FleetStage({ hosts: 3 });
      let isGone = false;
      stage.world.calls.intercept = async (call, proceed) => {
        if (isGone && ofCloud(call)) throw silentAws(call);
        return proceed();
      };
      const lost = whenProving(stage, id, () => {
        isGone = true;
        for (const host of stage.hosts) host.lose();
      });

      const result = await stage.deploy();

      expect(result.exit).toBe(5);
      expect(result.named.map(({ host }) => host)).toContain(id);
      const lasted = stage.world.clock.elapsed() - lost();
      expect(lasted).toBeGreaterThan(5 * minute);
      expect(lasted).toBeLessThan(8 * minute);
    },
  );

  it('a host that is lost for good counts for the floor that it blocks from when it was lost', async () => {
    const stage = new FleetStage({ hosts: 3 });
    const lost = whenProving(stage, 'i-2', () => stage.host('i-2').lose());

    const result = await stage.deploy();

    expect(result.exit).toBe(5);
    expect(result.named.map(({ host }) => host)).toEqual(['i-1', 'i-2']);
    expect(stage.now[0]).toBe('i-1: v2 running, in service');
    const lasted = stage.world.clock.elapsed() - lost();
    expect(lasted).toBeGreaterThan(10 * minute);
    expect(lasted).toBeLessThan(11.5 * minute);
  });

  it('a host that blips after another was lost is waited for all the same', async () => {
    const stage = new FleetStage({ hosts: 3, rollout: { min_healthy: 0 } });
    const lost = whenProving(stage, 'i-2', () => stage.host('i-2').lose());
    let until: Milliseconds | undefined;
    stage.world.calls.intercept = async (call, proceed) => {
      const { clock } = stage.world;
      if (call.host !== 'i-1' || stage.told('rollback.started').length === 0) return proceed();
      until ??= clock.elapsed() + 30_000;
      if (clock.elapsed() < until) throw unreachable(stage.host('i-1').host, 'tcp', 'no answer');
      return proceed();
    };

    const result = await stage.deploy();

    expect(stage.world.clock.elapsed() - lost()).toBeGreaterThan(5 * minute);
    expect(result.named.map(({ host }) => host)).toEqual(['i-2']);
    expect(stage.now[0]).toBe('i-1: v1 running, in service');
  });

  it('says what is waited for, and until when', async () => {
    const stage = new FleetStage({ hosts: 2, rollout: { reconnect: '2m' } });
    const lost = whenProving(stage, 'i-1', () => stage.host('i-1').lose());
    const begun = stage.world.clock.now() - stage.world.clock.elapsed();

    await stage.deploy();

    const [waiting, ...others] = stage.told('blip.waiting').filter(({ host }) => host?.id === 'i-1');
    expect(waiting).toMatchObject({ source: 'connection', reason: expect.stringContaining('i-1') as string });
    expect((waiting?.until ?? 0) - begun - lost()).toBeCloseTo(2 * minute, 0);
    expect(others).toEqual([]);
  });

  it('says nothing of what is back after a moment, but for the blip', async () => {
    const stage = new FleetStage({ hosts: 2 });
    whenProving(stage, 'i-1', () => {
      stage.host('i-1').lose();
      stage.world.clock.after(2_000, () => stage.host('i-1').find(), true);
    });

    await stage.deploy();

    expect(stage.told('blip')).toHaveLength(1);
    expect(stage.told('blip.waiting')).toEqual([]);
  });
});

describe('when patience ends', () => {
  it.each([
    ['who met the loss first', 1_000, undefined, 301_000],
    ['who meets it in between', 200_000, 1_000, 301_000],
    ['who meets it at the end outlasts a blip', 290_000, 1_000, 335_000],
    ['who meets it afterwards outlasts a blip', 900_000, 1_000, 945_000],
    ['who began to wait before the loss', 1_000, 5_000, 301_000],
  ])('%s', (_who, begun, lostSince, ends) => {
    expect(patienceEnds(300_000, begun, lostSince)).toBe(ends);
  });

  it('is no longer than the patience that was set', () => {
    expect(patienceEnds(10_000, 900_000, 1_000)).toBe(910_000);
  });
});
