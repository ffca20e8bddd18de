import { describe, expect, it } from 'vitest';
import type { HostObservation } from '../../src/plan/observation.js';
import { findRefusals } from '../../src/plan/preflight.js';
import {
  gone,
  makeRegistration,
  makeTargetGroup,
  observeGroup,
  observeHost,
  target,
} from '../stages/plan-parts.js';

const others = ['i-2', 'i-3', 'i-4'].map((id) => observeHost(id));
const registration = makeRegistration('i-1');
const withFirst = (given: Partial<HostObservation>) => observeGroup([observeHost('i-1', given), ...others]);

describe('a host is refused before anything is changed', () => {
  it.each([
    [
      'Target.NotInUse',
      'no load balancer sends traffic there, or not in the zone of this target',
      "Add a listener rule for the target group, and enable the target's zone on the load balancer.",
    ],
    [
      'Target.InvalidState',
      'the instance is stopped or terminated',
      'Start the instance, or take it out of the inventory.',
    ],
    [
      'Target.IpUnusable',
      'a load balancer uses this IP address itself',
      'Register the address of the host instead.',
    ],
    [
      'Target.Unheard',
      'the load balancer does not use it',
      'Look at the target group in the AWS console: its description of the target says more.',
    ],
  ])('when its target is unused by reason of %s', (reason, why, hint) => {
    expect(
      findRefusals(withFirst({ registrations: [target(registration, 'unused', reason)] })),
    ).toMatchObject([
      {
        code: 'preflight.target_unusable',
        class: 'refused',
        host: 'i-1',
        message: `i-1:5060 is unused in target group "api-http" (${reason}): ${why}.`,
        hint,
      },
    ]);
  });

  it('when others are draining it, and not also as one that was left out', () => {
    expect(findRefusals(withFirst({ registrations: [target(registration, 'draining')] }))).toMatchObject([
      {
        code: 'preflight.being_drained',
        class: 'refused',
        host: 'i-1',
        message: 'i-1:5060 is being drained from target group "api-http", and not by this run.',
        hint: 'Wait for it to end. If the host is to serve again, register it then: it is out of the target group.',
      },
    ]);
  });

  it('when others are draining one of its ports', () => {
    const second = makeRegistration('i-1', 'api-http', 5070);
    const registrations = [target(registration), target(second, 'draining')];
    const messages = findRefusals(withFirst({ registrations })).map(({ message }) => message);
    expect(messages).toEqual([
      'i-1:5070 is being drained from target group "api-http", and not by this run.',
    ]);
  });
});

describe('a host is not refused', () => {
  it.each(['initial', 'healthy', 'unhealthy', 'unavailable', 'unhealthy.draining'] as const)(
    'for a target that is %s',
    (state) => {
      expect(findRefusals(withFirst({ registrations: [target(registration, state)] }))).toEqual([]);
    },
  );

  it('as unusable when it is not registered at all', () => {
    const codes = findRefusals(withFirst({ registrations: [gone(registration)] })).map(({ code }) => code);
    expect(codes).toEqual(['preflight.left_out']);
  });

  it('one by one when no load balancer uses the target group at all: that is said once', () => {
    const hosts = ['i-1', 'i-2'].map((id) =>
      observeHost(id, { registrations: [target(makeRegistration(id), 'unused', 'Target.NotInUse')] }),
    );
    const group = observeGroup(hosts);
    const targetGroups = group.targetGroups.map(({ targets }) => ({
      targetGroup: makeTargetGroup('api-http', { loadBalancers: [] }),
      targets,
    }));
    const codes = findRefusals({ ...group, targetGroups }).map(({ code }) => code);
    expect(codes).toEqual(['preflight.target_group_unused']);
  });
});
