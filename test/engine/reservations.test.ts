import { describe, expect, it } from 'vitest';
import { Reservations } from '../../src/engine/interlocks/reservations.js';
import { SharedTraffic } from '../../src/traffic/shared-traffic.js';
import { FakeTraffic } from '../fakes/fake-traffic.js';
import { World } from '../fakes/world/world.js';

/** A target group with so many hosts, and what one run has reserved there. */
function stageOf(count: number) {
  const world = new World();
  const group = world.addTargetGroup('api-http');
  const registrations = Array.from({ length: count }, (_, index) => {
    const host = world.addHost(`i-${String(index).padStart(17, '0')}`);
    return world.registered(group, host, 5060);
  });
  const warnings: string[] = [];
  const reservations = new Reservations({
    traffic: new SharedTraffic(new FakeTraffic(world), world.clock),
    clock: world.clock,
    run: '20261121T031500Z-d4eb6bf3',
    lifetime: 60_000,
    warn: (message) => warnings.push(message),
  });
  return { world, group, registrations, reservations, warnings };
}

describe('what a run has reserved of a target group', () => {
  it('is the same object for a group each time it is asked for', () => {
    const { reservations } = stageOf(1);
    const api = reservations.of('test/api');
    expect(reservations.of('test/api')).toBe(api);
    expect(reservations.of('test/web')).not.toBe(api);
  });

  it('takes no more tags than a target group has room for, and says once that others do not see all', async () => {
    const { world, group, registrations, reservations, warnings } = stageOf(300);
    const api = reservations.of('test/api');
    api.take(registrations);
    await world.clock.run(api.exchange(group.settings.arn));
    await world.clock.run(api.exchange(group.settings.arn));
    expect(group.tags.size).toBe(20);
    expect(warnings).toEqual([expect.stringContaining('runs of other groups do not see all of them')]);
    api.giveBack(registrations);
    await world.clock.run(api.exchange(group.settings.arn));
    expect(group.tags.size).toBe(0);
  });

  it('is written no more once the run has ended: nothing stays on the target group', async () => {
    const { world, group, registrations, reservations } = stageOf(2);
    const api = reservations.of('test/api');
    api.take(registrations);
    await world.clock.run(api.exchange(group.settings.arn));
    expect(group.tags.size).toBe(1);
    await world.clock.run(reservations.end());
    api.takeBack(registrations);
    api.giveBack(registrations.slice(0, 1));
    await world.clock.advance(120_000);
    expect(group.tags.size).toBe(0);
  });
});
