import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { environmentName, groupName, region, targetGroupArn } from '../../src/model/ids.js';
import type { Listener, ListenerRule } from '../../src/model/listener.js';
import { maintenanceIn, maintenanceKey, maintenanceTag } from '../../src/model/maintenance.js';
import type { TargetGroup } from '../../src/model/registration.js';
import { planMaintenance } from '../../src/plan/maintenance.js';

const arnOf = (name: string) =>
  targetGroupArn(`arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/${name}/1`);
const [api, web] = [arnOf('api-http'), arnOf('web-http')];
const of = { environment: environmentName('prod'), group: groupName('api') };
const ours = [{ arn: api, name: 'api-http' } as TargetGroup];

const rule = (
  priority: number | undefined,
  targetGroups: readonly (typeof api)[],
  tags: Readonly<Record<string, string>> = {},
): ListenerRule => ({
  arn: `arn:aws:elasticloadbalancing:eu-west-1:123456789012:listener-rule/app/lb/1/2/${priority ?? 'default'}`,
  ...(priority === undefined ? {} : { priority }),
  conditions: priority === undefined ? [] : [{ Field: 'path-pattern', Values: [`/${priority}`] }],
  targetGroups,
  tags: new Map(Object.entries(tags)),
});

const listener = (rules: readonly ListenerRule[], protocol = 'HTTPS'): Listener => ({
  arn: 'arn:aws:elasticloadbalancing:eu-west-1:123456789012:listener/app/lb/1/2',
  region: region('eu-west-1'),
  loadBalancer: 'lb',
  protocol,
  port: 443,
  rules,
});

const plan = (rules: readonly ListenerRule[], allowed = [api], protocol?: string) =>
  planMaintenance(of, ours, [listener(rules, protocol)], new Set(allowed));

describe('the rules of a maintenance', () => {
  it('stand in front of exactly the rules that forward to the group, and no rule of others is between', () => {
    const priorities = fc.uniqueArray(fc.integer({ min: 2, max: 400 }), { maxLength: 20 });
    fc.assert(
      fc.property(priorities, fc.array(fc.boolean(), { minLength: 21, maxLength: 21 }), (taken, isOurs) => {
        // There is room in front of each.
        const rules = [...taken.map((one) => one * 2), undefined].map((priority, index) =>
          rule(priority, [isOurs[index] === true ? api : web]),
        );
        const forwarding = rules.filter(({ targetGroups }) => targetGroups.includes(api));
        if (forwarding.length === 0) {
          expect(() => plan(rules)).toThrow('No rule of a listener forwards to api-http');
          return;
        }
        const { missing } = plan(rules);
        expect(missing.map(({ covers }) => covers)).toEqual(forwarding);
        for (const { priority, covers } of missing) {
          const between = rules.filter(
            (one) =>
              one !== covers &&
              (one.priority ?? Infinity) >= priority &&
              (one.priority ?? Infinity) <= (covers.priority ?? Infinity),
          );
          expect(between).toEqual([]);
        }
      }),
    );
  });

  it('are not made again', () => {
    const key = maintenanceKey(of);
    const rules = [rule(9, [], { [key]: '10' }), rule(10, [api]), rule(20, [api]), rule(undefined, [web])];

    const { there, missing } = plan(rules);

    expect(there.map(({ rule: { priority } }) => priority)).toEqual([9]);
    expect(missing.map(({ priority }) => priority)).toEqual([19]);
  });

  it.each([
    [
      'there is no number in front of a rule',
      [rule(1, [api])],
      /^Rule 1 of lb:443 has no free number .* it comes first/,
    ],
    ['another rule has it', [rule(9, [web]), rule(10, [api])], /another rule has 9/],
    [
      'the last number is taken',
      [rule(50_000, [web]), rule(undefined, [api])],
      /The default rule of lb:443 .* another rule has 50000/,
    ],
    [
      'a rule forwards to others, too',
      [rule(10, [api, web])],
      /^Rule 10 of lb:443 also forwards to web-http/,
    ],
  ])('are refused where %s', (_, rules, message) => {
    expect(() => plan(rules)).toThrow(message);
  });

  it('cover a rule of several groups that go into maintenance together, one in front of the other', () => {
    const ofWeb = { [maintenanceKey({ ...of, group: groupName('web') })]: '10' };
    const priorities = (...rules: readonly ListenerRule[]) =>
      plan(rules, [api, web]).missing.map(({ priority }) => priority);

    expect(priorities(rule(10, [api, web]))).toEqual([9]);
    expect(priorities(rule(9, [], ofWeb), rule(10, [api, web]))).toEqual([8]);
    expect(priorities(rule(50_000, [], ofWeb), rule(undefined, [api, web]))).toEqual([49_999]);
    expect(() => priorities(rule(1, [], ofWeb), rule(2, [api, web]))).toThrow('it comes first');
  });

  it('are made for each listener by itself, also where rules of two have the same id', () => {
    const key = maintenanceKey(of);
    const first = listener([rule(50_000, [], { [key]: 'default' }), rule(undefined, [api])]);
    const second = { ...listener([rule(undefined, [api])]), arn: `${first.arn}0`, port: 8443 };

    const { missing } = planMaintenance(of, ours, [first, second], new Set([api]));

    expect(missing.map((one) => one.listener.port)).toEqual([8443]);
  });

  it('are refused on a listener that has no pages', () => {
    expect(() => plan([rule(undefined, [api])], [api], 'TCP')).toThrow(
      /The default rule of lb:443 speaks TCP/,
    );
  });
});

it('the tag of a maintenance keeps who, since when and why, in the letters that AWS allows', () => {
  const since = Date.parse('2026-11-21T03:15:00Z');
  const tag = maintenanceTag(of, { since, who: 'anna m@laptop', reason: "the disk's full; see OPS-1 <x>" });

  expect(tag.value).toMatch(/^[\p{L}\p{N}+\-=._:/@ ]{1,256}$/u);
  expect(maintenanceIn([{ key: 'other', value: 'x' }, tag], of)).toEqual({
    since,
    who: 'anna_m@laptop',
    reason: 'the disk s full  see OPS-1  x',
  });
  expect(maintenanceIn([{ ...tag, value: 'nonsense' }], of)).toBeUndefined();
});
