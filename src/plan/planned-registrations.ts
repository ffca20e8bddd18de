import type { Host } from '../model/host.js';
import {
  isDrained,
  registrationKey,
  type Registration,
  type TargetGroup,
  type TargetHealth,
} from '../model/registration.js';

/**
 * Where a host belongs in one target group: where it is, or was held from; a host that is new there goes where its peers
 * are, on their ports, and when there are none on the group's own port.
 */
export function plannedRegistrations(
  host: Host,
  targetGroup: TargetGroup,
  targets: readonly TargetHealth[],
  held: readonly Registration[],
): readonly Registration[] {
  const own = targets
    .filter((target) => !isDrained(target) && host.targetIds.includes(target.registration.id))
    .map(({ registration }) => registration);
  const known = uniqueRegistrations([...held.filter((r) => r.targetGroup === targetGroup.arn), ...own]);
  if (known.length > 0) return known;
  const id = targetIdFor(host, targetGroup);
  if (id === undefined) return [];
  const peers = targets.filter((target) => !isDrained(target)).map(({ registration }) => registration.port);
  const ports = peers.length > 0 ? [...new Set(peers)].sort((a, b) => a - b) : [targetGroup.port];
  return ports.map((port) => ({ targetGroup: targetGroup.arn, id, port }));
}

/** The id under which a group of this target type knows the host: its instance id, or the first of its IP addresses. */
function targetIdFor(host: Host, { targetType }: TargetGroup): string | undefined {
  if (targetType === 'instance') return host.targetIds.find((id) => id.startsWith('i-'));
  if (targetType === 'ip') return host.targetIds.find((id) => !id.startsWith('i-'));
  return undefined;
}

export function uniqueRegistrations(registrations: readonly Registration[]): readonly Registration[] {
  return [
    ...new Map(registrations.map((registration) => [registrationKey(registration), registration])).values(),
  ];
}
