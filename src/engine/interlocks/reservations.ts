import { AdfError } from '../../errors/adf-error.js';
import type { Milliseconds } from '../../model/duration.js';
import { targetGroupName, type TargetGroupArn } from '../../model/ids.js';
import type { Registration } from '../../model/registration.js';
import { ofOthers, placeOf, reservationsIn, tagsOf, type Reservation } from '../../plan/reservation.js';
import type { Clock } from '../../ports/clock.js';
import type { SharedTraffic } from '../../traffic/shared-traffic.js';

/** From one exchange with a target group to the next. */
const exchangeGap: Milliseconds = 1_000;
/** How long the end of a run waits until its tags are removed. */
const endPatience: Milliseconds = 10_000;
/** AWS allows a resource 50 tags in all. The places beyond these are guarded for this run alone. */
const mostTags = 20;

export interface ReservationsOptions {
  readonly traffic: SharedTraffic;
  readonly clock: Clock;
  readonly run: string;
  /** How long what was written counts without being written again: as long as the run's lease. */
  readonly lifetime: Milliseconds;
  readonly warn: (message: string) => void;
}

/** What one run keeps on target groups for the runs of other groups: all of its groups' reservations. */
export class Reservations {
  readonly run: string;
  readonly #options: ReservationsOptions;
  readonly #owners = new Map<string, OwnReservations>();
  readonly #warned = new Set<string>();
  #alone = false;

  constructor(options: ReservationsOptions) {
    this.#options = options;
    this.run = options.run;
  }

  /** Those of one of its groups: `<environment>/<group>`. */
  of(owner: string): OwnReservations {
    const known = this.#owners.get(owner);
    if (known !== undefined) return known;
    const made = new OwnReservations(owner, { ...this.#options, warn: (why) => this.warn(why) }, this);
    this.#owners.set(owner, made);
    return made;
  }

  /** True when the credentials may not keep them: the floor is guarded for this run alone then. */
  get alone(): boolean {
    return this.#alone;
  }

  goAlone(error: AdfError): void {
    this.#alone = true;
    this.warn(
      'Other runs on the same target groups are not seen, and min_healthy is kept for this run alone. ' +
        'Allow elasticloadbalancing:AddTags, elasticloadbalancing:RemoveTags and elasticloadbalancing:DescribeTags ' +
        `on the target groups. ${error.message}`,
    );
  }

  /** Once each. */
  warn(message: string): void {
    if (this.#warned.has(message)) return;
    this.#warned.add(message);
    this.#options.warn(message);
  }

  /** The end of the run: nothing of it stays on any target group. What cannot be removed expires. Never throws. */
  async end(): Promise<void> {
    await Promise.all([...this.#owners.values()].map((own) => own.end()));
  }
}

/** What one run of one group keeps on target groups. */
export class OwnReservations {
  readonly #owner: string;
  readonly #options: ReservationsOptions;
  readonly #all: Reservations;
  readonly #byGroup = new Map<TargetGroupArn, ReservedGroup>();

  constructor(owner: string, options: ReservationsOptions, all: Reservations) {
    this.#owner = owner;
    this.#options = options;
    this.#all = all;
  }

  get run(): string {
    return this.#options.run;
  }

  /** From the next exchange on, others count them as out. */
  wish(registrations: readonly Registration[]): void {
    for (const one of registrations) this.#on(one.targetGroup).wanted.add(placeOf(one));
  }

  /** They are not taken, and others may. */
  takeBack(registrations: readonly Registration[]): void {
    for (const one of registrations) this.#on(one.targetGroup).wanted.delete(placeOf(one));
    this.#tell(registrations);
  }

  /** They are taken, or were by the run that this one recovers; kept, and renewed, until they are given back. */
  take(registrations: readonly Registration[]): void {
    for (const one of registrations) {
      const { out, wanted } = this.#on(one.targetGroup);
      wanted.delete(placeOf(one));
      out.add(placeOf(one));
    }
    this.#tell(registrations);
  }

  giveBack(registrations: readonly Registration[]): void {
    const known = registrations.filter(({ targetGroup }) => this.#byGroup.has(targetGroup));
    for (const one of known) this.#on(one.targetGroup).out.delete(placeOf(one));
    this.#tell(known);
  }

  /**
   * Writes what is wanted and out now, then reads what other runs have, in this order: of two that do so at once, one at least
   * sees the other. Throws what the cloud says after the usual patience.
   */
  exchange(targetGroup: TargetGroupArn): Promise<readonly Reservation[]> {
    return this.#on(targetGroup).exchange();
  }

  /** False when what was written may soon expire, as after a write that took long: nothing may be taken by it. */
  areCurrent(registrations: readonly Registration[]): boolean {
    return registrations.every(({ targetGroup }) => this.#on(targetGroup).isCurrent);
  }

  async end(): Promise<void> {
    await Promise.all([...this.#byGroup.values()].map((one) => one.end()));
  }

  #tell(registrations: readonly Registration[]): void {
    for (const arn of new Set(registrations.map(({ targetGroup }) => targetGroup))) this.#on(arn).tell();
  }

  #on(targetGroup: TargetGroupArn): ReservedGroup {
    const known = this.#byGroup.get(targetGroup);
    if (known !== undefined) return known;
    const made = new ReservedGroup(targetGroup, this.#owner, this.#options, this.#all);
    this.#byGroup.set(targetGroup, made);
    return made;
  }
}

/** One target group. Exchanges follow one another, and all who ask before the next one begins share it. */
class ReservedGroup {
  readonly out = new Set<string>();
  readonly wanted = new Set<string>();
  readonly #targetGroup: TargetGroupArn;
  readonly #owner: string;
  readonly #options: ReservationsOptions;
  readonly #all: Reservations;
  readonly #ended = new AbortController();
  /** Keys of ours that are, or may be, on the target group. */
  readonly #keys = new Set<string>();
  #last: Promise<unknown> = Promise.resolve();
  #next: Promise<readonly Reservation[]> | undefined;
  #lastBegan: Milliseconds = -Infinity;
  /** When that was true which is written. */
  #writtenAt: Milliseconds = -Infinity;
  #renewing = false;

  constructor(targetGroup: TargetGroupArn, owner: string, options: ReservationsOptions, all: Reservations) {
    this.#targetGroup = targetGroup;
    this.#owner = owner;
    this.#options = options;
    this.#all = all;
  }

  get isCurrent(): boolean {
    const { clock, lifetime } = this.#options;
    return this.#all.alone || clock.elapsed() - this.#writtenAt < lifetime / 2;
  }

  exchange(): Promise<readonly Reservation[]> {
    if (this.#all.alone) return Promise.resolve([]);
    if (this.#next !== undefined) return this.#next;
    const next = this.#last.then(() => this.#begin());
    this.#next = next;
    this.#last = next.catch(() => undefined);
    return next;
  }

  /** Starts an exchange in the background. If it fails, the next exchange writes the same, or the tags expire. */
  tell(): void {
    if (this.#ended.signal.aborted) return;
    this.exchange().catch(() => undefined);
    if (!this.#renewing) void this.#renew();
  }

  async end(): Promise<void> {
    this.#ended.abort();
    const removed = new AbortController();
    const { clock } = this.#options;
    const removing = this.#remove().finally(() => removed.abort());
    // An interrupted run must end within seconds. Tags that remain expire.
    await Promise.race([removing, clock.sleep(endPatience, removed.signal)]).catch(() => undefined);
  }

  /** What others wrote stays; of ours, what an earlier process of this run wrote goes too. */
  async #remove(): Promise<void> {
    await this.#last;
    if (this.#all.alone) return;
    const { traffic, run } = this.#options;
    const tags = await traffic.tags(this.#targetGroup);
    const keys = tags.filter((tag) => this.#isOurs(tag.key) && tag.value.startsWith(`${run} `));
    if (keys.length === 0) return;
    await traffic.untag(
      this.#targetGroup,
      keys.map(({ key }) => key),
    );
  }

  /** As long as anything is out, other runs must not count this run as ended. */
  async #renew(): Promise<void> {
    const { clock, lifetime } = this.#options;
    this.#renewing = true;
    while (this.#isNeeded()) {
      await clock.sleep(lifetime / 3, this.#ended.signal).catch(() => undefined);
      if (this.#isNeeded()) await this.exchange().catch(() => undefined);
    }
    this.#renewing = false;
  }

  #isNeeded(): boolean {
    return this.out.size > 0 && !this.#ended.signal.aborted && !this.#all.alone;
  }

  async #begin(): Promise<readonly Reservation[]> {
    const { clock, traffic, run } = this.#options;
    const left = this.#lastBegan + exchangeGap - clock.elapsed();
    if (left > 0) await clock.sleep(left);
    this.#next = undefined;
    this.#lastBegan = clock.elapsed();
    try {
      await this.#write();
      const tags = await traffic.tags(this.#targetGroup);
      for (const { key, value } of tags) {
        if (this.#isOurs(key) && value.startsWith(`${run} `)) this.#keys.add(key);
      }
      return ofOthers(reservationsIn(tags), run, clock.now());
    } catch (error) {
      if (!(error instanceof AdfError) || error.code !== 'aws.access_denied') throw error;
      this.#all.goAlone(error);
      return [];
    }
  }

  async #write(): Promise<void> {
    const { clock, traffic, run, lifetime } = this.#options;
    const { out, wanted } = this;
    const began = clock.elapsed();
    const expires = clock.now() + lifetime;
    const all = tagsOf({ owner: this.#owner, run, expires, out, wanted });
    const tags = out.size + wanted.size === 0 ? [] : all.slice(0, mostTags);
    if (all.length > mostTags) this.#warnOfTooMany();
    for (const { key } of tags) this.#keys.add(key);
    if (tags.length > 0) await traffic.tag(this.#targetGroup, tags);
    this.#writtenAt = began;
    const stale = [...this.#keys].filter((key) => !tags.some((tag) => tag.key === key));
    if (stale.length === 0) return;
    await traffic.untag(this.#targetGroup, stale);
    for (const key of stale) this.#keys.delete(key);
  }

  #isOurs(key: string): boolean {
    return key.startsWith(`adfpush:out:${this.#owner}:`);
  }

  #warnOfTooMany(): void {
    const name = targetGroupName(this.#targetGroup);
    this.#options.warn(
      `So many are out of "${name}" at once that runs of other groups do not see all of them.`,
    );
  }
}
