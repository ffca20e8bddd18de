import { describe, expect, it } from 'vitest';
import { makeHost } from '../fakes/make-host.js';
import { planDeploy } from '../../src/plan/deploy-plan.js';
import type { GroupObservation, HostObservation } from '../../src/plan/observation.js';
import { findRefusals } from '../../src/plan/preflight.js';
import { plannedRegistrations } from '../../src/plan/planned-registrations.js';
import { makeRegistration, makeSpec, makeTargetGroup, observeGroup, observeHost, target } from './things.js';

const ids = Array.from({ length: 10_000 }, (_, index) => `i-${index}`);
const specs = [
  makeSpec({
    ports: [5060, 5070].map((hostPort) => ({ hostPort, containerPort: 5000, protocol: 'tcp' as const })),
  }),
];

/** In service on two ports each, in three zones that are not balanced across. */
const inService = (id: string, index: number): HostObservation => {
  const planned = [5060, 5070].map((port) => makeRegistration(id, 'api-http', port));
  const zone = ['a', 'b', 'c'][index % 3];
  return observeHost(id, { planned, registrations: planned.map((one) => target(one)), specs }, zone);
};

function fleet(serial: GroupObservation['rollout']['serial']): GroupObservation {
  const group = observeGroup(ids.map(inService));
  return {
    ...group,
    rollout: { ...group.rollout, serial },
    targetGroups: group.targetGroups.map(({ targets }) => ({
      targetGroup: makeTargetGroup('api-http', { crossZone: false }),
      targets,
    })),
  };
}

/** CPU seconds, which do not depend on what else the machine does as much as the clock on the wall. */
function secondsOf(act: () => void): number {
  const begun = process.cpuUsage();
  act();
  const { user, system } = process.cpuUsage(begun);
  return (user + system) / 1_000_000;
}

describe('a fleet of 10,000 hosts', () => {
  it.each([
    ['one host after the other', [{ hosts: 1 }], 10_000],
    ['all at once, cut by the floor', [{ percent: 100 }], 2],
  ])('is planned within 2 s of CPU, %s', (_, serial, batches) => {
    const group = fleet(serial);
    const seconds = secondsOf(() => {
      expect(findRefusals(group)).toEqual([]);
      expect(planDeploy(group).batches.length).toBe(batches);
    });
    expect(seconds).toBeLessThan(2);
  });

  it('has the places of its new hosts found within 2 s of CPU', () => {
    const peers = ids.map((id) => makeHost(id));
    const targets = ids.slice(0, 5_000).map((id) => target(makeRegistration(id)));
    const seconds = secondsOf(() => {
      for (const host of peers) {
        const planned = plannedRegistrations(host, makeTargetGroup(), targets, [], {
          peers,
          containers: specs,
        });
        expect(planned.length).toBe(1);
      }
    });
    expect(seconds).toBeLessThan(2);
  });
});
