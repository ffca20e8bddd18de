import { describe, expect, it } from 'vitest';
import type { Host } from '../../src/model/host.js';
import type { HostId } from '../../src/model/ids.js';
import { registrationKey, type TargetHealth } from '../../src/model/registration.js';
import { planRoll } from '../../src/plan/roll-plan.js';
import { floorFor, judgeDrain } from '../../src/plan/floor.js';
import type { GroupObservation, HostObservation } from '../../src/plan/observation.js';
import { SeededRandom } from '../fakes/seeded-random.js';
import {
  makeRegistration,
  makeTargetGroup,
  observeGroup,
  observeHost,
  target,
} from '../stages/plan-parts.js';

const allAtOnce = { ...observeGroup([]).rollout, serial: [{ percent: 100 }] };

/** A host in service in `api-http` on each of these ports. */
const onPorts = (id: string, ports: readonly number[], zone = 'a'): HostObservation => {
  const planned = ports.map((port) => makeRegistration(id, 'api-http', port));
  return observeHost(
    id,
    { to: { registrations: planned }, registrations: planned.map((one) => target(one)) },
    zone,
  );
};

const sizes = (group: GroupObservation): readonly number[] =>
  planRoll(group).batches.map((batch) => batch.length);

describe('a batch is cut by what its hosts really take', () => {
  it('when each host is in the target group on several ports', () => {
    const hosts = ['i-1', 'i-2', 'i-3', 'i-4'].map((id) => onPorts(id, [5060, 5070]));
    expect(sizes(observeGroup(hosts, { rollout: allAtOnce }))).toEqual([2, 2]);
  });

  it('when some hosts have more ports there than others', () => {
    const hosts = [
      onPorts('i-1', [1, 2, 3, 4]),
      onPorts('i-2', [1]),
      onPorts('i-3', [1]),
      onPorts('i-4', [1, 2]),
    ];
    expect(sizes(observeGroup(hosts, { rollout: allAtOnce }))).toEqual([1, 3]);
  });

  it('when hosts are in different target groups: only those of the tight one wait for one another', () => {
    const admin = ['i-1', 'i-2'].map((id) => makeRegistration(id, 'api-admin'));
    const web = ['i-3', 'i-4', 'i-5', 'i-6'].map((id) => makeRegistration(id));
    const hosts = [...admin, ...web].map((one) =>
      observeHost(one.id, { to: { registrations: [one] }, registrations: [target(one)] }),
    );
    const targetGroups = [
      { targetGroup: makeTargetGroup('api-admin'), targets: admin.map((one) => target(one)) },
      { targetGroup: makeTargetGroup(), targets: web.map((one) => target(one)) },
    ];
    const plan = planRoll(observeGroup(hosts, { rollout: allAtOnce, targetGroups }));
    expect(plan.batches).toEqual([['i-1'], ['i-2', 'i-3', 'i-4'], ['i-5', 'i-6']]);
  });

  it('when a zone that is not balanced across zones would lose its last target', () => {
    const zones = ['a', 'a', 'a', 'a', 'a', 'a', 'b', 'b'];
    const hosts = zones.map((zone, index) => onPorts(`i-${index}`, [5060], zone));
    const group = observeGroup(hosts, { rollout: { ...allAtOnce, minHealthy: { percent: 25 } } });
    const zonal = group.targetGroups.map(({ targets }) => ({
      targetGroup: makeTargetGroup('api-http', { crossZone: false }),
      targets,
    }));
    const inZone = (batch: readonly HostId[], zone: string): number =>
      batch.filter((id) => hosts.some(({ host }) => host.id === id && host.zone === zone)).length;
    const { batches } = planRoll({ ...group, targetGroups: zonal });
    expect(batches.flat().length).toBe(8);
    for (const batch of batches) {
      expect(inZone(batch, 'b')).toBeLessThan(2);
      expect(inZone(batch, 'a')).toBeLessThan(6);
    }
  });

  it('though the targets of other fleets in the same target group are healthy too', () => {
    const hosts = ['i-1', 'i-2'].map((id) => onPorts(id, [5060]));
    const targets = ['i-1', 'i-2', 'x-1', 'x-2'].map((id) => target(makeRegistration(id)));
    const targetGroups = [{ targetGroup: makeTargetGroup(), targets }];
    expect(sizes(observeGroup(hosts, { rollout: allAtOnce, targetGroups }))).toEqual([2]);
  });

  it('in fleets of any layout exactly where the floor would say no to the next drain', () => {
    for (let seed = 1; seed <= 300; seed += 1) {
      const group = randomGroup(new SeededRandom(seed));
      const { batches } = planRoll(group);
      expect(batches.flat().length, `seed ${seed}`).toBe(group.hosts.length);
      for (const [index, batch] of batches.entries()) {
        const next = batches[index + 1]?.[0];
        const more = next === undefined ? [] : [next];
        // One at a time is what a roll at its floor waits for.
        expect({ seed, allowed: batch.length === 1 || mayBeOut(batch, group) }).toEqual({
          seed,
          allowed: true,
        });
        if (more.length > 0)
          expect({ seed, cut: mayBeOut([...batch, ...more], group) }).toEqual({ seed, cut: false });
      }
    }
  });
});

/** Asked one after the other, as the drains of a batch ask the floor. */
function mayBeOut(batch: readonly HostId[], group: GroupObservation): boolean {
  const zoneOf = (id: string): string | undefined =>
    group.hosts.find(({ host }) => host.targetIds.includes(id))?.host.zone;
  return group.targetGroups.every(({ targetGroup, targets }) => {
    const floor = floorFor(targetGroup, targets, group.rollout.minHealthy);
    const out = new Set<string>();
    return batch.every((id) => {
      const wanted = targets
        .map(({ registration }) => registration)
        .filter((registration) => registration.id === id);
      const { allowed } = judgeDrain(floor, targets, out, wanted, zoneOf);
      for (const registration of wanted) out.add(registrationKey(registration));
      return allowed;
    });
  });
}

function randomGroup(random: SeededRandom): GroupObservation {
  const hosts: Host[] = Array.from(
    { length: random.integer(2, 12) },
    (_, index) => observeHost(`i-${index}`, {}, random.pick(['a', 'b', 'c'])).host,
  );
  const targetGroups = ['api-http', 'api-admin'].slice(0, random.integer(1, 2)).map((name) => ({
    targetGroup: makeTargetGroup(name, { crossZone: random.chance(0.6) }),
    targets: hosts.flatMap(({ id }) =>
      Array.from({ length: random.integer(0, 3) }, (_, port): TargetHealth =>
        target(makeRegistration(id, name, 5060 + port), random.chance(0.9) ? 'healthy' : 'unhealthy'),
      ),
    ),
  }));
  const observed = hosts.map((host) => {
    const registrations = targetGroups
      .flatMap(({ targets }) => targets)
      .filter(({ registration }) => registration.id === host.id);
    const to = { registrations: registrations.map(({ registration }) => registration) };
    return { ...observeHost(host.id, { to }, host.zone), registrations };
  });
  const minHealthy = random.pick([
    { percent: 0 },
    { percent: 25 },
    { percent: 50 },
    { percent: 75 },
    { hosts: 2 },
  ]);
  return observeGroup(observed, { targetGroups, rollout: { ...allAtOnce, minHealthy } });
}
