import { type HostSession, reconnectDefault } from '../engine/index.js';
import { checkPlaybook } from '../check/check-playbook.js';
import { addedHostHeld } from '../errors/add-host.js';
import { AdfError } from '../errors/adf-error.js';
import { throwAll } from '../errors/diagnostics.js';
import { formatDuration } from '../model/duration.js';
import type { Play, Playbook } from '../playbook/playbook.js';
import { retry } from '../ports/clock.js';
import { heldByAnother } from '../recovery/held-by-another.js';
import type { HeldLeases } from '../run/leases.js';
import type { AdHocFleet } from './ad-hoc-fleet.js';
import { isLocal } from './ad-hoc-hosts.js';
import { recordGrowth } from './ad-hoc-record.js';

/**
 * Right before a play: what was done before the playbook began for the hosts that were there is done for those that a task added since. The play is
 * checked for them; they are leased, by the groups that the inventory lists and each by itself; and they are written down, so that what is taken
 * from them can be given back. Without `leases` nothing is changed, and none is needed.
 */
export async function meetAdded(
  play: Play,
  playbook: Playbook,
  fleet: AdHocFleet,
  leases: HeldLeases | undefined,
): Promise<void> {
  const joined = await fleet.meet(play);
  if (joined.length > 0) {
    const check = () => checkPlaybook(playbook, joined, (one) => (one === play ? joined : []));
    fleet.knowDelegates((await fleet.beforehand(check)).keys());
  }
  if (leases === undefined || !fleet.hasGrown) return;
  const before = new Set(leases.epochs.map(({ group }) => group));
  await takeWhenUp(fleet, leases);
  const taken = leases.epochs.filter(({ group }) => !before.has(group));
  await refuseHeld(joined);
  if (joined.length > 0 || taken.length > 0) await recordGrowth(fleet, taken);
}

/** A machine that was just made runs before its SSH server does: it is given what a lost host is given. Throws `lease.held`, `lease.unavailable`. */
async function takeWhenUp({ leases, run }: AdHocFleet, held: HeldLeases): Promise<void> {
  const { clock, random } = run.ports;
  let isTold = false;
  const mayPass = (error: unknown): boolean => {
    if (!(error instanceof AdfError) || error.code !== 'lease.unavailable') return false;
    const message = `${error.message} It is asked again for ${formatDuration(reconnectDefault)} at most.`;
    if (!isTold) run.bus.emit({ type: 'warning', message });
    isTold = true;
    return true;
  };
  const { signal } = run.stop;
  await retry(() => held.take(leases), { clock, random, patience: reconnectDefault, mayPass, signal });
}

/**
 * A host that an interrupted run still holds would be taken back later to what that run found. One that cannot be asked is met by its tasks: it may
 * have no Docker Engine. Throws `add_host.held`.
 */
async function refuseHeld(joined: readonly HostSession[]): Promise<void> {
  const held = await Promise.all(
    joined
      .filter(({ host }) => !isLocal(host))
      .map(async ({ host, run }) => ({
        host,
        run,
        found: await heldByAnother(host, run).catch(() => undefined),
      })),
  );
  throwAll(
    held.flatMap(({ host, run, found }) =>
      found === undefined ? [] : [addedHostHeld(host, found.run, run.environment, found.held)],
    ),
  );
}
