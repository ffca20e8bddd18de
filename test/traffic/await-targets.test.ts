import { expect, test } from 'vitest';
import { targetGroupArn } from '../../src/model/ids.js';
import type { Registration, TargetHealth, TargetState } from '../../src/model/registration.js';
import { awaitDrained, awaitInService } from '../../src/traffic/await-targets.js';
import { SharedTraffic } from '../../src/traffic/shared-traffic.js';
import { FakeClock } from '../fakes/fake-clock.js';
import { ScriptedTraffic } from './scripted-traffic.js';

const api = targetGroupArn('arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/api-http/1');
const admin = targetGroupArn('arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/admin/2');
const one: Registration = { targetGroup: api, id: 'i-1', port: 5060 };
const two: Registration = { targetGroup: admin, id: 'i-1', port: 5061 };

function setUp() {
  const clock = new FakeClock();
  const traffic = new ScriptedTraffic(clock);
  return { clock, traffic, shared: new SharedTraffic(traffic, clock) };
}

/** Shows the states one after the other, three seconds each. */
function playback(
  { clock, traffic }: ReturnType<typeof setUp>,
  registration: Registration,
  states: readonly (Omit<TargetHealth, 'registration'> | undefined)[],
): void {
  states.forEach((state, index) => {
    if (index === 0) traffic.show(registration, state);
    else clock.after(index * 3_000, () => traffic.show(registration, state), true);
  });
}

test('drained means gone from every target group, however long it shows draining', async () => {
  const world = setUp();
  playback(world, one, [{ state: 'healthy' }, { state: 'draining' }, { state: 'draining' }, undefined]);
  playback(world, two, [{ state: 'healthy' }, { state: 'draining' }, undefined]);
  const told: string[] = [];

  const drained = await world.clock.run(
    awaitDrained(world.shared, [one, two], { timeout: 60_000, onProgress: (states) => told.push(states) }),
  );

  expect(drained.map(({ state, reason }) => [state, reason])).toEqual([
    ['unused', 'Target.NotRegistered'],
    ['unused', 'Target.NotRegistered'],
  ]);
  expect(told).toContain('api-http: i-1:5060 draining; admin: i-1:5061 draining');
  expect(new Set(told).size).toBe(told.length);
});

test('a drain that takes too long names the target, its state and the setting', async () => {
  const { clock, traffic, shared } = setUp();
  traffic.show(one, { state: 'draining', reason: 'Target.DeregistrationInProgress' });

  await expect(clock.run(awaitDrained(shared, [one], { timeout: 330_000 }))).rejects.toMatchObject({
    code: 'traffic.timeout',
    message:
      'Waited 5 m 30 s for a target of api-http to be drained; last seen: i-1:5060 draining (Target.DeregistrationInProgress).',
    hint: expect.stringContaining('deregistration delay') as string,
  });
});

test('waiting for service outlasts initial, unhealthy, draining, absent and a balancer that is unsure', async () => {
  const world = setUp();
  playback(world, one, [
    { state: 'draining' },
    undefined,
    { state: 'initial', reason: 'Elb.RegistrationInProgress' },
    { state: 'unhealthy', reason: 'Target.FailedHealthChecks' },
    { state: 'unavailable', reason: 'Elb.InternalError' },
    { state: 'unhealthy.draining' },
    { state: 'healthy' },
  ]);

  const targets = await world.clock.run(awaitInService(world.shared, [one], { timeout: 60_000 }));

  expect(targets).toEqual([{ registration: one, state: 'healthy' }]);
});

test.each<[TargetState, string, RegExp]>([
  ['unused', 'Target.NotInUse', /no load balancer sends traffic/],
  ['unused', 'Target.InvalidState', /stopped or terminated/],
  ['unused', 'Target.IpUnusable', /uses this IP address itself/],
  ['unused', 'Target.SomethingNew', /does not use it/],
  ['unavailable', 'Target.HealthCheckDisabled', /health checks disabled/],
])('%s by %s fails at once, with the reason', async (state, reason, why) => {
  const { clock, traffic, shared } = setUp();
  traffic.show(one, { state, reason });

  await expect(clock.run(awaitInService(shared, [one], { timeout: 600_000 }))).rejects.toMatchObject({
    code: 'traffic.impossible_state',
    message: expect.stringMatching(why) as string,
  });

  expect(clock.elapsed()).toBe(0);
});

test('a target that stays unhealthy is named with the reason of the balancer', async () => {
  const { clock, traffic, shared } = setUp();
  const description = 'Health checks failed with these codes: [503]';
  traffic.show(one, { state: 'unhealthy', reason: 'Target.ResponseCodeMismatch', description });

  await expect(clock.run(awaitInService(shared, [one], { timeout: 20_000 }))).rejects.toMatchObject({
    code: 'traffic.timeout',
    message: `Waited 20 s for a target of api-http to be healthy; last seen: i-1:5060 unhealthy (Target.ResponseCodeMismatch: ${description}).`,
  });
});

test('when one target group fails, the other is not waited for any more', async () => {
  const { clock, traffic, shared } = setUp();
  traffic.show(one, { state: 'unused', reason: 'Target.NotInUse' });
  traffic.show(two, { state: 'initial' });

  await expect(clock.run(awaitInService(shared, [one, two], { timeout: 60_000 }))).rejects.toMatchObject({
    code: 'traffic.impossible_state',
  });

  await clock.advance(0);
  expect(clock.sleepers).toBe(0);
});

test('a signal ends the wait in all target groups', async () => {
  const { clock, traffic, shared } = setUp();
  traffic.show(one, { state: 'initial' });
  traffic.show(two, { state: 'initial' });
  const [stop, reason] = [new AbortController(), new Error('interrupted')];
  const wait = awaitInService(shared, [one, two], { timeout: 60_000, signal: stop.signal });
  clock.after(5_000, () => stop.abort(reason));

  await expect(clock.run(wait)).rejects.toBe(reason);

  await clock.advance(0);
  expect(clock.sleepers).toBe(0);
});

test('many targets are told as numbers', async () => {
  const { clock, traffic, shared } = setUp();
  const many = Array.from({ length: 40 }, (_, index) => ({ targetGroup: api, id: `i-${index}`, port: 80 }));
  many.forEach((registration, index) =>
    traffic.show(registration, { state: index < 30 ? 'healthy' : 'initial' }),
  );
  const told: string[] = [];

  const wait = awaitInService(shared, many, { timeout: 1_000, onProgress: (states) => told.push(states) });
  await expect(clock.run(wait)).rejects.toMatchObject({ code: 'traffic.timeout' });

  expect(told).toEqual(['10 initial, 30 healthy']);
});

test('nothing to wait for is done', async () => {
  const { shared, traffic } = setUp();

  expect(await awaitDrained(shared, [], { timeout: 1 })).toEqual([]);
  expect(traffic.calls).toEqual([]);
});
