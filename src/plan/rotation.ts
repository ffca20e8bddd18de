import type { Host } from '../model/host.js';
import { registrationKey, type Registration, type TargetHealth } from '../model/registration.js';
import type { Floor, FloorVerdict } from './floor.js';

/** The zone in which a target is, by the listed hosts; the zone of any other target is unknown. */
export function zonesOf(hosts: readonly Host[]): (targetId: string) => string | undefined {
  const zones = new Map(hosts.flatMap(({ targetIds, zone }) => targetIds.map((id) => [id, zone] as const)));
  return (targetId) => zones.get(targetId);
}

/** What was taken from a rotation since it was counted. */
export class Taken {
  readonly keys = new Set<string>();
  readonly perZone = new Map<string, number>();
}

/**
 * The healthy targets of one target group at a moment. Counted once, so that many drains can be judged one after the other
 * without counting again: a batch of a fleet of thousands is cut by it.
 */
export class Rotation {
  readonly #floor: Floor;
  readonly #zoneOf: (targetId: string) => string | undefined;
  readonly #byId = new Map<string, Registration[]>();
  /** As the balancer shows them: with the zone that they were registered with. */
  readonly #byKey = new Map<string, Registration>();
  readonly #perZone = new Map<string, number>();

  /** `out` are registrations that this run took: the balancer's answer may still show them healthy. */
  constructor(
    floor: Floor,
    targets: readonly TargetHealth[],
    out: ReadonlySet<string>,
    zoneOf: (targetId: string) => string | undefined,
  ) {
    this.#floor = floor;
    this.#zoneOf = zoneOf;
    for (const { registration, state } of targets) {
      const key = registrationKey(registration);
      if (state !== 'healthy' || out.has(key)) continue;
      this.#byKey.set(key, registration);
      const known = this.#byId.get(registration.id);
      if (known === undefined) this.#byId.set(registration.id, [registration]);
      else known.push(registration);
      const zone = this.#zone(registration);
      if (zone !== undefined) this.#perZone.set(zone, (this.#perZone.get(zone) ?? 0) + 1);
    }
  }

  /** The healthy registrations under any of these ids: what draining the host that has them takes. */
  of(targetIds: readonly string[]): readonly Registration[] {
    return targetIds.flatMap((id) => this.#byId.get(id) ?? []);
  }

  /**
   * Judges the next drain: enough healthy targets must stay; and where the group is not balanced across zones, no zone may lose
   * its last one, which cannot be told of a target whose zone is not known.
   */
  judge(wanted: readonly Registration[], taken: Taken): FloorVerdict {
    const { minimum, targetGroup } = this.#floor;
    const taking = this.#inRotation(wanted, taken);
    // Taking what is not healthy takes nothing from clients.
    if (taking.size === 0) return { allowed: true };
    const healthy = this.#byKey.size - taken.keys.size;
    if (healthy - taking.size < minimum) return { allowed: false, healthy, minimum };
    if (minimum === 0 || targetGroup.crossZone) return { allowed: true };
    const isUnknown = [...taking.values()].some((one) => this.#zone(one) === undefined);
    if (isUnknown) return { allowed: false, healthy, minimum, zoneUnknown: true };
    for (const [zone, count] of this.#zonesOf(taking.values())) {
      const left = (this.#perZone.get(zone) ?? 0) - (taken.perZone.get(zone) ?? 0);
      if (left <= count) return { allowed: false, healthy, minimum, zone };
    }
    return { allowed: true };
  }

  /** Notes a drain, so that the next one is judged without what it takes. */
  take(wanted: readonly Registration[], taken: Taken): void {
    const taking = this.#inRotation(wanted, taken);
    for (const key of taking.keys()) taken.keys.add(key);
    for (const [zone, count] of this.#zonesOf(taking.values())) {
      taken.perZone.set(zone, (taken.perZone.get(zone) ?? 0) + count);
    }
  }

  #inRotation(wanted: readonly Registration[], taken: Taken): ReadonlyMap<string, Registration> {
    return new Map(
      wanted.flatMap((registration) => {
        const key = registrationKey(registration);
        const known = this.#byKey.get(key);
        return known === undefined || taken.keys.has(key) ? [] : [[key, known] as const];
      }),
    );
  }

  #zonesOf(registrations: Iterable<Registration>): ReadonlyMap<string, number> {
    const zones = new Map<string, number>();
    for (const registration of registrations) {
      const zone = this.#zone(registration);
      if (zone !== undefined) zones.set(zone, (zones.get(zone) ?? 0) + 1);
    }
    return zones;
  }

  /** EC2's answer may leave a machine's zone out: it is empty then. */
  #zone({ id, zone }: Registration): string | undefined {
    const known = zone ?? this.#zoneOf(id);
    return known === '' ? undefined : known;
  }
}
