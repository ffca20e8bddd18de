import { describe, expect, it } from 'vitest';
import { awsError } from '../../src/errors/aws.js';
import { FleetStage } from '../stages/fleet-stage.js';

const expired = (): Error =>
  awsError(
    Object.assign(new Error('The security token included in the request is expired'), {
      name: 'ExpiredToken',
    }),
    {
      action: 'elasticloadbalancing:DeregisterTargets',
      region: 'eu-west-1',
    },
  );

/** From the moment the second host is rolled, AWS calls the credentials expired; for good without a duration. Gives how to end that. */
const expireAt = (stage: FleetStage, duration?: number): (() => void) => {
  let over = true;
  stage.world.calls.intercept = async (call, proceed) => {
    if (!over && (call.port === 'traffic' || call.port === 'fleet')) throw expired();
    return proceed();
  };
  stage.atTask('i-2', 'elb_target', 'task.started', () => {
    over = false;
    if (duration !== undefined) stage.world.clock.after(duration, () => void (over = true), true);
  });
  return () => void (over = true);
};

describe('credentials that expire in the middle of a run', () => {
  it('and are renewed after five seconds slow it down only', async () => {
    const stage = new FleetStage();
    expireAt(stage, 5_000);
    expect(await stage.deploy()).toMatchObject({ exit: 0, outcome: 'converged', errors: [] });
    expect((await stage.later()).every((line) => line.endsWith('v2 running, in service'))).toBe(true);
  });

  it('for good end it with every host restored or named; a deploy with new ones brings all back', async () => {
    const stage = new FleetStage();
    const renew = expireAt(stage);

    const result = await stage.deploy();

    expect([4, 5]).toContain(result.exit);
    expect(result.errors.map(({ code }) => code)).toContain('aws.expired_credentials');
    const named = new Set(result.named.map(({ name }) => name));
    for (const line of await stage.later()) {
      if (!named.has(line.slice(0, 3))) expect(line).toMatch(/running, in service$/);
    }
    // Nobody's container was stopped without the balancer's word that its host is drained.
    expect(stage.mutations.filter((call) => /^i-[23] stop/.test(call))).toEqual([]);

    renew();
    expect((await stage.deploy()).exit).toBe(0);
    expect((await stage.later()).every((line) => line.endsWith('v2 running, in service'))).toBe(true);
  });
});
