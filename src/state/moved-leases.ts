import { AdfError } from '../errors/adf-error.js';
import { leaseLost } from '../errors/lease.js';
import type {
  Lease,
  LeaseLook,
  LeaseName,
  LeaseOwner,
  LeaseRequest,
  LeaseStore,
} from '../ports/lease-store.js';
import type { HostLeaseStore } from './host-leases.js';

/**
 * Leases that are kept elsewhere than on the hosts, such as in a table. A project may have kept them on its hosts before, and another agent
 * may still do: so the hosts are asked whether a run has the lease there, and the first run that finds no such note writes down on a majority
 * of them that it was moved. A run that would take it on the hosts needs a majority, too, finds that note, and is refused.
 *
 * Both kinds count their epochs together, since a host's fence goes by the epoch: a lease gets one that is above all that the hosts know.
 */
export class MovedLeases implements LeaseStore {
  constructor(
    private readonly store: LeaseStore,
    private readonly hosts: Pick<HostLeaseStore, 'lookMoved' | 'moveTo'>,
    /** What the hosts call the other place: `dynamodb`. */
    private readonly place: string,
  ) {}

  async acquire(request: LeaseRequest): Promise<Lease> {
    const { epoch, isMoved } = await this.#askHosts(request);
    const lease = await this.store.acquire({ ...request, above: Math.max(epoch, request.above ?? 0) });
    if (isMoved) return lease;
    try {
      const written = await this.hosts.moveTo(this.place, { ...request, above: lease.epoch - 1 });
      // A newer one on the hosts would refuse every change of this lease.
      if (written > lease.epoch) throw leaseLost(request, 'another run took it on its hosts meanwhile.');
      return lease;
    } catch (error) {
      await lease.release();
      throw error;
    }
  }

  look(name: LeaseName): Promise<LeaseLook> {
    return this.store.look(name);
  }

  seize(name: LeaseName, by: LeaseOwner): Promise<LeaseLook> {
    return this.store.seize(name, by);
  }

  /** A run that had the lease before, and takes it anew to restore hosts, wrote that note itself: hosts that are out of reach do not keep it. */
  async #askHosts(request: LeaseRequest): Promise<{ readonly epoch: number; readonly isMoved: boolean }> {
    try {
      return await this.hosts.lookMoved(request, this.place);
    } catch (error) {
      const isOurs = request.since !== undefined && error instanceof AdfError;
      if (isOurs && error.code === 'lease.unavailable') return { epoch: request.since - 1, isMoved: true };
      throw error;
    }
  }
}
