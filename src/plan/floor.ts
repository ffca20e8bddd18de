import { floorOf, type Amount } from '../model/settings.js';
import type { Registration, TargetGroup, TargetHealth } from '../model/registration.js';
import { Rotation, Taken } from './rotation.js';

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
  | {
      readonly allowed: false;
      readonly healthy: number;
      readonly minimum: number;
      /** Would be left without a healthy target. */
      readonly zone?: string;
      /** Zones count, and nothing tells in which zone one of the targets is: waiting does not help. */
      readonly zoneUnknown?: true;
    };

/**
 * Judges one drain: of the healthy targets that are not `out` already (taken by this run, though the answer may still show
 * them healthy), enough must stay; and where the group is not balanced across zones, no zone may lose its last one. A target is in the zone
 * that it was registered with (`all` counts as a zone of its own), else in the one of its host.
 */
export const judgeDrain = (
  floor: Floor,
  targets: readonly TargetHealth[],
  out: ReadonlySet<string>,
  wanted: readonly Registration[],
  zoneOf: (targetId: string) => string | undefined,
): FloorVerdict => new Rotation(floor, targets, out, zoneOf).judge(wanted, new Taken());
