import type { Run } from '../engine/index.js';
import { errorsOf } from '../errors/adf-error.js';
import { describeHold } from '../model/hold.js';
import type { InterruptedRun } from '../plan/interrupted-run.js';
import { leaseGroups, underLeases } from '../run/leases.js';
import { noJournal, openRun } from '../run/open-run.js';
import type { Recovering } from './recover-run.js';
import { leasesOf } from './recovery-leases.js';

/**
 * Takes off their hosts the notes of runs that are over: their journals say that what was held is settled. A note that has to stay, since a
 * host is out of reach or another run has the group, is told and does no harm here: its journal speaks against it.
 */
export async function takeOffLeftNotes(
  left: readonly InterruptedRun[],
  recovering: Recovering,
): Promise<void> {
  const { world, options, hooks, bus, inventory, id } = recovering;
  for (const found of left) {
    const run: Run = openRun(world, options, hooks, found.run, noJournal, { verb: found.verb, bus });
    try {
      const leases = await leaseGroups(leasesOf(found, inventory), { ...run, id }, world, 0);
      await underLeases(leases, run, () => takeOffOutlived(found, run, recovering));
    } catch (error) {
      const message = `Hosts still have notes of run ${found.run}, which is over: ${errorsOf(error)[0].message}`;
      bus.emit({ type: 'warning', message });
    }
  }
}

/** To be called under the leases of the run. Tells of what cannot be taken off. */
export async function takeOffOutlived(
  { outlived, run: id }: InterruptedRun,
  { gate, bus, ports: { hostHolds } }: Run,
  { inventory }: Recovering,
): Promise<void> {
  for (const hold of outlived) {
    const host = inventory.hosts.find((one) => one.id === hold.host);
    if (host === undefined) continue;
    const about = `the note that run ${id} had taken ${describeHold(hold)}, which is settled`;
    const tell = (message: string): void =>
      bus.emit({ type: 'warning', host: { id: host.id, name: host.name }, message });
    try {
      await gate.admit({ where: 'host', host, what: `note ${describeHold(hold)}`, restoring: true });
      await hostHolds.on(host).forget(id, hold.id);
      tell(`it had ${about}: taken off`);
    } catch (error) {
      tell(`it still has ${about}: ${errorsOf(error)[0].message}`);
    }
  }
}
