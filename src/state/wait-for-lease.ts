import { AdfError } from '../errors/adf-error.js';
import type { Milliseconds } from '../model/duration.js';
import type { Clock, Random } from '../ports/clock.js';
import type { Lease, LeaseRequest, LeaseStore } from '../ports/lease-store.js';

export interface LeaseWait {
  /** How long to go on asking while another run holds it, in milliseconds; 0 asks once. */
  readonly wait: Milliseconds;
  readonly clock: Clock;
  readonly random: Random;
  readonly signal?: AbortSignal;
  /** Told each time it is found held. */
  readonly onHeld?: (held: AdfError) => void;
}

/** Between two questions; the spread keeps two who wait from splitting the hosts between them again and again. */
const pause = (random: Random): Milliseconds => 1_000 + random.next() * 4_000;

/** Hosts that cannot be asked for a moment: one connection timeout, since nothing was changed yet. */
const blipPatience: Milliseconds = 15_000;

/** A lease that runs out is free a moment later, on a slow answer too. */
const moment: Milliseconds = 5_000;

/**
 * Acquires a lease, and while another run holds it asks again until `wait` has passed; one whose holder seems gone, until that must
 * have shown; and where too few hosts answer, for one connection timeout. Throws the last of these errors, or at once whatever else
 * acquiring throws.
 */
export async function waitForLease(
  store: Pick<LeaseStore, 'acquire'>,
  request: LeaseRequest,
  { wait, clock, random, signal, onHeld }: LeaseWait,
): Promise<Lease> {
  const begun = clock.elapsed();
  const patience: Readonly<Record<string, Milliseconds>> = {
    'lease.held': wait,
    'lease.unavailable': blipPatience,
    'lease.quiet': Math.max(wait, request.duration + moment),
    'lease.members_gone': Math.max(wait, request.duration + moment),
  };
  for (;;) {
    try {
      return await store.acquire(request);
    } catch (error) {
      if (!(error instanceof AdfError)) throw error;
      const left = begun + (patience[error.code] ?? 0) - clock.elapsed();
      if (left <= 0) throw error;
      if (error.code !== 'lease.unavailable') onHeld?.(error);
      await clock.sleep(Math.min(pause(random), left), signal);
    }
  }
}
