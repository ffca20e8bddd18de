import { goneOf, type Run } from '../engine/index.js';
import { AdfError } from '../errors/adf-error.js';
import { noneWithoutDocker } from '../errors/docker.js';
import { hostGone } from '../errors/fleet.js';
import { claimUnchecked } from '../errors/recover.js';
import { isUnreachable } from '../errors/ssh.js';
import type { Milliseconds } from '../model/duration.js';
import { leaseOfAdded } from '../model/added-host.js';
import { touchesHost, type Hold } from '../model/hold.js';
import { registrationsOf } from '../model/holds/registration.js';
import type { Host } from '../model/host.js';
import type { GroupName } from '../model/ids.js';
import type { GroupRecord, LeaseEpoch } from '../model/run-record.js';
import { judgeClaim, type Claim, type Evidence, type Verdict } from '../plan/claims.js';
import type { InterruptedRun } from '../plan/interrupted-run.js';
import { uniqueRegistrations } from '../plan/planned-registrations.js';
import { retryPause } from '../ports/clock.js';

/** From one question whether such a host is there at all to the next. */
const askIfGoneEvery: Milliseconds = 30_000;

/**
 * Whether another run can have had the leases since the interrupted one: when none had, each one's epoch is the next. A run without
 * groups has no lease. `taken` are the leases of the process that recovers it.
 */
export function whoCameSince(
  { groupNames, epochs, added }: Pick<InterruptedRun, 'groupNames' | 'epochs' | 'added'>,
  taken: readonly LeaseEpoch[],
): Evidence['since'] {
  const isNext = (group: string): boolean =>
    taken.some((lease) => lease.group === group && epochs.get(lease.group) === lease.epoch - 1);
  // A group that the playbook made has no lease: its hosts have their own.
  const isMade = (name: GroupName): boolean =>
    !epochs.has(name) && added.some(({ groups }) => groups.includes(name));
  const names = [...groupNames.filter((name) => !isMade(name)), ...added.map(leaseOfAdded)];
  return names.every(isNext) ? 'nobody' : 'perhaps_others';
}

export interface Claimed {
  readonly host: Host;
  /** Undefined for holds of a run that is not about a group. */
  readonly record: GroupRecord | undefined;
  readonly holds: readonly Hold[];
  readonly found: InterruptedRun;
  readonly since: Evidence['since'];
}

/**
 * Asks one host, under the lease of its group, whether what is claimed of it is so; one that is out of reach is waited for as long as one
 * that is restored, unless no answer is needed: registrations come back without their host where what is claimed of them is known to be true.
 * Throws why the host cannot be asked, `fleet.host_gone`, and what the balancer's API throws.
 */
export async function checkClaim(claimed: Claimed, run: Run): Promise<Verdict> {
  const { host, record, holds, found, since } = claimed;
  const claim = claimOf(claimed);
  const { clock, random } = run.ports;
  const isKnown = since === 'nobody' || holds.every(({ id }) => found.noted.has(id));
  const deadline = clock.elapsed() + (record?.rollout.reconnect ?? 0);
  let asked = -Infinity;
  for (let attempt = 1; ; attempt += 1) {
    try {
      return (await judgeHost(claimed, run)).verdict;
    } catch (error) {
      if (!mayPass(error)) throw error;
      if (isKnown && !touchesHost(holds)) return { judge: 'believe', holds };
      if (clock.elapsed() - asked >= askIfGoneEvery) {
        asked = clock.elapsed();
        if ((await goneOf([host], run)).has(host.id)) throw hostGone(host);
      }
      if (clock.elapsed() >= deadline) {
        const verdict = judgeClaim(claim, { registrations: [], since: isKnown ? 'nobody' : since });
        throw verdict.judge === 'ask' ? claimUnchecked(host, verdict.reason) : error;
      }
      await clock.sleep(retryPause(attempt, random));
    }
  }
}

/** Asks the host once. Throws why it cannot be asked, and what the balancer's API throws. */
export async function judgeHost(
  claimed: Claimed,
  run: Run,
): Promise<{ readonly verdict: Verdict; readonly notes: readonly Hold[] }> {
  const claim = claimOf(claimed);
  const { host: at, found } = claimed;
  const host = await run.blips.watch({ host: at }, () => lookAt(at, found, run));
  const registrations = await run.ports.traffic.healthOfAll(claim.places);
  return { verdict: judgeClaim(claim, { host, registrations, since: claimed.since }), notes: host.notes };
}

const claimOf = ({ host, record, holds, found }: Claimed): Claim => ({
  run: found.run,
  environment: found.environment,
  ...(record === undefined ? {} : { group: record.name }),
  since: found.at,
  holds,
  places: uniqueRegistrations(
    registrationsOf(
      [...found.origin, ...holds].filter((hold) => hold.host === host.id && hold.group === holds[0]?.group),
    ),
  ),
  journaled: found.journaled,
  finished: found.finished.has(host.id),
});

async function lookAt(
  host: Host,
  { run: id, environment, outlived }: InterruptedRun,
  { ports: { hostHolds, runtime } }: Run,
): Promise<NonNullable<Evidence['host']>> {
  const [notes, containers] = await Promise.all([
    hostHolds.on(host).list(),
    runtime.on(host).list().catch(noneWithoutDocker),
  ]);
  const over = new Set(outlived.map((hold) => hold.id));
  const own = notes.filter(
    ({ run, environment: of, hold }) =>
      run === id && of === environment && hold.host === host.id && !over.has(hold.id),
  );
  return { notes: own.map(({ hold }) => hold), containers };
}

/** The host, or its Engine, may come back. */
const mayPass = (error: unknown): boolean =>
  isUnreachable(error) || (error instanceof AdfError && error.code.startsWith('docker.'));
