import { errorsOf, type AdfError } from '../errors/adf-error.js';
import { bakeFailed } from '../errors/engine.js';
import { isUnreachable } from '../errors/ssh.js';
import type { Milliseconds } from '../model/duration.js';
import type { HostSession } from './host-session.js';

/** From one look at a host to the next. */
const lookEvery: Milliseconds = 2_000;
/** A single bad answer may be chance; this many in a row are not. */
const strikes = 2;

/**
 * Watches hosts in service for `duration`, from their own side and from the balancers': the containers that were proven healthy
 * still run, the probe passes, every target group says healthy. Gives the hosts that did not stay so, with why.
 */
export async function bake(
  sessions: readonly HostSession[],
  duration: Milliseconds,
  stop: AbortSignal,
): Promise<ReadonlyMap<HostSession, AdfError>> {
  const failures = new Map<HostSession, AdfError>();
  await Promise.all(
    sessions.map(async (session) => {
      const why = await watch(session, duration, stop);
      if (why !== undefined) failures.set(session, bakeFailed(session.host, why));
    }),
  );
  return failures;
}

async function watch(
  session: HostSession,
  duration: Milliseconds,
  stop: AbortSignal,
): Promise<string | undefined> {
  const { clock } = session.run.ports;
  const end = clock.elapsed() + duration;
  for (let bad = 0; ;) {
    const why = await whyNotWell(session);
    bad = why === undefined ? 0 : bad + 1;
    if (bad >= strikes) return why;
    const left = end - clock.elapsed();
    if (left <= 0 && bad === 0) return undefined;
    // Asked to stop: these hosts are healthy and in service, so they are done.
    if (stop.aborted && bad === 0) return undefined;
    await clock
      .sleep(Math.min(lookEvery, Math.max(left, 500)), bad === 0 ? stop : undefined)
      .catch(() => undefined);
  }
}

async function whyNotWell(session: HostSession): Promise<string | undefined> {
  const { group, prover, traffic } = session;
  try {
    const why = await prover.whyNotHealthy(group?.settings.health);
    if (why !== undefined || group === undefined) return why;
    const registrations = await traffic.registrations(await traffic.groups(group.settings.targetGroups));
    // What somebody else takes out of service says nothing about the release.
    const ours = registrations.filter(({ registration }) => !traffic.isRemovedByOthers(registration));
    const bad = ours.find(({ state }) => state !== 'healthy');
    return bad === undefined
      ? undefined
      : `its load balancer says ${bad.state}${bad.reason === undefined ? '' : ` (${bad.reason})`}`;
  } catch (error) {
    // Whatever kept us from looking: a host that cannot be seen healthy does not pass.
    return isUnreachable(error) ? 'it cannot be reached any more' : errorsOf(error)[0].message;
  }
}
