import type { Host } from '../model/host.js';

/** The zone in which a target is, by the listed hosts; a target of anybody else is in none that is known. */
export function zonesOf(hosts: readonly Host[]): (targetId: string) => string | undefined {
  const zones = new Map(hosts.flatMap(({ targetIds, zone }) => targetIds.map((id) => [id, zone] as const)));
  return (targetId) => zones.get(targetId);
}
