import fc from 'fast-check';
import { expect, test } from 'vitest';
import { breadth } from '../deep.js';
import { AdfError } from '../../src/errors/adf-error.js';
import { awsError, awsThrottled } from '../../src/errors/aws.js';
import { targetGroupArn } from '../../src/model/ids.js';
import type { Registration } from '../../src/model/registration.js';
import { SharedTraffic } from '../../src/traffic/shared-traffic.js';
import { FakeClock } from '../fakes/fake-clock.js';
import { ScriptedTraffic } from './scripted-traffic.js';

const api = targetGroupArn('arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/api-http/1');
const admin = targetGroupArn('arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/admin/2');
const at = (id: string, targetGroup = api): Registration => ({ targetGroup, id, port: 5060 });
const throttled = () => awsThrottled({ action: 'elasticloadbalancing:RegisterTargets', region: 'eu-west-1' });

function setUp() {
  const clock = new FakeClock();
  const traffic = new ScriptedTraffic(clock);
  return { clock, traffic, shared: new SharedTraffic(traffic, clock) };
}

test('mutations of one target group that come within 250 ms share one call', async () => {
  const { clock, traffic, shared } = setUp();
  const first = shared.register(api, [at('i-1')]);
  await clock.advance(200);

  await clock.run(Promise.all([first, shared.register(api, [at('i-2'), at('i-1')])]));

  expect(traffic.calls).toEqual([{ at: 250, what: 'register', targetGroup: api, ids: ['i-1', 'i-2'] }]);
});

test('a mutation that comes later waits until a second has passed since the last one began', async () => {
  const { clock, traffic, shared } = setUp();
  await clock.run(shared.register(api, [at('i-1')]));

  await clock.run(shared.register(api, [at('i-2')]));

  expect(traffic.calls.map((call) => call.at)).toEqual([250, 1_250]);
});

test('target groups do not wait for one another', async () => {
  const { clock, traffic, shared } = setUp();

  await clock.run(
    Promise.all([shared.register(api, [at('i-1')]), shared.register(admin, [at('i-1', admin)])]),
  );

  expect(traffic.calls.map((call) => call.at)).toEqual([250, 250]);
});

test('nothing to register is no call', async () => {
  const { traffic, shared } = setUp();

  await shared.register(api, []);

  expect(traffic.calls).toEqual([]);
});

test('more registrations than one call may carry go in several calls, a second apart', async () => {
  const { clock, traffic, shared } = setUp();
  const all = Array.from({ length: 450 }, (_, index) => shared.register(api, [at(`i-${index}`)]));

  await clock.run(Promise.all(all));

  expect(traffic.calls.map((call) => [call.at, call.ids.length])).toEqual([
    [250, 200],
    [1_250, 200],
    [2_250, 50],
  ]);
});

test('whatever is asked when, each registration ends as asked last, and no two calls begin within a second', async () => {
  const request = fc.record({
    wait: fc.integer({ min: 0, max: 700 }),
    action: fc.constantFrom('register' as const, 'deregister' as const),
    ids: fc.uniqueArray(fc.constantFrom('i-1', 'i-2', 'i-3', 'i-4'), { minLength: 1 }),
  });
  await fc.assert(
    fc.asyncProperty(
      fc.array(request, { minLength: 1, maxLength: 25 }),
      fc.array(fc.integer({ min: 0, max: 40 }), { maxLength: 8 }),
      fc.integer({ min: 0, max: 1_500 }),
      async (requests, failing, latency) => {
        const { clock, traffic, shared } = setUp();
        traffic.latency = latency;
        const applied = new Map<string, string[]>();
        traffic.script = ({ what, ids }) => {
          for (const id of ids) applied.set(id, [...(applied.get(id) ?? []), what]);
          // A lost reply: it had its effect, and is made again.
          if (failing.includes(traffic.calls.length)) throw throttled();
        };
        const asked = new Map<string, string[]>();
        const outcomes: Promise<void>[] = [];
        for (const { wait, action, ids } of requests) {
          await clock.advance(wait);
          for (const id of ids) asked.set(id, [...(asked.get(id) ?? []), action]);
          outcomes.push(
            shared[action](
              api,
              ids.map((id) => at(id)),
            ),
          );
        }

        await clock.run(Promise.all(outcomes));

        for (const [id, actions] of asked)
          expect(distinctRuns(applied.get(id) ?? [])).toEqual(distinctRuns(actions));
        const begins = traffic.calls.map((call) => call.at);
        for (const [index, begin] of begins.entries()) {
          if (index > 0) expect(begin - (begins[index - 1] ?? 0)).toBeGreaterThanOrEqual(1_000);
        }
      },
    ),
    { numRuns: breadth(25, 200) },
  );
});

/** register, register, deregister: the same history as register, deregister. */
const distinctRuns = (actions: readonly string[]): readonly string[] =>
  actions.filter((action, index) => action !== actions[index - 1]);

test('one bad target among many fails its own caller only, and is found in few calls', async () => {
  const { clock, traffic, shared } = setUp();
  const refused = new AdfError({ code: 'aws.invalid_target', class: 'refused', message: 'i-37 is stopped' });
  traffic.script = ({ ids }) => {
    if (ids.includes('i-37')) throw refused;
  };
  const ids = Array.from({ length: 64 }, (_, index) => `i-${index}`);

  const outcomes = await clock.run(Promise.allSettled(ids.map((id) => shared.register(api, [at(id)]))));

  expect(ids.filter((_, index) => outcomes[index]?.status === 'rejected')).toEqual(['i-37']);
  expect(traffic.calls.length).toBeLessThanOrEqual(13);
});

test('the search for a bad target keeps the order of what was asked since', async () => {
  const { clock, traffic, shared } = setUp();
  const refused = new AdfError({ code: 'aws.invalid_target', class: 'refused', message: 'i-bad is stopped' });
  traffic.script = ({ ids, what }) => {
    if (what === 'register' && ids.includes('i-bad')) throw refused;
  };
  const first = Promise.allSettled(['i-1', 'i-bad'].map((id) => shared.register(api, [at(id)])));
  await clock.advance(300);

  await clock.run(Promise.all([first, shared.deregister(api, [at('i-1')])]));

  expect(traffic.calls.map(({ what, ids }) => [what, ...ids])).toEqual([
    ['register', 'i-1', 'i-bad'],
    ['register', 'i-1'],
    ['register', 'i-bad'],
    ['deregister', 'i-1'],
  ]);
});

test('throttling delays a mutation and does not fail it', async () => {
  const { clock, traffic, shared } = setUp();
  traffic.script = () => {
    if (traffic.calls.length <= 4) throw throttled();
  };

  await clock.run(shared.deregister(api, [at('i-1')]));

  expect(traffic.calls.map((call) => call.at)).toEqual([250, 1_250, 2_250, 4_250, 8_250]);
});

test('after two minutes of throttling the caller is told', async () => {
  const { clock, traffic, shared } = setUp();
  traffic.script = () => {
    throw throttled();
  };
  const outcome = shared.deregister(api, [at('i-1')]);

  await expect(clock.run(outcome)).rejects.toMatchObject({ code: 'aws.throttled' });

  expect(clock.elapsed()).toBeGreaterThan(120_000);
  expect(clock.elapsed()).toBeLessThan(130_000);
});

/** The call may have had its effect, and may still have it. */
const lostReply = () =>
  awsError(Object.assign(new Error('socket hang up'), { name: 'ECONNRESET', code: 'ECONNRESET' }), {
    action: 'elasticloadbalancing:DeregisterTargets',
    region: 'eu-west-1',
  });

test('a call whose reply was lost is over before the opposite one of that registration goes out', async () => {
  const { clock, traffic, shared } = setUp();
  let lost = false;
  traffic.script = ({ what }) => {
    if (what !== 'deregister' || lost) return;
    lost = true;
    throw lostReply();
  };

  await clock.run(shared.deregister(api, [at('i-1')]));
  const back = shared.register(api, [at('i-1')]);
  await clock.run(shared.register(api, [at('i-2')]));
  await clock.run(back);

  const [first] = traffic.calls;
  expect(traffic.calls.map(({ what, ids }) => `${what} ${ids.join()}`)).toEqual([
    'deregister i-1',
    'deregister i-1',
    'register i-2',
    'register i-1',
  ]);
  // As long as a call may be late, and no longer; what is about other registrations did not wait.
  expect((traffic.calls[3]?.at ?? 0) - (first?.at ?? 0)).toBe(15_000);
  expect((traffic.calls[2]?.at ?? 0) - (first?.at ?? 0)).toBeLessThan(5_000);
});

test('so is one of a request that comes while the queue waits for another', async () => {
  const { clock, traffic, shared } = setUp();
  traffic.script = () => {
    if (traffic.calls.length === 1) throw lostReply();
  };

  await clock.run(shared.deregister(api, [at('i-1')]));
  const other = shared.register(api, [at('i-2')]);
  await clock.advance(100);
  await clock.run(Promise.all([other, shared.register(api, [at('i-1')])]));

  const [lost, , ...registered] = traffic.calls;
  expect(registered.map(({ ids }) => ids)).toEqual([['i-2'], ['i-1']]);
  expect((registered[1]?.at ?? 0) - (lost?.at ?? 0)).toBe(15_000);
});

test('whatever is asked when, no call goes out while the opposite one of a registration of it may still take effect', async () => {
  const request = fc.record({
    wait: fc.constantFrom(0, 100, 300, 900, 2_500),
    action: fc.constantFrom('register' as const, 'deregister' as const),
    ids: fc.uniqueArray(fc.constantFrom('i-1', 'i-2', 'i-3', 'i-4'), { minLength: 1, maxLength: 2 }),
  });
  await fc.assert(
    fc.asyncProperty(
      fc.array(request, { minLength: 1, maxLength: 12 }),
      fc.array(fc.integer({ min: 1, max: 8 }), { minLength: 1, maxLength: 4 }),
      async (requests, losing) => {
        const { clock, traffic, shared } = setUp();
        const lost = new Set<object>();
        traffic.script = (call) => {
          if (!losing.includes(traffic.calls.length)) return;
          lost.add(call);
          throw lostReply();
        };
        const outcomes: Promise<void>[] = [];
        for (const { wait, action, ids } of requests) {
          await clock.advance(wait);
          outcomes.push(
            shared[action](
              api,
              ids.map((id) => at(id)),
            ),
          );
        }

        await clock.run(Promise.all(outcomes));

        for (const [index, call] of traffic.calls.entries()) {
          const mayStillCome = traffic.calls
            .slice(0, index)
            .filter((one) => lost.has(one) && one.what !== call.what && call.at - one.at < 15_000)
            .flatMap(({ ids }) => ids);
          expect(call.ids.filter((id) => mayStillCome.includes(id))).toEqual([]);
        }
      },
    ),
    { numRuns: breadth(50, 1_000) },
  );
});

test('a throttled call did nothing, so the opposite one need not wait', async () => {
  const { clock, traffic, shared } = setUp();
  traffic.script = () => {
    if (traffic.calls.length === 1) throw throttled();
  };

  await clock.run(shared.deregister(api, [at('i-1')]));
  await clock.run(shared.register(api, [at('i-1')]));

  expect(traffic.calls.at(-1)).toMatchObject({ what: 'register' });
  expect(traffic.calls.at(-1)?.at).toBeLessThan(5_000);
});
