import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { registrationKey, type TargetState } from '../../src/model/registration.js';
import { floorFor, judgeDrain, type Floor } from '../../src/plan/floor.js';
import { makeRegistration, makeTargetGroup, target } from '../stages/plan-parts.js';

const states: readonly TargetState[] = ['healthy', 'unhealthy', 'initial', 'draining', 'unavailable'];
const someTargets = fc
  .array(fc.record({ state: fc.constantFrom(...states), zone: fc.constantFrom('a', 'b') }), {
    minLength: 1,
    maxLength: 8,
  })
  .map((given) =>
    given.map(({ state, zone }, i) => ({ ...target(makeRegistration(`i-${i}`), state), zone })),
  );

const cases = someTargets.chain((targets) =>
  fc.record({
    targets: fc.constant(targets),
    out: fc.subarray(targets),
    wanted: fc.subarray(targets, { minLength: 1 }),
    minimum: fc.integer({ min: 0, max: 8 }),
    crossZone: fc.boolean(),
  }),
);
const zoneOf =
  (targets: readonly { readonly registration: { readonly id: string }; readonly zone: string }[]) =>
  (id: string): string | undefined =>
    targets.find(({ registration }) => registration.id === id)?.zone;

describe('the floor of a target group', () => {
  it.each([
    ['50%', { percent: 50 }, 4, 2],
    ['50% rounds up', { percent: 50 }, 5, 3],
    ['a hair above a whole number', { percent: 50.1 }, 4, 3],
    ['1% of a single one', { percent: 1 }, 1, 1],
    ['0%', { percent: 0 }, 5, 0],
    ['a number', { hosts: 2 }, 5, 2],
  ])('is %s of what is registered', (_, minHealthy, registered, minimum) => {
    const targets = Array.from({ length: registered }, (_one, i) => target(makeRegistration(`i-${i}`)));
    expect(floorFor(makeTargetGroup(), targets, minHealthy).minimum).toBe(minimum);
  });

  it('counts what is registered in whatever health, and nothing that drains or is gone', () => {
    const targets = (['healthy', 'unhealthy', 'initial', 'unavailable', 'draining', 'unused'] as const).map(
      (state, i) => target(makeRegistration(`i-${i}`), state),
    );
    expect(floorFor(makeTargetGroup(), targets, { percent: 100 }).minimum).toBe(4);
  });
});

describe('a drain', () => {
  it('is allowed exactly when enough healthy ones stay, and none of the zones is emptied where zones count', () => {
    fc.assert(
      fc.property(cases, ({ targets, out, wanted, minimum, crossZone }) => {
        const floor: Floor = { targetGroup: makeTargetGroup('api-http', { crossZone }), minimum };
        const outKeys = new Set(out.map(({ registration }) => registrationKey(registration)));
        const verdict = judgeDrain(
          floor,
          targets,
          outKeys,
          wanted.map(({ registration }) => registration),
          zoneOf(targets),
        );

        const serving = targets.filter((one) => one.state === 'healthy' && !out.includes(one));
        const taken = serving.filter((one) => wanted.includes(one));
        const staying = serving.filter((one) => !wanted.includes(one));
        const emptied = taken.some(({ zone }) => !staying.some((one) => one.zone === zone));
        const allowed =
          taken.length === 0 || (staying.length >= minimum && (minimum === 0 || crossZone || !emptied));
        expect(verdict.allowed).toBe(allowed);
      }),
    );
  });

  it('counts what this run took as out, though the balancer still shows it healthy', () => {
    const [one, two] = [makeRegistration('i-1'), makeRegistration('i-2')];
    const floor: Floor = { targetGroup: makeTargetGroup(), minimum: 1 };
    const out = new Set([registrationKey(one)]);
    const verdict = judgeDrain(floor, [target(one), target(two)], out, [two], () => undefined);
    expect(verdict).toEqual({ allowed: false, healthy: 1, minimum: 1 });
  });

  it('names the zone that would be left without a healthy target', () => {
    const targets = ['i-1', 'i-2', 'i-3'].map((id) => target(makeRegistration(id)));
    const floor: Floor = { targetGroup: makeTargetGroup('api-http', { crossZone: false }), minimum: 1 };
    const zone = (id: string): string => (id === 'i-3' ? 'b' : 'a');
    expect(judgeDrain(floor, targets, new Set(), [makeRegistration('i-3')], zone)).toEqual({
      allowed: false,
      healthy: 3,
      minimum: 1,
      zone: 'b',
    });
    expect(judgeDrain(floor, targets, new Set(), [makeRegistration('i-1')], zone).allowed).toBe(true);
  });

  it('is not allowed where zones count, and the zone of the target is not known', () => {
    const targets = ['i-1', 'i-2', 'i-3'].map((id) => target(makeRegistration(id)));
    const judge = (crossZone: boolean, minimum: number) =>
      judgeDrain(
        { targetGroup: makeTargetGroup('api-http', { crossZone }), minimum },
        targets,
        new Set(),
        [makeRegistration('i-3')],
        (id) => (id === 'i-3' ? undefined : 'a'),
      );
    expect(judge(false, 1)).toEqual({ allowed: false, healthy: 3, minimum: 1, zoneUnknown: true });
    expect([judge(true, 1).allowed, judge(false, 0).allowed]).toEqual([true, true]);
  });

  it('goes by the zone that a target was registered with, where its host has none', () => {
    const inZone = (id: string, zone: string) => ({ ...makeRegistration(id), zone });
    const targets = [inZone('10.0.0.1', 'all'), inZone('10.0.0.2', 'all'), inZone('10.0.0.3', 'b')].map(
      (one) => target(one),
    );
    const floor: Floor = { targetGroup: makeTargetGroup('api-http', { crossZone: false }), minimum: 1 };
    const judge = (id: string) =>
      judgeDrain(floor, targets, new Set(), [makeRegistration(id)], () => undefined);
    expect(judge('10.0.0.1').allowed).toBe(true);
    expect(judge('10.0.0.3')).toMatchObject({ allowed: false, zone: 'b' });
  });
});
