import { expect, test } from 'vitest';
import { AdfError } from '../../src/errors/adf-error.js';
import { awsThrottled } from '../../src/errors/aws.js';
import { region, targetGroupArn } from '../../src/model/ids.js';
import type { Registration, TargetHealth } from '../../src/model/registration.js';
import { staleAtMost } from '../../src/traffic/newest-sightings.js';
import { SharedTraffic } from '../../src/traffic/shared-traffic.js';
import { FakeClock } from '../fakes/fake-clock.js';
import { ScriptedTraffic } from './scripted-traffic.js';

const api = targetGroupArn('arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/api-http/1');
const at = (id: string): Registration => ({ targetGroup: api, id, port: 5060 });
const throttled = () =>
  awsThrottled({ action: 'elasticloadbalancing:DescribeTargetHealth', region: 'eu-west-1' });
const stateOf = (targets: readonly TargetHealth[], id: string): string | undefined =>
  targets.find((target) => target.registration.id === id)?.state;
const healthy = (id: string) => (targets: readonly TargetHealth[]) =>
  stateOf(targets, id) === 'healthy' ? id : undefined;

function setUp() {
  const clock = new FakeClock();
  const traffic = new ScriptedTraffic(clock);
  return { clock, traffic, shared: new SharedTraffic(traffic, clock, { pollInterval: 2_000 }) };
}

test('a hundred waiters share one poller, and it stops when the last one leaves', async () => {
  const { clock, traffic, shared } = setUp();
  const ids = Array.from({ length: 100 }, (_, index) => `i-${index}`);
  for (const id of ids) traffic.show(at(id), { state: 'initial' });
  const waits = ids.map((id) => shared.until(api, healthy(id), { timeout: 60_000 }));
  await clock.advance(5_000);
  for (const id of ids) traffic.show(at(id), { state: 'healthy' });

  expect(await clock.run(Promise.all(waits))).toEqual(ids);

  expect(traffic.calls.map((call) => call.at)).toEqual([0, 2_000, 4_000, 6_000]);
  await clock.advance(60_000);
  expect(traffic.calls).toHaveLength(4);
  expect(clock.sleepers).toBe(0);
});

test('a caller that begins to wait gets the result of a read that began afterwards', async () => {
  const { clock, traffic, shared } = setUp();
  traffic.latency = 500;
  traffic.show(at('i-1'), { state: 'healthy' });
  const looks: number[] = [];
  const never = shared.until(api, () => undefined, { timeout: 30_000 });
  await clock.advance(300);

  const wait = shared.until(
    api,
    (targets) => {
      looks.push(traffic.calls.at(-1)?.at ?? -1);
      return healthy('i-1')(targets);
    },
    { timeout: 30_000 },
  );
  await clock.run(wait);

  expect(looks).toEqual([500]);
  await expect(clock.run(never)).rejects.toMatchObject({ code: 'traffic.timeout' });
});

test('newcomers who come one after the other do not make the poller look more often than four times a second', async () => {
  const { clock, traffic, shared } = setUp();
  const waits: Promise<unknown>[] = [];
  for (let index = 0; index < 100; index += 1) {
    waits.push(shared.until(api, () => undefined, { timeout: 5_000 }).catch(() => undefined));
    await clock.advance(10);
  }

  expect(traffic.calls.length).toBeLessThanOrEqual(5);
  await clock.run(Promise.all(waits));
});

test('a wait ends at its timeout with one last look, and says what it saw', async () => {
  const { clock, traffic, shared } = setUp();
  traffic.show(at('i-1'), { state: 'draining', reason: 'Target.DeregistrationInProgress' });
  const wait = shared.until(api, healthy('i-1'), { timeout: 5_000, registrations: [at('i-1'), at('i-2')] });

  await expect(clock.run(wait)).rejects.toMatchObject({
    code: 'traffic.timeout',
    message:
      'Waited 5 s for a target group; last seen: i-1:5060 draining (Target.DeregistrationInProgress), i-2:5060 not registered.',
  });

  expect(traffic.calls.map((call) => call.at)).toEqual([0, 2_000, 4_000, 5_000]);
});

test('the last look at the deadline still counts', async () => {
  const { clock, traffic, shared } = setUp();
  traffic.show(at('i-1'), { state: 'initial' });
  const wait = shared.until(api, healthy('i-1'), { timeout: 5_000 });
  await clock.advance(4_500);
  traffic.show(at('i-1'), { state: 'healthy' });

  expect(await clock.run(wait)).toBe('i-1');
});

test('a last look that fails for a reason that may pass is made again', async () => {
  const { clock, traffic, shared } = setUp();
  traffic.show(at('i-1'), { state: 'initial' });
  const wait = shared.until(api, healthy('i-1'), { timeout: 5_000 });
  await clock.advance(4_500);
  traffic.show(at('i-1'), { state: 'healthy' });
  const lost = traffic.calls.length + 3;
  traffic.script = () => {
    if (traffic.calls.length <= lost) throw throttled();
  };

  expect(await clock.run(wait)).toBe('i-1');
});

test('a wait that ends otherwise makes no last look again', async () => {
  const { clock, traffic, shared } = setUp();
  traffic.script = () => {
    throw throttled();
  };
  const [stop, reason] = [new AbortController(), new Error('interrupted')];
  const wait = shared.until(api, healthy('i-1'), { timeout: 5_000, signal: stop.signal });
  await clock.advance(6_000);
  stop.abort(reason);

  await expect(wait).rejects.toBe(reason);
  const made = traffic.calls.length;
  await clock.advance(60_000);
  expect(traffic.calls.length - made).toBeLessThanOrEqual(1);
});

test('a last look that never comes back does not keep the waiter', async () => {
  const { clock, traffic, shared } = setUp();
  traffic.latency = 3_600_000;

  const wait = shared.until(api, healthy('i-1'), { timeout: 5_000 });

  await expect(clock.run(wait)).rejects.toMatchObject({ code: 'traffic.timeout' });
  expect(clock.elapsed()).toBe(15_000);
});

test('a judge that throws ends the wait at once', async () => {
  const { clock, shared } = setUp();
  const refusal = new AdfError({ code: 'traffic.impossible_state', class: 'failed', message: 'no' });

  const wait = shared.until(
    api,
    () => {
      throw refusal;
    },
    { timeout: 60_000 },
  );

  await expect(clock.run(wait)).rejects.toBe(refusal);
  expect(clock.elapsed()).toBe(0);
});

test('a signal ends the wait with its reason, and only that wait', async () => {
  const { clock, traffic, shared } = setUp();
  traffic.show(at('i-1'), { state: 'initial' });
  const [stop, reason] = [new AbortController(), new Error('interrupted')];
  const stopped = shared.until(api, healthy('i-1'), { timeout: 60_000, signal: stop.signal });
  const other = shared.until(api, healthy('i-1'), { timeout: 60_000 });
  await clock.advance(3_000);
  stop.abort(reason);

  await expect(stopped).rejects.toBe(reason);
  await expect(shared.until(api, healthy('i-1'), { timeout: 1, signal: stop.signal })).rejects.toBe(reason);
  traffic.show(at('i-1'), { state: 'healthy' });
  expect(await clock.run(other)).toBe('i-1');
});

test('throttling makes the poller slower and is no failure', async () => {
  const { clock, traffic, shared } = setUp();
  traffic.show(at('i-1'), { state: 'healthy' });
  traffic.script = () => {
    if (traffic.calls.length <= 3) throw throttled();
  };

  expect(await clock.run(shared.until(api, healthy('i-1'), { timeout: 60_000 }))).toBe('i-1');

  expect(traffic.calls.map((call) => call.at)).toEqual([0, 4_000, 12_000, 28_000]);
});

test('throttled until its timeout, a wait says so', async () => {
  const { clock, traffic, shared } = setUp();
  traffic.script = () => {
    throw throttled();
  };

  await expect(clock.run(shared.until(api, healthy('i-1'), { timeout: 60_000 }))).rejects.toMatchObject({
    code: 'traffic.timeout',
    message: expect.stringMatching(/last seen: nothing\. The last look failed: AWS throttles/) as string,
  });
});

test('an error that does not pass by itself fails all who wait', async () => {
  const { clock, traffic, shared } = setUp();
  const denied = new AdfError({ code: 'aws.access_denied', class: 'refused', message: 'no' });
  traffic.script = () => {
    throw denied;
  };
  const waits = [1, 2].map(() => shared.until(api, healthy('i-1'), { timeout: 60_000 }));

  const outcomes = await clock.run(Promise.allSettled(waits));

  expect(outcomes).toEqual([
    { status: 'rejected', reason: denied },
    { status: 'rejected', reason: denied },
  ]);
  expect(traffic.calls).toHaveLength(1);
});

test('a fresh read is shared by all who ask at the same time, and never older than the question', async () => {
  const { clock, traffic, shared } = setUp();
  traffic.latency = 100;
  const early = [shared.fresh(api), shared.health(api)];
  await clock.advance(50);
  traffic.show(at('i-1'), { state: 'healthy' });

  const late = await clock.run(shared.fresh(api));
  await Promise.all(early);

  expect(stateOf(late, 'i-1')).toBe('healthy');
  expect(traffic.calls.map((call) => call.at)).toEqual([0, 250]);
});

test('a fresh read outlasts two minutes of throttling and no more', async () => {
  const { clock, traffic, shared } = setUp();
  traffic.script = () => {
    if (traffic.calls.length <= 2) throw throttled();
  };
  expect(await clock.run(shared.fresh(api))).toEqual([]);

  traffic.script = () => {
    throw throttled();
  };
  const begun = clock.elapsed();
  await expect(clock.run(shared.fresh(api))).rejects.toMatchObject({ code: 'aws.throttled' });
  expect(clock.elapsed() - begun).toBe(120_000);
});

test('the health of a target that is not listed is that it is not registered', async () => {
  const { clock, shared } = setUp();

  expect(await clock.run(shared.healthOf(api, [at('i-9')]))).toEqual([
    { registration: at('i-9'), state: 'unused', reason: 'Target.NotRegistered' },
  ]);
});

test('hosts that ask for the description of a target group share one call', async () => {
  const { clock, traffic, shared } = setUp();
  traffic.latency = 100;

  await clock.run(
    Promise.all(Array.from({ length: 50 }, () => shared.targetGroups(region('eu-west-1'), ['api-http']))),
  );

  expect(traffic.of('targetGroups')).toHaveLength(1);
});

test('looking for target groups outlasts throttling, for all who ask at that time', async () => {
  const { clock, traffic, shared } = setUp();
  traffic.script = ({ at: time }) => {
    if (time < 5_000) throw throttled();
  };
  const ask = () => shared.targetGroups(region('eu-west-1'), ['api-http']);

  expect(await clock.run(Promise.all([ask(), ask()]))).toEqual([[], []]);
  expect(traffic.of('targetGroups').map((call) => call.at)).toEqual([0, 500, 1_500, 3_500, 7_500]);
});

test('an answer that falls behind what the run changed itself is asked for again', async () => {
  const { clock, traffic, shared } = setUp();
  traffic.show(at('i-1'), { state: 'healthy' });
  await clock.run(shared.deregister(api, [at('i-1')]));
  const looking = shared.healthOf(api, [at('i-1')]);
  await clock.advance(3_000);
  traffic.show(at('i-1'), { state: 'draining' });
  expect(await clock.run(looking)).toMatchObject([{ state: 'draining' }]);
});

test('an answer that falls behind what was seen since the change is asked for again', async () => {
  const { clock, traffic, shared } = setUp();
  await clock.run(shared.register(api, [at('i-1')]));
  traffic.show(at('i-1'), { state: 'healthy' });
  await clock.run(shared.fresh(api));
  traffic.show(at('i-1'), { state: 'initial' });
  const looking = shared.fresh(api);
  await clock.advance(3_000);
  traffic.show(at('i-1'), { state: 'healthy' });
  expect(await clock.run(looking)).toMatchObject([{ state: 'healthy' }]);
});

test('what stays behind longer than an answer can be old counts: others changed it', async () => {
  const { clock, traffic, shared } = setUp();
  traffic.show(at('i-1'), { state: 'healthy' });
  await clock.run(shared.deregister(api, [at('i-1')]));
  const asked = clock.elapsed();
  expect(await clock.run(shared.fresh(api))).toMatchObject([{ state: 'healthy' }]);
  expect(clock.elapsed() - asked).toBeGreaterThanOrEqual(staleAtMost);
  // From then on it is known.
  const again = clock.elapsed();
  await clock.run(shared.fresh(api));
  expect(clock.elapsed() - again).toBeLessThan(1_000);
});

test('an answer that may be stale about others is no reason to ask again', async () => {
  const { clock, traffic, shared } = setUp();
  traffic.show(at('i-1'), { state: 'healthy' });
  await clock.run(shared.deregister(api, [at('i-1')]));
  const asked = clock.elapsed();
  await clock.run(shared.healthOf(api, [at('i-2')]));
  expect(clock.elapsed() - asked).toBeLessThan(1_000);
});

test('a wait is not over by an answer from before the change', async () => {
  const { clock, traffic, shared } = setUp();
  traffic.show(at('i-1'), { state: 'healthy' });
  await clock.run(shared.deregister(api, [at('i-1')]));
  const wait = shared.until(api, healthy('i-1'), { timeout: 5_000, registrations: [at('i-1')] });
  await expect(clock.run(wait)).rejects.toMatchObject({ code: 'traffic.timeout' });
});
