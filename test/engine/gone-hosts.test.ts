import { describe, expect, it } from 'vitest';
import { hostId } from '../../src/model/ids.js';
import type { RunResult } from '../../src/model/run-result.js';
import { FleetStage } from '../stages/fleet-stage.js';

/** Ends the instance when this task begins, or has ended, on it. */
const endsAt = (
  stage: FleetStage,
  id: string,
  module: string,
  type: 'task.started' | 'task.ended',
  as: 'stopped' | 'terminated' = 'terminated',
): void => stage.atTask(id, module, type, () => stage.world.end(hostId(id), as));
const codes = ({ errors }: RunResult): readonly string[] => errors.map(({ code }) => code);
const settledAs = async (stage: FleetStage, id: string): Promise<readonly string[]> =>
  (await stage.journal()).flatMap((record) =>
    record.type === 'hold.settled' && record.host === id ? [record.as] : [],
  );

describe('a host that is terminated in the middle of its turn', () => {
  it.each([
    ['while its containers are replaced', 'docker_container', 'task.started'],
    ['after they were', 'docker_container', 'task.ended'],
    ['after it was drained', 'elb_target', 'task.ended'],
  ] as const)('counts as failed and needs no person: %s', async (_, module, type) => {
    const stage = new FleetStage({ rollout: { on_failure: 'restore' } });
    endsAt(stage, 'i-2', module, type);

    const result = await stage.deploy();

    expect(result).toMatchObject({ exit: 4, outcome: 'failed', named: [] });
    expect(codes(result)).toContain('fleet.host_gone');
    expect(result.errors.find(({ code }) => code === 'fleet.host_gone')).toMatchObject({
      host: 'i-2',
      message: expect.stringContaining('its registration in api-http:5060') as string,
    });
    expect(result.hosts.map(({ status }) => status)).toEqual(['deployed', 'failed', 'untouched']);
    expect(new Set(await settledAs(stage, 'i-2'))).toContain('gone');
    expect(await settledAs(stage, 'i-2')).not.toContain('named');
    expect(stage.leases.holder('test.api')).toBeUndefined();
  });

  it('is given up at once, without waiting for it to come back', async () => {
    const stage = new FleetStage();
    endsAt(stage, 'i-1', 'docker_container', 'task.started');
    const result = await stage.deploy();
    expect(result.duration).toBeLessThan(60_000);
  });

  it('is passed over where the budget allows a failed host', async () => {
    const stage = new FleetStage({
      hosts: 4,
      rollout: { serial: '50%', max_failures: 1 },
    });
    endsAt(stage, 'i-2', 'docker_container', 'task.started');
    const result = await stage.deploy();
    expect(result).toMatchObject({ exit: 4, named: [] });
    expect(result.hosts.map(({ status }) => status)).toEqual(['deployed', 'failed', 'deployed', 'deployed']);
  });

  it('that was only stopped keeps its own note of what is held: the next deploy restores it by that', async () => {
    const stage = new FleetStage();
    endsAt(stage, 'i-1', 'docker_container', 'task.ended', 'stopped');
    const result = await stage.deploy();
    expect(result).toMatchObject({ exit: 4, named: [] });
    expect(stage.host('i-1').holds.size).toBeGreaterThan(0);
  });
});

describe('a host that is still there', () => {
  it('but cannot be reached is named, as is one whose tag was taken away', async () => {
    for (const tagged of [true, false]) {
      const stage = new FleetStage({ rollout: { reconnect: '10s' } });
      stage.atTask('i-1', 'docker_container', 'task.ended', () => {
        stage.host('i-1').lose();
        stage.host('i-1').tagged = tagged;
      });
      const result = await stage.deploy();
      expect(result).toMatchObject({ exit: 5, named: [{ host: 'i-1' }] });
    }
  });

  it('for all that can be known is named: the cloud does not answer', async () => {
    const stage = new FleetStage({ rollout: { reconnect: '10s' } });
    stage.atTask('i-1', 'docker_container', 'task.started', () => {
      stage.world.end(hostId('i-1'));
      stage.world.calls.intercept = async (call, proceed) => {
        if (call.port === 'fleet') throw new Error('no answer');
        return proceed();
      };
    });
    expect(await stage.deploy()).toMatchObject({ exit: 5, named: [{ host: 'i-1' }] });
  });
});

describe('a host that went after its turn', () => {
  it('is noted, and is no failure', async () => {
    const stage = new FleetStage();
    stage.at(
      (event) => event.type === 'turn.ended' && event.host.id === 'i-3' && event.play.startsWith('Roll'),
      () => stage.world.end(hostId('i-1')),
    );
    const result = await stage.deploy();
    expect(result.exit).toBe(0);
    expect(result.warnings).toEqual([expect.stringContaining('i-1 left "api" during the run')]);
  });
});
