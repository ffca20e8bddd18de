import type { LeaseName } from '../ports/lease-store.js';

/** On the hosts, survives a reboot, and every login user may write there. */
export const lockDirectory = '/var/tmp/adfpush';

/** On the hosts, root's own, which nothing cleans up. */
export const rootDirectory = '/var/lib/adfpush';

/** In memory, empty after a reboot: the fence is kept here where the disk takes nothing more. */
export const memoryDirectory = '/dev/shm/adfpush';

/** What a lease is called on the hosts: `prod.api`. A file name. */
export const hostLeaseName = ({ environment, group }: Pick<LeaseName, 'environment' | 'group'>): string =>
  `${encodeURIComponent(environment)}.${encodeURIComponent(group)}`;
