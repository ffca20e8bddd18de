import type { AwsCloud } from '../aws/access.js';
import type { StateBackend } from '../config/state-schema.js';
import { defined } from '../model/defined.js';
import type { LeaseStore } from '../ports/lease-store.js';
import { HostLeaseStore } from '../state/host-leases.js';
import { MovedLeases } from '../state/moved-leases.js';
import type { World } from './world.js';

/**
 * Where this project keeps its leases; `cloud` is the environment's account, and the machine's own where it names none. Only for a table of
 * that account the AWS SDK is loaded.
 */
export async function leaseStoreOf(
  backend: StateBackend,
  { transport, clock, random, presence }: Pick<World, 'transport' | 'clock' | 'random' | 'presence'>,
  cloud: AwsCloud | undefined,
): Promise<LeaseStore> {
  const hosts = new HostLeaseStore(transport, clock, { presence });
  if (backend.kind === 'hosts') return hosts;
  const { kind, ...table } = backend;
  const account = await tableAccount(backend, cloud);
  return new MovedLeases(await account.leases({ ...table, clock, random }), hosts, kind);
}

/** The account of the table of leases: the environment's, and the machine's own where that is in none. */
export const tableAccount = async (
  { region, endpoint }: Exclude<StateBackend, { readonly kind: 'hosts' }>,
  cloud: AwsCloud | undefined,
): Promise<AwsCloud> => cloud ?? (await ownAccount(region, endpoint));

/** The account of the machine's own credentials. */
export async function ownAccount(
  region: string | undefined,
  endpoint: string | undefined,
): Promise<AwsCloud> {
  const { connectCloud } = await import('../aws/access.js');
  return connectCloud({
    ...defined({ region, endpoint }),
  });
}
