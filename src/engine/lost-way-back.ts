import type { Hold } from '../model/hold.js';
import { lostPredecessors, runsThePlanned } from '../plan/restore.js';
import { describeHold } from './hold-names.js';
import type { HostSession } from './host-session.js';

/**
 * A host whose held containers were removed by others (`docker container prune`) has no way back. When what the run started there is
 * proven healthy it stays at the plan: its containers are settled as replaced, and that the way back is lost is said once. False when
 * nothing is lost, or it is not healthy; then it is as it was, and still held.
 */
export async function stayWithoutWayBack(session: HostSession, origin: readonly Hold[]): Promise<boolean> {
  const { run, host, prover, group } = session;
  try {
    const containers = await run.ports.runtime.on(host).list();
    const lost = lostPredecessors(origin, containers);
    if (lost.length === 0 || !runsThePlanned(origin, containers, run.id)) return false;
    const probe = group?.settings.health;
    if (probe === undefined) await prover.requireHealthy();
    else await prover.prove(probe);
    const open = run.holds.openOf(host.id);
    await run.holds.settle(
      open.filter((hold) => hold.kind === 'container' || hold.state === 'absent'),
      'replaced',
    );
    const gone = lost.map(describeHold).join(', ');
    const message = `its way back is lost, somebody removed ${gone}: it keeps what the run gave it, which is healthy`;
    run.bus.emit({ type: 'warning', host: session.eventHost, message });
    return true;
  } catch {
    // Why it was not restored is told, and that is the reason to be told.
    return false;
  }
}
