import type { HostSession, Run } from '../engine/index.js';
import { describeDrained, type DrainedHost } from '../model/drained-hosts.js';
import { describeHost } from '../model/host.js';
import type { HostId } from '../model/ids.js';
import type { DrainedOf } from '../ports/drained.js';

/** A host that a person keeps out of service. */
export interface KeptOut {
  readonly session: HostSession;
  readonly drained: DrainedHost;
}

/** What the records tell of some hosts of a group, and what the load balancers say of that. */
export interface DrainedAmong {
  readonly keptOut: readonly KeptOut[];
  /** On record as drained, and in service all the same: something else put them there. */
  readonly outdated: readonly KeptOut[];
}

const none: DrainedAmong = { keptOut: [], outdated: [] };

/**
 * Which of these hosts, all of one group, people keep out of service. A record is a claim: a host that is in service somewhere is not drained,
 * whatever is on record. Warns of what could not be read. Throws what keeps the load balancers from being asked.
 */
export async function drainedAmong(
  sessions: readonly HostSession[],
  of: Pick<DrainedOf, 'group' | 'hosts'>,
  run: Run,
): Promise<DrainedAmong> {
  const { drained: records } = run.ports;
  if (records === undefined || sessions.length === 0) return none;
  const { drained, warnings } = await records.read({ ...of, environment: run.environment });
  for (const message of warnings) run.bus.emit({ type: 'warning', message });
  const told = sessions.flatMap((session): readonly KeptOut[] => {
    const found = drained.find(({ host }) => host === session.host.id);
    return found === undefined ? [] : [{ session, drained: found }];
  });
  const serving = await Promise.all(told.map(({ session }) => isInService(session)));
  return {
    keptOut: told.filter((_, index) => serving[index] !== true),
    outdated: told.filter((_, index) => serving[index] === true),
  };
}

/** The hosts of a group that are on record as drained. */
export async function drainedOnRecord(
  of: Pick<DrainedOf, 'group' | 'hosts'>,
  run: Run,
): Promise<ReadonlySet<HostId>> {
  const known = await run.ports.drained?.read({ ...of, environment: run.environment });
  return new Set(known?.drained.map(({ host }) => host));
}

async function isInService({ target: { traffic }, group }: HostSession): Promise<boolean> {
  if (group === undefined) return false;
  const targets = await traffic.registrations(await traffic.groups(group.settings.targetGroups));
  return targets.some(({ state }) => state !== 'draining');
}

/** Takes from the records what is not true any more. To be called under the lease of the group. Throws `drain.not_recorded`. */
export async function endOutdated(
  outdated: readonly KeptOut[],
  of: Pick<DrainedOf, 'group' | 'hosts'>,
  run: Run,
): Promise<void> {
  for (const { session, drained } of outdated) {
    tell(
      session,
      run,
      `it was on record as drained by ${drained.who}, and is in service: taken off the record.`,
    );
    const back = { host: session.host.id, run: run.id };
    await run.ports.drained?.change({ ...of, environment: run.environment }, { back });
  }
}

/** Says of each host that the run goes without it, in its lines and in the result. */
export function tellKeptOut(keptOut: readonly KeptOut[], run: Run): void {
  for (const { session, drained } of keptOut) {
    const message = `it is left out of the run: ${describeDrained(drained)}. adfpush undrain brings it back.`;
    tell(session, run, message);
    run.tally.warn(message, describeHost(session.host));
  }
}

const tell = ({ eventHost }: HostSession, { bus }: Run, message: string): void =>
  bus.emit({ type: 'warning', host: eventHost, message });
