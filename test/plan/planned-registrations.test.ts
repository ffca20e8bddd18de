import { describe, expect, it } from 'vitest';
import { plannedRegistrations } from '../../src/plan/planned-registrations.js';
import { makeHost } from '../fakes/make-host.js';
import { gone, makeRegistration, makeTargetGroup, target } from '../stages/plan-parts.js';

const host = makeHost('i-1', { targetIds: ['i-1', '10.0.0.1'] });
const group = makeTargetGroup();
const ports = (registrations: readonly { readonly id: string; readonly port: number }[]): readonly string[] =>
  registrations.map(({ id, port }) => `${id}:${port}`);

describe('a host belongs', () => {
  it('where it is registered, on each of its ports, draining or not', () => {
    const targets = [
      target(makeRegistration('i-1')),
      target(makeRegistration('i-1', 'api-http', 5061), 'draining'),
      target(makeRegistration('i-2', 'api-http', 7000)),
    ];
    expect(ports(plannedRegistrations(host, group, targets, []))).toEqual(['i-1:5060', 'i-1:5061']);
  });

  it('where it was held from, though the balancer knows it no more', () => {
    const held = [makeRegistration('i-1', 'api-http', 5062), makeRegistration('i-1', 'other', 1)];
    expect(ports(plannedRegistrations(host, group, [], held))).toEqual(['i-1:5062']);
  });

  it('where its peers are when it is new, each port once', () => {
    const targets = [
      target(makeRegistration('i-2', 'api-http', 5061)),
      target(makeRegistration('i-2', 'api-http', 5060)),
      target(makeRegistration('i-3', 'api-http', 5060)),
      gone(makeRegistration('i-4', 'api-http', 9999)),
    ];
    expect(ports(plannedRegistrations(host, group, targets, []))).toEqual(['i-1:5060', 'i-1:5061']);
  });

  it("on the group's own port when it is the first there", () => {
    expect(ports(plannedRegistrations(host, group, [], []))).toEqual(['i-1:80']);
  });

  it('by its address in a group of IP targets', () => {
    expect(ports(plannedRegistrations(host, makeTargetGroup('x', { targetType: 'ip' }), [], []))).toEqual([
      '10.0.0.1:80',
    ]);
  });

  it.each(['lambda', 'alb'] as const)('nowhere in a group of %s targets', (targetType) => {
    expect(plannedRegistrations(host, makeTargetGroup('x', { targetType }), [], [])).toEqual([]);
  });

  it('nowhere in a group of instances when it has no instance id', () => {
    const byHand = makeHost('web-1', { targetIds: ['10.0.0.1'] });
    expect(plannedRegistrations(byHand, group, [], [])).toEqual([]);
  });
});
