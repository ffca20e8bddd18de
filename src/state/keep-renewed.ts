import { errorsOf, type AdfError } from '../errors/adf-error.js';
import type { Milliseconds } from '../model/duration.js';
import type { Clock } from '../ports/clock.js';
import type { Lease } from '../ports/lease-store.js';

export interface KeptLease {
  /** Renews no more. Resolves when a renewal that is under way has ended; never rejects. */
  stop(): Promise<void>;
}

export interface LeaseKeeping {
  /** How long the lease lives without being renewed; it is renewed at a third of that. */
  readonly duration: Milliseconds;
  readonly clock: Clock;
  /** Told once, with `lease.lost` or what kept it from being renewed until its deadline. */
  readonly onLost: (reason: AdfError) => void;
}

/** Renews a lease in the background until it is stopped or lost. */
export function keepRenewed(lease: Lease, { duration, clock, onLost }: LeaseKeeping): KeptLease {
  const stopping = new AbortController();
  const sleep = (length: Milliseconds): Promise<void> =>
    // Its only rejection is our own stop, which the loop looks for.
    clock.sleep(length, stopping.signal).catch(() => undefined);

  const keep = async (): Promise<void> => {
    let pause = duration / 3;
    for (;;) {
      await sleep(pause);
      if (stopping.signal.aborted) return;
      const failure = await renewal(lease);
      pause = failure === undefined ? duration / 3 : duration / 30;
      if (failure !== undefined && (!mayPass(failure) || clock.elapsed() + pause >= lease.deadline)) {
        onLost(failure);
        return;
      }
    }
  };

  const kept = keep();
  return {
    stop: async () => {
      stopping.abort();
      await kept;
    },
  };
}

/** Why it was not renewed; undefined when it was. */
async function renewal(lease: Lease): Promise<AdfError | undefined> {
  try {
    await lease.renew();
    return undefined;
  } catch (error) {
    return errorsOf(error)[0];
  }
}

/** Hosts out of reach may come back before the deadline. */
const mayPass = ({ code }: AdfError): boolean => code === 'lease.unavailable';
