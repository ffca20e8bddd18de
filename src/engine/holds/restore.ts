import { AdfError, errorsOf } from '../../errors/adf-error.js';
import { blipSourceOf } from '../../errors/blip.js';
import { restoreIncomplete } from '../../errors/engine.js';
import { hostGone } from '../../errors/fleet.js';
import type { ObservedContainer } from '../../model/container.js';
import { defined } from '../../model/defined.js';
import { formatDuration } from '../../model/duration.js';
import {
  describeStep,
  holdKey,
  lackingOf,
  replacedByPlan,
  touchesHost,
  type Hold,
  type RegistrationHold,
  type RestoreObservation,
} from '../../model/hold.js';
import { ranSomething, runsNothing } from '../../model/holds/container.js';
import { registrationHolds, registrationsHad, registrationsOf } from '../../model/holds/registration.js';
import { isDrained, registrationKey } from '../../model/registration.js';
import { planRestore } from '../../plan/restore.js';
import { retryPause } from '../../ports/clock.js';
import type { Activity } from '../activity.js';
import type { HostSession } from '../host-session.js';
import type { HostTarget } from '../host-target.js';
import { goneOf } from '../roll/gone-hosts.js';
import { settledContainers } from '../settled-containers.js';
import { remakableOf } from '../task/remake.js';
import { carryOut } from './restore-steps.js';

export interface RestoreOutcome {
  /** The host matches its holds again, read back. */
  readonly restored: boolean;
  /** Why it does not, or what a person should know although it does. */
  readonly error?: AdfError;
  /** Came back to what was unhealthy when it was taken; it may be healthy by now (`isIllAsFound`). */
  readonly unhealthyAsFound: boolean;
}

/** What a fault of the Engine or of AWS that is no blip is given. */
const attemptsAtLeast = 3;

/**
 * Makes one host match `holds`, and whatever else is held of it, from whatever state it is in: observe, plan (plan/restore.ts),
 * carry out, read back. A lost host is waited for as `Blips` say, unless its machine is gone. Never throws: what cannot be restored is the outcome.
 */
export async function restoreHost(
  session: HostSession,
  holds: readonly Hold[],
  when: Partial<Pick<Activity, 'signal' | 'mayTakeOut'>> = {},
): Promise<RestoreOutcome> {
  const { bus } = session.run;
  const activity: Activity = {
    signal: new AbortController().signal,
    mayTakeOut: () => true,
    ...when,
    report: (step) => bus.emit({ type: 'restore.step', host: session.eventHost, step }),
    restoring: true,
  };
  const outcome = await restoreUnderLease(session.target.during(activity), holds);
  bus.emit({
    type: 'restore.ended',
    host: session.eventHost,
    restored: outcome.restored,
    ...defined({ error: outcome.error }),
  });
  return outcome;
}

/**
 * What the run holds may be another run's matter by now: then it is left as it is. The lease may be lost on the way, too, while a host that
 * is out of reach is waited for: then the same is asked again.
 */
async function restoreUnderLease(target: HostTarget, holds: readonly Hold[]): Promise<RestoreOutcome> {
  const { gate } = target.run;
  for (let attempt = 1; ; attempt += 1) {
    try {
      await gate.readyToRestore();
    } catch (error) {
      return { restored: false, error: errorsOf(error)[0], unhealthyAsFound: false };
    }
    const outcome = await restoreUntil(target, holds);
    if (!gate.mayRegain(outcome.error) || attempt >= attemptsAtLeast) return outcome;
  }
}

/** The whole restore is made again after a blip, and a few times after what else the Engine or AWS may get over. */
async function restoreUntil(target: HostTarget, holds: readonly Hold[]): Promise<RestoreOutcome> {
  const { host, run, place, activity } = target;
  const { signal, report } = activity;
  let last: unknown;
  // How often the turn was disturbed says nothing of the way back.
  run.blips.turnBegins(host);
  const drained = new Set<string>();
  const attempt = (): Promise<RestoreOutcome> =>
    restoreOnce(target, together(holds, heldAmong(drained, target)), drained).catch((error: unknown) => {
      last = error;
      throw error;
    });
  try {
    await requestsOver(target, holds);
    return await run.blips.outlast(place, () => attemptSome(attempt, target), {
      signal,
      report,
      isAnswer: false,
    });
  } catch (thrown) {
    const error = last ?? thrown;
    const isGone = blipSourceOf(error) !== undefined && (await goneOf([host], run)).has(host.id);
    return {
      restored: false,
      error: isGone ? hostGone(host) : errorsOf(error)[0],
      unhealthyAsFound: false,
    };
  }
}

async function attemptSome(
  attempt: () => Promise<RestoreOutcome>,
  { run: { ports }, activity: { signal } }: HostTarget,
): Promise<RestoreOutcome> {
  for (let left = attemptsAtLeast; ; left -= 1) {
    try {
      return await attempt();
    } catch (error) {
      if (blipSourceOf(error) !== undefined || !mayPass(error) || left <= 1 || signal.aborted) throw error;
      await ports.clock.sleep(retryPause(attemptsAtLeast - left + 1, ports.random), signal);
    }
  }
}

/**
 * What is seen before then need not stay so: a container that is being stopped goes down as late as its stop timeout says. A host whose
 * registrations alone are held is not waited for.
 */
async function requestsOver(target: HostTarget, holds: readonly Hold[]): Promise<void> {
  const { run, host, activity } = target;
  const registrations = registrationsOf(holds);
  await run.ports.traffic.requestsOver(registrations);
  if (!touchesHost(holds)) return;
  await run.gate.requests.over(host.id, {
    onWait: (what, atMost) =>
      activity.report(
        `the answer was lost: waiting until it is over, ${formatDuration(atMost)} at most: ${what}`,
      ),
  });
}

/**
 * Faults that a second attempt may find gone. A refused login or host key is none: trying it again gets the control host blocked
 * (OpenSSH 9.8 penalises sources).
 */
const mayPass = (error: unknown): boolean => error instanceof AdfError && /^(docker|aws)\./.test(error.code);

/** `drained` is told the keys of all registrations that the restore takes out on its way: it has to give them back, whatever it was asked for. */
async function restoreOnce(
  target: HostTarget,
  holds: readonly Hold[],
  drained: Set<string>,
): Promise<RestoreOutcome> {
  const { bus, holds: book, floor } = target.run;
  await book.reopen(replacedByPlan(holds));
  const found = await observe(target, together(holds, book.openOf(target.host.id)));
  const wanted = holds.filter((hold) => !isLeftToOthers(hold, target));
  await holdAgain(target, lackingOf(wanted, found));
  const before = together(wanted, book.openOf(target.host.id));
  const steps = planRestore(before, found);
  bus.emit({ type: 'restore.started', host: target.eventHost, steps: steps.map(describeStep) });
  for (const step of steps) {
    if (step.do === 'drain') for (const one of step.registrations) drained.add(registrationKey(one));
    await carryOut(step, target, before);
  }
  const asked = together(wanted, book.openOf(target.host.id));
  const all = together(asked, heldAmong(drained, target));
  const missing = planRestore(all, await observe(target, all, { isReadBack: true })).filter(
    (step) => step.do !== 'prove_health',
  );
  if (missing.length > 0) {
    await holdAgain(target, all);
    const error = restoreIncomplete(target.host, missing.map(describeStep));
    return { restored: false, error, unhealthyAsFound: false };
  }
  await book.settle(book.openOf(target.host.id), 'restored');
  floor.giveBack(registrationsOf(all));
  return {
    restored: true,
    unhealthyAsFound:
      ranSomething(before) && steps.some((step) => step.do === 'register' && step.await === 'registered'),
  };
}

/** What was ever held of these registrations of the host, given by their keys. */
const heldAmong = (keys: ReadonlySet<string>, { run, host }: HostTarget): readonly Hold[] =>
  registrationHolds(run.holds.originOf(host.id)).filter(({ registration }) =>
    keys.has(registrationKey(registration)),
  );

/** What was settled as given back, and is lost again before the restore is over, is held as before: it is restored, or named, with the rest. */
const holdAgain = ({ run: { holds: book }, host }: HostTarget, holds: readonly Hold[]): Promise<void> => {
  const open = new Set(book.openOf(host.id).map(holdKey));
  return book.reopen(holds.filter((hold) => !open.has(holdKey(hold))));
};

/**
 * What of these holds the host lacks at this moment, so that a host that has all it had is not named. All of them where it cannot be
 * asked, and where neither a probe nor a balancer says that a container is healthy which was touched, and which has to be; never one for
 * which nothing was taken. Changes nothing, and needs no lease.
 */
export async function stillLacking({ target }: HostSession, open: readonly Hold[]): Promise<readonly Hold[]> {
  const holds = open.filter((hold) => target.run.holds.mayBeTaken(hold));
  try {
    const observed = await observe(target, holds);
    const lacking = lackingOf(holds, observed);
    return lacking.length > 0 || (await isVouchedFor(target, holds, observed)) ? lacking : holds;
  } catch {
    return holds;
  }
}

/** Another run may have put it back, and proven it: so the balancer and the probe are asked as things are now. */
async function isVouchedFor(
  { run, host, known, prover }: HostTarget,
  holds: readonly Hold[],
  { registrations }: RestoreObservation,
): Promise<boolean> {
  const needsNone = !known.containersTouched || runsNothing(holds) || wasIll(run.holds.originOf(host.id));
  if (needsNone || prover.isProven || registrations.some(({ state }) => state === 'healthy')) return true;
  return prover.requireHealthy().then(
    () => true,
    () => false,
  );
}

/** Why such a host is named. */
export const illAsFound = 'it was not healthy before, and is back in that state';

/**
 * A host that is back to what it was, and was not healthy there, is named when it is still unhealthy now. `isBack`: it has all that is held of it,
 * also when another run put it back.
 */
export async function isIllAsFound(
  session: HostSession,
  outcome: RestoreOutcome | undefined,
  isBack: boolean,
): Promise<boolean> {
  const origin = session.run.holds.originOf(session.host.id);
  const mayBeIll = outcome?.unhealthyAsFound === true || (isBack && wasIll(origin));
  return mayBeIll && !(await isHealthyByNow(session, origin));
}

/** What was not healthy when it was taken need not be so any more once it is back. False where that cannot be asked. */
async function isHealthyByNow({ run }: HostSession, holds: readonly Hold[]): Promise<boolean> {
  try {
    const targets = await run.ports.traffic.healthOfAll(registrationsHad(holds));
    return targets.length > 0 && targets.every(({ state }) => state === 'healthy');
  } catch {
    return false;
  }
}

/** The host has all that is held of it. A hold that cannot be settled in the journal stays open; a recovery looks again. */
export async function settleReturned({ run, eventHost }: HostSession, open: readonly Hold[]): Promise<void> {
  try {
    await run.holds.settle(open, 'returned');
  } catch (error) {
    const message = `it has all that it had, which could not be written down: ${errorsOf(error)[0].message}`;
    run.bus.emit({ type: 'warning', host: eventHost, message });
  }
}

/** A place that the run had given back, and that others took from the host since. */
const isLeftToOthers = (hold: Hold, { traffic, run, host }: HostTarget): boolean =>
  registrationsHad([hold]).some((registration) => traffic.isRemovedByOthers(registration)) &&
  !run.holds.openOf(host.id).some((open) => holdKey(open) === holdKey(hold));

/** Restoring takes away too: what an earlier attempt drained, and did not get to bring back, is held beside what was asked for. */
const together = (asked: readonly Hold[], open: readonly Hold[]): readonly Hold[] => {
  const known = new Set(asked.map(holdKey));
  return [...asked, ...open.filter((hold) => !known.has(holdKey(hold)))];
};

/** It ran something, and a balancer did not find that healthy. That a host without a container is so again is nothing to tell a person. */
const wasIll = (holds: readonly Hold[]): boolean =>
  ranSomething(holds) && registrationHolds(holds).some(({ state }) => !mayBeHealthy.has(state));

/** One that was on its way into service, or out of it, may have been healthy there. */
const mayBeHealthy: ReadonlySet<RegistrationHold['state']> = new Set([
  'healthy',
  'initial',
  'draining',
  'absent',
]);

/**
 * The host is asked only when one of its containers is held: a registration comes back without SSH. What is down is started again, so only a
 * read back has to wait for an Engine that is being restarted.
 */
async function observe(
  target: HostTarget,
  holds: readonly Hold[],
  { isReadBack = false } = {},
): Promise<RestoreObservation> {
  const { run, host, traffic, group } = target;
  await requestsOver(target, holds);
  const own =
    group === undefined ? [] : await traffic.registrations(await traffic.groups(group.settings.targetGroups));
  // What is held is asked for last: that decides what is restored and named, and a look may take its time.
  const known = await run.ports.traffic.healthOfAll(registrationsOf(holds));
  const asked = new Set(known.map(({ registration }) => registrationKey(registration)));
  const list = (): Promise<readonly ObservedContainer[]> =>
    target.outlast(() => run.ports.runtime.on(host).list());
  const containers = touchesHost(holds)
    ? await (isReadBack ? settledContainers(target, list) : list())
    : undefined;
  return {
    containers,
    remakable: await remakableOf(target, holds, containers ?? []),
    registrations: [
      ...known,
      ...own.filter((one) => !isDrained(one) && !asked.has(registrationKey(one.registration))),
    ],
  };
}
