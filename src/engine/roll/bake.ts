import { type AdfError, errorsOf } from '../../errors/adf-error.js';
import { bakeFailed } from '../../errors/engine.js';
import { isUnreachable } from '../../errors/ssh.js';
import type { Milliseconds } from '../../model/duration.js';
import type { TargetHealth } from '../../model/registration.js';
import { mostBlips } from '../../model/settings.js';
import { awaitInService } from '../../traffic/await-targets.js';
import type { BlipPlace } from '../blips.js';
import type { Unhealthy } from '../health-prover.js';
import type { HostSession } from '../host-session.js';
import type { HostTarget } from '../host-target.js';

/** From one look at a host to the next. */
const lookEvery: Milliseconds = 2_000;
/** For the balancers to see a host healthy again: by AWS's defaults their checks need 150 s for it. */
const inServiceTimeout: Milliseconds = 300_000;
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
      const why = await watch(session.target, duration, stop);
      if (why !== undefined) failures.set(session, bakeFailed(session.host, why));
    }),
  );
  return failures;
}

async function watch(
  target: HostTarget,
  duration: Milliseconds,
  stop: AbortSignal,
): Promise<string | undefined> {
  const { clock } = target.run.ports;
  const { place } = target;
  const { blips } = target.run;
  let lostBefore = blips.timeLost(place);
  let end = clock.elapsed() + duration;
  // Before the first look, the host was last asked in its turn.
  let isHeard = false;
  for (let bad = 0, begunAnew = 0; ;) {
    const unwell = await whyNotWell(target);
    // A balancer tells what was while nothing was heard of the host.
    const wasSilent = !isHeard && unwell?.cause === 'balancer';
    const wasDisturbed = (wasSilent || blips.timeLost(place) > lostBefore) && !isGivenUp(target);
    isHeard = unwell?.cause !== 'silence';
    let why = unwell?.why;
    if (unwell !== undefined && (unwell.cause === 'engine' || wasDisturbed) && begunAnew < mostAnew(place)) {
      why = await whyNotWellAgain(target, stop);
      // It is watched anew, for as long as any other: what was seen of it before says nothing of what was started since.
      begunAnew += 1;
      lostBefore = blips.timeLost(place);
      end = clock.elapsed() + duration;
    }
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

const mostAnew = ({ maxBlips = mostBlips }: BlipPlace): number => maxBlips;

const isGivenUp = ({ run, place }: HostTarget): boolean => run.blips.isGivenUp(place);

async function whyNotWell(target: HostTarget): Promise<Unhealthy | undefined> {
  const { group, prover } = target;
  try {
    const why = await prover.whyNotHealthy(group?.settings.health);
    if (why !== undefined || group === undefined) return why;
    const bad = (await inTargetGroups(target)).find(({ state }) => state !== 'healthy');
    return bad === undefined
      ? undefined
      : {
          why: `its load balancer says ${bad.state}${bad.reason === undefined ? '' : ` (${bad.reason})`}`,
          cause: 'balancer',
        };
  } catch (error) {
    return { why: whyUnseen(error), cause: 'itself' };
  }
}

/**
 * True for a host that is well, or that was disturbed in this run, whose Engine was restarted since it was proven healthy, or which its balancer alone finds
 * unhealthy (it may have stood still while it was not asked), and which is well again: proven anew, and healthy for its load balancers. False
 * at once when nothing disturbed it.
 */
export async function isWellAgain({ target }: HostSession, stop: AbortSignal): Promise<boolean> {
  const { run, place } = target;
  const unwell = await whyNotWell(target);
  if (unwell === undefined) return true;
  const isDisturbed = run.blips.timeLost(place) > 0 || mayPass.has(unwell.cause);
  return isDisturbed && !isGivenUp(target) && (await whyNotWellAgain(target, stop)) === undefined;
}

const mayPass: ReadonlySet<Unhealthy['cause']> = new Set(['engine', 'balancer']);

/**
 * Something disturbed the host, or its Engine was restarted: that says nothing of the release. It has to become well again: proven
 * healthy, and healthy for its load balancers.
 */
async function whyNotWellAgain(target: HostTarget, stop: AbortSignal): Promise<string | undefined> {
  const { group, prover, run } = target;
  try {
    await prover.proveAgain(group?.settings.health);
    const registrations = (await inTargetGroups(target)).map(({ registration }) => registration);
    await awaitInService(run.ports.traffic, registrations, { timeout: inServiceTimeout, signal: stop });
    return undefined;
  } catch (error) {
    return whyUnseen(error);
  }
}

/** What others take out of service says nothing about the release. */
async function inTargetGroups({ group, traffic }: HostTarget): Promise<readonly TargetHealth[]> {
  if (group === undefined) return [];
  const registrations = await traffic.registrations(await traffic.groups(group.settings.targetGroups));
  return registrations.filter(({ registration }) => !traffic.isRemovedByOthers(registration));
}

/** Whatever kept us from looking: a host that cannot be seen healthy does not pass. */
const whyUnseen = (error: unknown): string =>
  isUnreachable(error) ? 'it cannot be reached any more' : errorsOf(error)[0].message;
