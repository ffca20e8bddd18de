import { AdfError } from '../errors/adf-error.js';
import { allDrained } from '../errors/drain.js';
import { describeDrained } from '../model/drained-hosts.js';
import { describeHost } from '../model/host.js';
import type { DrainedAmong, KeptOut } from '../run/drained.js';
import type { GroupSessions } from '../run/group-sessions.js';
import type { ObservedGroup, Unobserved } from './preflight.js';

/** A group as it was looked at, and those of its hosts that the run goes without. */
export interface ReachedGroup {
  readonly opened: GroupSessions;
  readonly observed: ObservedGroup;
  /** Out of reach, and accepted to be: `--skip-unreachable`. */
  readonly leftOut: readonly Unobserved[];
  /** People keep them out of service; the run goes without them, and `undrain` with them. */
  readonly keptOut: readonly KeptOut[];
}

/** A group without the hosts that are kept out of service. Throws `drain.all_drained` where no other is left. */
export function withoutKeptOut(
  opened: GroupSessions,
  { keptOut }: Pick<DrainedAmong, 'keptOut'>,
): GroupSessions {
  if (keptOut.length === 0) return opened;
  const gone = new Set(keptOut.map(({ session }) => session));
  const sessions = opened.sessions.filter((session) => !gone.has(session));
  if (sessions.length > 0) return { ...opened, sessions };
  throw allDrained(
    opened.group,
    keptOut.map(({ session, drained }) => `${describeHost(session.host)} was ${describeDrained(drained)}`),
    opened.run.environment,
  );
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
  return groups.map(({ opened, observed, keptOut }) => {
    const leftOut = isAccepted ? observed.unobserved.filter(isOutOfReach) : [];
    const gone = new Set(leftOut.map(({ session }) => session));
    const sessions = opened.sessions.filter((session) => !gone.has(session));
    if (sessions.length === 0) return { opened, observed, leftOut: [], keptOut };
    const unobserved = observed.unobserved.filter(({ session }) => !gone.has(session));
    return { opened: { ...opened, sessions }, observed: { ...observed, unobserved }, leftOut, keptOut };
  });
}

/** The host did not answer. A refused login or a changed host key is an answer. */
const isOutOfReach = ({ error }: Pick<Unobserved, 'error'>): boolean =>
  error instanceof AdfError && ['ssh.unreachable', 'ssh.connection_lost'].includes(error.code);
