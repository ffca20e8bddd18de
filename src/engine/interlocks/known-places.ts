import type { TargetGroupArn } from '../../model/ids.js';
import {
  isDrained,
  registrationKey,
  type Registration,
  type TargetHealth,
} from '../../model/registration.js';

/**
 * Where a host is registered as far as this run knows, and what others took from there since: the run neither took that itself
 * nor puts it back.
 */
export class KnownPlaces {
  readonly #known = new Map<string, Registration>();
  readonly #removed = new Map<string, Registration>();

  /** `tell` is called once for each that others took. */
  constructor(private readonly tell: (registration: Registration) => void) {}

  in(targetGroup: TargetGroupArn): readonly Registration[] {
    return [...this.#known.values()].filter((one) => one.targetGroup === targetGroup);
  }

  /** What others deregistered, and what was not registered again. */
  get removed(): readonly Registration[] {
    return [...this.#removed.values()];
  }

  isRemoved(registration: Registration): boolean {
    return this.#removed.has(registrationKey(registration));
  }

  /** All that a target group says of the host now; what is known and not among these is not registered there. */
  look(targetGroup: TargetGroupArn, targets: readonly TargetHealth[]): void {
    const registered = targets.filter((target) => !isDrained(target) && target.state !== 'draining');
    const now = new Map(registered.map(({ registration }) => [registrationKey(registration), registration]));
    for (const registration of this.in(targetGroup)) {
      const key = registrationKey(registration);
      if (now.has(key)) continue;
      this.#known.delete(key);
      this.#removed.set(key, registration);
      this.tell(registration);
    }
    this.given([...now.values()]);
  }

  /** The run is about to take these itself. */
  taken(registrations: readonly Registration[]): void {
    for (const registration of registrations) this.#known.delete(registrationKey(registration));
  }

  /** They were seen registered. */
  given(registrations: readonly Registration[]): void {
    for (const registration of registrations) {
      const key = registrationKey(registration);
      this.#known.set(key, registration);
      this.#removed.delete(key);
    }
  }
}
