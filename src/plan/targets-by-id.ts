import type { TargetHealth } from '../model/registration.js';

/** Every host of a fleet asks of the same answer of the balancer: it is sorted once, not gone through for each. */
const sorted = new WeakMap<readonly TargetHealth[], ReadonlyMap<string, readonly TargetHealth[]>>();

/** The targets that are known under any of these ids, in the order of the ids. */
export function targetsUnder(
  ids: readonly string[],
  targets: readonly TargetHealth[],
): readonly TargetHealth[] {
  const known = sorted.get(targets) ?? Map.groupBy(targets, ({ registration }) => registration.id);
  sorted.set(targets, known);
  return ids.flatMap((id) => known.get(id) ?? []);
}
