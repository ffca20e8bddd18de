import { AdfError } from '../errors/adf-error.js';
import type { GroupSessions } from '../run/group-sessions.js';
import type { ObservedGroup, Unobserved } from './preflight.js';

/** A group as it was looked at, and those of its hosts that the run goes without. */
export interface ReachedGroup {
  readonly opened: GroupSessions;
  readonly observed: ObservedGroup;
  /** Out of reach, and accepted to be: `--skip-unreachable`. */
  readonly leftOut: readonly Unobserved[];
}

/**
 * Leaves out the hosts that cannot be reached, when they are no more than `allowed` over all groups; else none, so that preflight refuses
 * them all. A host that answers and is unfit is never left out, nor is the last one of a group.
 */
export function leaveOutUnreachable(
  groups: readonly Omit<ReachedGroup, 'leftOut'>[],
  allowed: number,
): readonly ReachedGroup[] {
  const missing = groups.flatMap(({ observed }) => observed.unobserved.filter(isOutOfReach));
  const isAccepted = new Set(missing.map(({ session }) => session.host.id)).size <= allowed;
  return groups.map(({ opened, observed }) => {
    const leftOut = isAccepted ? observed.unobserved.filter(isOutOfReach) : [];
    const gone = new Set(leftOut.map(({ session }) => session));
    const sessions = opened.sessions.filter((session) => !gone.has(session));
    if (sessions.length === 0) return { opened, observed, leftOut: [] };
    const unobserved = observed.unobserved.filter(({ session }) => !gone.has(session));
    return { opened: { ...opened, sessions }, observed: { ...observed, unobserved }, leftOut };
  });
}

/** The host did not answer. A refused login or a changed host key is an answer. */
const isOutOfReach = ({ error }: Pick<Unobserved, 'error'>): boolean =>
  error instanceof AdfError && ['ssh.unreachable', 'ssh.connection_lost'].includes(error.code);
