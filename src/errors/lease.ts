import { formatDuration } from '../model/duration.js';
import type { LeaseHolder, LeaseName as WholeName } from '../ports/lease-store.js';
import { AdfError } from './adf-error.js';

type LeaseName = Pick<WholeName, 'environment' | 'group'>;

const describe = ({ environment, group }: LeaseName): string => `"${group}" in "${environment}"`;

/** Another run holds the lease. */
export const leaseHeld = (lease: LeaseName, holder: LeaseHolder): AdfError =>
  new AdfError({
    code: 'lease.held',
    class: 'refused',
    message:
      `Group ${describe(lease)} is locked by ${holder.who}, run ${holder.run}` +
      `${holder.link === undefined ? '' : ` (${holder.link})`}, for ${formatDuration(holder.heldFor)} now.`,
    hint: `Wait for that run with --lock-wait 10m. If it died, its lock runs out in ${formatDuration(holder.expiresIn)}.`,
  });

/** Too few hosts answered to know whether anybody holds the lease. */
export const leaseUnavailable = (
  lease: LeaseName,
  got: number,
  needed: number,
  failures: readonly string[],
): AdfError =>
  new AdfError({
    code: 'lease.unavailable',
    class: 'refused',
    message: `Cannot lock group ${describe(lease)}: ${got} of the ${needed} hosts needed gave it. ${failures.join(' ')}`,
    hint: "The lock lives on a majority of the group's hosts: make them reachable over SSH, and /var/tmp writable on them.",
  });

/** A held lease is not ours any more, or ran out before it could be renewed. */
export const leaseLost = (lease: LeaseName, reason: string): AdfError =>
  new AdfError({
    code: 'lease.lost',
    class: 'failed',
    message: `The lock of group ${describe(lease)} is lost: ${reason}`,
    hint: 'Another run may be changing the group: look who holds it before you run again.',
  });
