import { floorBlocked, floorNeedsZone, playHalted } from '../../errors/engine.js';
import type { Milliseconds } from '../../model/duration.js';
import type { Host } from '../../model/host.js';
import type { GroupName, HostId, TargetGroupArn } from '../../model/ids.js';
import {
  registrationKey,
  type Registration,
  type TargetGroup,
  type TargetHealth,
} from '../../model/registration.js';
import type { Amount } from '../../model/settings.js';
import { spareHosts, type SpareHosts } from '../../plan/allowance.js';
import { floorFor, isRegistered, judgeDrain, type Floor, type FloorVerdict } from '../../plan/floor.js';
import { keepsWish, placeOf, registrationAt, reservedBy, type Reservation } from '../../plan/reservation.js';
import { Rotation } from '../../plan/rotation.js';
import { patienceEnds, type Clock, type Random } from '../../ports/clock.js';
import type { SharedTraffic } from '../../traffic/shared-traffic.js';
import type { Activity } from '../activity.js';
import type { Blips } from '../blips.js';
import type { OwnReservations } from './reservations.js';

/** From one look to the next while the floor blocks. */
export const lookAgain: Milliseconds = 2_000;

/**
 * Interlock 1: in no target group is the healthy count taken below `min_healthy`, nor the last healthy target of a zone that
 * is not balanced across zones. Every drain of the run asks here, and the balancer is read again for each; so are the reservations of
 * runs of other groups, after the own wish is written: what they have out, or want out, counts as out.
 */
export class FloorGuard {
  readonly #blips: FloorPorts['blips'];
  readonly #traffic: SharedTraffic;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #reservations: OwnReservations;
  /** What others had out of a target group when it was last looked at. */
  readonly #othersOut = new Map<TargetGroupArn, string>();
  /** The last look at each target group: what this run took since an earlier one was judged by it. */
  readonly #newest = new Map<TargetGroupArn, Look>();
  /** Taken by this run and not seen healthy again: an answer of the balancer may still show them healthy. */
  readonly #out = new Set<string>();
  /** The targets that were registered when the run first saw a group: what percentages are of. */
  readonly #base = new Map<TargetGroupArn, readonly TargetHealth[]>();
  /** Registered before, and taken by a run that was interrupted. */
  readonly #missing: Registration[] = [];
  readonly #found = new Map<TargetGroupArn, readonly TargetHealth[]>();
  readonly #zones = new Map<string, string>();
  readonly #hosts = new Map<GroupName, { readonly listed: number; readonly up: Set<HostId> }>();
  #looks = 0;
  #minHealthy: Amount = { percent: 50 };
  #floorWait: Milliseconds = 600_000;
  /** When targets last came back: while that happens now and then, a host that waits is in a queue, not blocked. */
  #gaveBackAt: Milliseconds = -Infinity;

  constructor({ traffic, clock, random, blips }: FloorPorts, reservations: OwnReservations) {
    this.#blips = blips;
    this.#traffic = traffic;
    this.#clock = clock;
    this.#random = random;
    this.#reservations = reservations;
  }

  /** The floor of the play that begins. */
  set(minHealthy: Amount, floorWait: Milliseconds): void {
    this.#minHealthy = minHealthy;
    this.#floorWait = floorWait;
  }

  get floorWait(): Milliseconds {
    return this.#floorWait;
  }

  /** The hosts of a group without target groups, and which of them run its containers now: its floor is over them. */
  knowHosts(group: GroupName, listed: number, running: ReadonlySet<HostId>): void {
    this.#hosts.set(group, { listed, up: new Set(running) });
  }

  /** A turn ended with the host's containers running. */
  knowUp(group: GroupName, host: HostId): void {
    this.#hosts.get(group)?.up.add(host);
  }

  knowZones(hosts: readonly Host[]): void {
    for (const { targetIds, zone } of hosts) {
      if (zone !== undefined) for (const id of targetIds) this.#zones.set(id, zone);
    }
  }

  /** An interrupted run took these out: percentages are of what was registered before it did. */
  knowOut(registrations: readonly Registration[]): void {
    this.#missing.push(...registrations);
    this.#reservations.take(registrations);
  }

  /**
   * Preflight found these. Percentages are of them too, as the plan says, though one is deregistered before the first drain. What is
   * found later counts no more.
   */
  knowRegistered({ arn }: TargetGroup, targets: readonly TargetHealth[]): void {
    if (!this.#base.has(arn)) this.#found.set(arn, targets.filter(isRegistered));
  }

  /** When a host that has waited for the floor since `begun` gives up; both are readings of `Clock.elapsed`. */
  givesUpAt(begun: Milliseconds): Milliseconds {
    return patienceEnds(
      this.#floorWait,
      Math.max(begun, this.#gaveBackAt),
      Math.max(this.#blips.lostSince ?? Infinity, this.#gaveBackAt),
    );
  }

  /** Waits until all of these may be drained, and counts them as out from then on. Throws `floor.blocked`, `play.halted`, what `mayTakeOut` throws. */
  async take(
    host: Host,
    groups: readonly TargetGroup[],
    registrations: readonly Registration[],
    { signal, mayTakeOut }: Pick<Activity, 'signal' | 'mayTakeOut'>,
    onWaiting: (why: string, atMost: Milliseconds) => void,
  ): Promise<void> {
    const begun = this.#clock.elapsed();
    const wanted = groups.filter(({ arn }) => registrations.some(({ targetGroup }) => targetGroup === arn));
    try {
      for (;;) {
        this.#reservations.wish(registrations);
        const asked = await Promise.all(wanted.map((group) => this.#look(group)));
        // Another target group may have answered late: meanwhile others of this run may have looked here again, and taken by what they saw.
        const looks = asked.map((look) => this.#newest.get(look.floor.targetGroup.arn) ?? look);
        if (!mayTakeOut()) throw playHalted(host);
        if (!this.#reservations.areCurrent(registrations)) {
          await this.#clock.sleep(lookAgain, signal);
          continue;
        }
        const blocked = this.#tryToTake(looks, registrations);
        if (blocked === undefined) return;
        if (blocked.verdict.zoneUnknown === true) throw floorNeedsZone(host, blocked.targetGroup.name);
        const now = this.#clock.elapsed();
        const left = this.givesUpAt(begun) - now;
        if (left <= 0) throw floorBlocked(host, blocked.targetGroup.name, describe(blocked), now - begun);
        onWaiting(describe(blocked), left);
        const pause = this.#giveWay(looks, registrations) ? this.#jittered(lookAgain) : lookAgain;
        await this.#clock.sleep(Math.min(pause, left), signal);
      }
    } catch (error) {
      this.#reservations.takeBack(registrations);
      throw error;
    }
  }

  /** They were seen healthy again. */
  giveBack(registrations: readonly Registration[]): void {
    for (const registration of registrations) this.#out.delete(registrationKey(registration));
    this.#reservations.giveBack(registrations);
    this.#gaveBackAt = this.#clock.elapsed();
  }

  /** What a group that no load balancer looks at can spare; `down` are hosts that this run left without their containers. */
  spareOf(group: GroupName, down: ReadonlySet<HostId> = new Set()): SpareHosts {
    const { listed, up } = this.#hosts.get(group) ?? { listed: 0, up: new Set<HostId>() };
    return spareHosts(new Set([...up].filter((host) => !down.has(host))), listed, this.#minHealthy);
  }

  /** What these target groups have in service at this moment: what their next drains will be judged by. */
  spare(groups: readonly TargetGroup[]): Promise<readonly Rotation[]> {
    return Promise.all(
      groups.map(async (group) => {
        const look = await this.#look(group);
        return new Rotation(look.floor, look.targets, this.#outOf(look, []), (id) => this.#zones.get(id));
      }),
    );
  }

  /** Judges and takes in one step, with no wait in between, so that two drains cannot both take the last spare one. */
  #tryToTake(looks: readonly Look[], registrations: readonly Registration[]): Blocked | undefined {
    for (const look of looks) {
      const { floor, targets } = look;
      const wanted = registrations.filter(({ targetGroup }) => targetGroup === floor.targetGroup.arn);
      const out = this.#outOf(look, wanted);
      const verdict = judgeDrain(floor, targets, out, wanted, (id) => this.#zones.get(id));
      if (!verdict.allowed) return { targetGroup: floor.targetGroup, verdict };
    }
    for (const registration of registrations) this.#out.add(registrationKey(registration));
    this.#reservations.take(registrations);
    return undefined;
  }

  /** Blocked: true when the wish is taken back, so that another run's can be granted. */
  #giveWay(looks: readonly Look[], registrations: readonly Registration[]): boolean {
    const others = looks.flatMap((look) => look.others);
    if (keepsWish(this.#reservations.run, others)) return false;
    this.#reservations.takeBack(registrations);
    return true;
  }

  /** Runs that put targets back for each other must not come back at the same moments. */
  #jittered(pause: Milliseconds): Milliseconds {
    return pause * (0.5 + this.#random.next());
  }

  /**
   * The targets that do not count as healthy: taken by this run, or reserved by others. Those that are wanted now do count, also when others
   * reserved them, or when this run took them before: it may have registered them again, and not have got to see them healthy.
   */
  #outOf({ targets, others }: Look, wanted: readonly Registration[]): ReadonlySet<string> {
    const places = reservedBy(others);
    const own = new Set(wanted.map(registrationKey));
    const reserved = targets
      .filter(({ registration }) => places.has(placeOf(registration)))
      .map(({ registration }) => registrationKey(registration));
    return new Set([...this.#out, ...reserved].filter((key) => !own.has(key)));
  }

  /** The health is read after the reservations: what another run gave back before is seen as it is by then. */
  async #look(group: TargetGroup): Promise<Look> {
    const others = await this.#reservations.exchange(group.arn);
    const order = (this.#looks += 1);
    this.#noteProgress(group, others);
    const targets = await this.#traffic.fresh(group.arn);
    const base = this.#base.get(group.arn) ?? [
      ...targets.filter(isRegistered),
      ...this.#missingFrom(group, targets, others),
    ];
    this.#base.set(group.arn, base);
    const look = { floor: floorFor(group, base, this.#minHealthy), targets, others, order };
    if (order > (this.#newest.get(group.arn)?.order ?? 0)) this.#newest.set(group.arn, look);
    return look;
  }

  /** While other runs make progress, `floor_wait` starts again: a drain that waits for them is queued, not blocked. */
  #noteProgress({ arn }: TargetGroup, others: readonly Reservation[]): void {
    const out = others
      .flatMap((one) => [...one.out])
      .sort()
      .join(' ');
    if (out !== (this.#othersOut.get(arn) ?? '')) this.#gaveBackAt = this.#clock.elapsed();
    this.#othersOut.set(arn, out);
  }

  /** Taken by an interrupted run, by another one that goes on, or by others since preflight, so that they are not registered now. */
  #missingFrom(
    { arn }: TargetGroup,
    targets: readonly TargetHealth[],
    others: readonly Reservation[],
  ): readonly TargetHealth[] {
    const there = new Set(targets.filter(isRegistered).map(({ registration }) => placeOf(registration)));
    const missing = new Map(
      [
        ...this.#missing.filter(({ targetGroup }) => targetGroup === arn),
        ...(this.#found.get(arn) ?? []).map(({ registration }) => registration),
        ...[...reservedBy(others)].map((place) => registrationAt(place, arn)),
      ].map((one) => [placeOf(one), one]),
    );
    return [...missing]
      .filter(([place]) => !there.has(place))
      .map(([, registration]) => ({ registration, state: 'unhealthy' }));
  }
}

interface FloorPorts {
  /** Hosts that are lost keep the floor from giving way: what they were waited for is a part of `floor_wait`. */
  readonly blips: Pick<Blips, 'lostSince'>;
  readonly traffic: SharedTraffic;
  readonly clock: Clock;
  readonly random: Random;
}

interface Look {
  /** Of two, the one that read the reservations later has the higher one. */
  readonly order: number;
  readonly floor: Floor;
  readonly targets: readonly TargetHealth[];
  readonly others: readonly Reservation[];
}

interface Blocked {
  readonly targetGroup: TargetGroup;
  readonly verdict: Extract<FloorVerdict, { allowed: false }>;
}

const describe = ({ verdict: { healthy, minimum, zone } }: Blocked): string =>
  zone === undefined
    ? `${healthy} are healthy and at least ${minimum} must stay so`
    : `it is the last healthy one of zone ${zone}`;
