import { formatDuration } from '../../model/duration.js';
import { touchesHost } from '../../model/hold.js';
import type { HostId } from '../../model/ids.js';
import { modules } from '../../modules/catalogue.js';
import { type Allowance, allowanceOfHosts, allowanceOfTargets, unlimited } from '../../plan/allowance.js';
import { nextBatch } from '../../plan/batches.js';
import { tasksOf, type Play } from '../../playbook/playbook.js';
import type { HostSession } from '../host-session.js';
import { lookAgain } from '../interlocks/floor-guard.js';
import type { Run } from '../run.js';

/** The next batch by the floor as it is now; waits for it, and gives none when it does not give way in time. */
export async function nextAllowed(
  queue: readonly HostSession[],
  size: number,
  play: Play,
  batch: number,
  run: Run,
): Promise<readonly HostSession[]> {
  const { clock } = run.ports;
  const begun = clock.elapsed();
  const order = queue.map(({ host }) => host.id);
  for (let told = false; ; told = true) {
    const ids = new Set(nextBatch(order, size, await allowanceOf(queue, play, run)));
    if (ids.size > 0) return queue.filter(({ host }) => ids.has(host.id));
    // A dry run heals nobody: it goes on as the plan does, with the next host alone.
    if (run.checkMode) return queue.slice(0, 1);
    const left = run.floor.givesUpAt(begun) - clock.elapsed();
    if (left <= 0 || isStopping(run)) return [];
    if (!told) {
      const reason = `no healthy host can be spared now, waiting ${formatDuration(left)} at most`;
      run.bus.emit({ type: 'batch.waiting', play: play.name, batch, reason });
    }
    await clock.sleep(lookAgain, run.stop.signal).catch(() => undefined);
  }
}

/** One of its tasks takes hosts out of service. */
export const takesHostsOut = (play: Play): boolean =>
  tasksOf(play).some(({ module }) => modules.get(module)?.takesHostOut === true);

/** Only plays over a group with containers are held to the floor here; any drain is held to it by the interlock. */
async function allowanceOf(queue: readonly HostSession[], play: Play, run: Run): Promise<Allowance> {
  const [first] = queue;
  if (first?.group === undefined || !takesHostsOut(play)) return unlimited;
  const { name, hosts, settings } = first.group;
  const groups = await first.target.traffic.groups(settings.targetGroups);
  if (groups.length > 0) {
    return allowanceOfTargets(
      queue.map(({ host }) => host),
      await run.floor.spare(groups),
    );
  }
  // Between two batches, a container that is still held is one that nothing brought back.
  const isDown = (id: HostId): boolean => touchesHost(run.holds.openOf(id));
  return allowanceOfHosts(
    run.floor.spareOf(name, new Set(hosts.map(({ id }) => id).filter((id) => isDown(id)))),
  );
}

const isStopping = ({ stop }: Run): boolean => stop.signal.aborted;
