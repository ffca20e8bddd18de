import { mayTakeHostsOut, type HostSession } from '../engine/index.js';
import { allDrained } from '../errors/drain.js';
import { describeDrained } from '../model/drained-hosts.js';
import { describeHost } from '../model/host.js';
import type { Play, Playbook } from '../playbook/playbook.js';
import { drainedAmong, tellKeptOut, type KeptOut } from '../run/drained.js';
import type { AdHocFleet } from './ad-hoc-fleet.js';

/**
 * Hosts that people keep out of service have no part in plays that take hosts out of service and put them back; all else is done on them as
 * on any host, so that they can be repaired. `areMet`: the playbook is about such hosts, and they have part in all of it. Gives the hosts that a play
 * has without them. Throws `drain.all_drained` where no play has any other host.
 */
export async function withoutKeptOut(
  playbook: Playbook,
  { sessions, select, run }: AdHocFleet,
  areMet: boolean,
): Promise<(play: Play, hosts: readonly HostSession[]) => readonly HostSession[]> {
  if (!playbook.plays.some(mayTakeHostsOut)) return (_, hosts) => hosts;
  const byGroup = Map.groupBy(sessions, ({ group }) => group);
  const found: KeptOut[] = [];
  for (const [group, its] of byGroup) {
    if (group === undefined) continue;
    const { keptOut } = await drainedAmong(its, { group: group.name, hosts: group.hosts }, run);
    for (const { session, drained } of keptOut) session.known.keptOut = drained;
    found.push(...keptOut);
  }
  if (areMet || found.length === 0) return (_, hosts) => hosts;
  const left = new Set(found.map(({ session }) => session));
  const without = (play: Play, hosts: readonly HostSession[]): readonly HostSession[] =>
    mayTakeHostsOut(play) ? hosts.filter((session) => !left.has(session)) : hosts;
  if (playbook.plays.every((play) => without(play, select(play)).length === 0)) {
    const whose = found.map(
      ({ session: { host }, drained }) => `${describeHost(host)} was ${describeDrained(drained)}`,
    );
    throw allDrained(found[0]?.session.group?.name ?? '', whose, run.environment);
  }
  tellKeptOut(found, run);
  return without;
}
