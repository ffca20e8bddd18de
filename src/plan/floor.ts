import { floorOf, type Amount } from '../model/settings.js';
import {
  registrationKey,
  type Registration,
  type TargetGroup,
  type TargetHealth,
} from '../model/registration.js';

/** What no drain may undercut in one target group. */
export interface Floor {
  readonly targetGroup: TargetGroup;
  /** The least healthy targets. */
  readonly minimum: number;
}

/** The floor of a target group: `min_healthy` of the targets registered when the roll began. */
export const floorFor = (
  targetGroup: TargetGroup,
  targets: readonly TargetHealth[],
  minHealthy: Amount,
): Floor => ({
  targetGroup,
  minimum: floorOf(minHealthy, targets.filter(isRegistered).length),
});

export const isRegistered = ({ state }: TargetHealth): boolean => state !== 'unused' && state !== 'draining';

/** Why these registrations may not be drained now, or undefined when they may. */
export type FloorVerdict =
  | { readonly allowed: true }
  | { readonly allowed: false; readonly healthy: number; readonly minimum: number; readonly zone?: string };

/**
 * Judges one drain: of the healthy targets that are not `out` already (taken by this run, though the answer may still show
 * them healthy), enough must stay; and where the group is not balanced across zones, no zone may lose its last one.
 */
export function judgeDrain(
  floor: Floor,
  targets: readonly TargetHealth[],
  out: ReadonlySet<string>,
  wanted: readonly Registration[],
  zoneOf: (targetId: string) => string | undefined,
): FloorVerdict {
  const healthy = targets.filter(
    ({ state, registration }) => state === 'healthy' && !out.has(registrationKey(registration)),
  );
  const taking = new Set(wanted.map(registrationKey));
  const taken = healthy.filter(({ registration }) => taking.has(registrationKey(registration)));
  // Taking what is not healthy takes nothing from anybody.
  if (taken.length === 0) return { allowed: true };
  const staying = healthy.length - taken.length;
  if (staying < floor.minimum) return { allowed: false, healthy: healthy.length, minimum: floor.minimum };
  if (floor.minimum === 0 || floor.targetGroup.crossZone) return { allowed: true };
  for (const { registration } of taken) {
    const zone = zoneOf(registration.id);
    if (zone === undefined) continue;
    const peers = healthy.filter((target) => zoneOf(target.registration.id) === zone);
    if (peers.every((peer) => taking.has(registrationKey(peer.registration)))) {
      return { allowed: false, healthy: healthy.length, minimum: floor.minimum, zone };
    }
  }
  return { allowed: true };
}
