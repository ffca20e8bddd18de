import { describe, expect, it } from 'vitest';
import { awsError } from '../../src/errors/aws.js';
import { FleetStage } from '../stages/fleet-stage.js';

describe('a request whose answer was lost', () => {
  it('does not register a host again that the next run has drained', async () => {
    const stage = new FleetStage({ hosts: [{}], rollout: { min_healthy: 0, bake: '0s' } });
    let lost = false;
    stage.world.calls.intercept = async (call, proceed) => {
      if (call.method !== 'register' || lost) return proceed();
      lost = true;
      stage.world.clock.after(14_500, () => void proceed().catch(() => undefined), true);
      throw awsError(Object.assign(new Error('socket hang up'), { name: 'ECONNRESET', code: 'ECONNRESET' }), {
        action: 'elasticloadbalancing:RegisterTargets',
        region: 'eu-west-1',
      });
    };
    expect(await stage.deploy()).toMatchObject({ exit: 0 });
    expect(await stage.deploy({ version: 'v1' })).toMatchObject({ exit: 0 });
    await stage.later();
    expect(lost).toBe(true);
    const inService = new Set<string>();
    const touched = stage.world.timeline.entries.flatMap((entry) => {
      if (entry.type === 'target.registered') inService.add(entry.host);
      if (entry.type === 'target.deregistered') inService.delete(entry.host);
      const isTouched = entry.type === 'container.stopped' || entry.type === 'container.started';
      return isTouched && entry.at > 0 && inService.has(entry.host) ? [`${entry.host}: ${entry.type}`] : [];
    });
    expect(touched).toEqual([]);
  });
});
