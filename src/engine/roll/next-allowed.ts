import { formatDuration } from '../../model/duration.js';
import { touchesHost } from '../../model/hold.js';
import type { HostId } from '../../model/ids.js';
import {
  allOf,
  type Allowance,
  allowanceOfHosts,
  allowanceOfTargets,
  unlimited,
} from '../../plan/allowance.js';
import { nextBatch } from '../../plan/batches.js';
import { isOpenEnded, tasksOf, type Play } from '../../playbook/playbook.js';
import type { HostSession } from '../host-session.js';
import { lookAgain } from '../interlocks/floor-guard.js';
import type { Run } from '../run.js';

/** The next batch by the floor as it is now; waits for it, and gives none when the floor does not allow one in time. */
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
    // A dry run makes no host healthy: it goes on as the plan does, with the next host alone.
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

/** The next host of a window, beside those that are `out` in their turns; undefined while the floor lets none go. */
export async function nextOfWindow(
  queue: readonly HostSession[],
  out: readonly HostSession[],
  play: Play,
  run: Run,
): Promise<HostSession | undefined> {
  const [next] = queue;
  if (next === undefined || run.checkMode) return next;
  const mayGo = (await allowanceOf([...out, ...queue], play, run)).begin();
  // What they have not taken from service yet, they will.
  for (const { host } of out) mayGo(host.id);
  return mayGo(next.host.id) ? next : undefined;
}

/** One of its tasks takes hosts out of service. */
export const takesHostsOut = (play: Play): boolean => tasksOf(play).some(({ does }) => does.takesHostOut);

/** The same, or it is not known before the play runs, since it includes what is not known. */
export const mayTakeHostsOut = (play: Play): boolean => takesHostsOut(play) || isOpenEnded(play);

/** Only plays over groups with containers are held to the floor here; any drain is held to it by the interlock. */
async function allowanceOf(queue: readonly HostSession[], play: Play, run: Run): Promise<Allowance> {
  if (!mayTakeHostsOut(play)) return unlimited;
  const byGroup = [...Map.groupBy(queue, ({ group }) => group?.name).values()];
  return allOf(await Promise.all(byGroup.map((sessions) => allowanceOfGroup(sessions, play, run))));
}

/** The floor of one group, which all these hosts are in, or none. */
async function allowanceOfGroup(queue: readonly HostSession[], play: Play, run: Run): Promise<Allowance> {
  const [first] = queue;
  if (first?.group === undefined) return unlimited;
  const { name, hosts, settings } = first.group;
  const groups = await first.target.traffic.groups(settings.targetGroups);
  if (groups.length > 0) {
    // Of what it will include nothing is known: the interlock holds each drain to the floor.
    if (!takesHostsOut(play)) return unlimited;
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
