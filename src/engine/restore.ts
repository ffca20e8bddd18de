import { errorsOf, type AdfError } from '../errors/adf-error.js';
import { cannotRestore, restoreIncomplete } from '../errors/engine.js';
import { isUnreachable } from '../errors/ssh.js';
import type { HealthProbe } from '../model/health.js';
import type { Hold } from '../model/hold.js';
import { isDrained, type Registration, type TargetHealth } from '../model/registration.js';
import { describeStep, planRestore, type RestoreObservation, type RestoreStep } from '../plan/restore.js';
import { describeHold, holdKey } from './hold-book.js';
import type { HostSession } from './host-session.js';

export interface RestoreOutcome {
  /** The host matches its holds again, read back. */
  readonly restored: boolean;
  /** Why it does not, or what a person should know although it does. */
  readonly error?: AdfError;
  /** Came back to what was unhealthy when it was taken. */
  readonly unhealthyAsFound: boolean;
}

/** From one attempt to reach a lost host to the next. */
const retryLost = 5_000;
/** For the balancers to see a restored host healthy. */
const inServiceTimeout = 300_000;

/**
 * Makes one host match its holds again, from whatever state it is in: observe, plan (plan/restore.ts), carry out, read back.
 * A lost host is tried again for `reconnect`. Never throws: what cannot be restored is the outcome.
 */
export async function restoreHost(session: HostSession, holds: readonly Hold[]): Promise<RestoreOutcome> {
  const { bus, ports } = session.run;
  const deadline = ports.clock.elapsed() + (session.group?.settings.rollout.reconnect ?? 0);
  const outcome = await session.busyWith(
    {
      signal: new AbortController().signal,
      report: (step) => bus.emit({ type: 'restore.step', host: session.eventHost, step }),
      mayTakeOut: () => true,
      restoring: true,
    },
    async () => restoreUntil(session, holds, deadline),
  );
  bus.emit({
    type: 'restore.ended',
    host: session.eventHost,
    restored: outcome.restored,
    ...(outcome.error === undefined ? {} : { error: outcome.error }),
  });
  return outcome;
}

async function restoreUntil(
  session: HostSession,
  holds: readonly Hold[],
  deadline: number,
): Promise<RestoreOutcome> {
  const { clock } = session.run.ports;
  for (;;) {
    try {
      return await restoreOnce(session, holds);
    } catch (error) {
      if (isUnreachable(error) && clock.elapsed() < deadline) {
        await clock.sleep(Math.min(retryLost, deadline - clock.elapsed()));
        continue;
      }
      if (isUnreachable(error)) session.lost = true;
      return { restored: false, error: errorsOf(error)[0], unhealthyAsFound: false };
    }
  }
}

async function restoreOnce(session: HostSession, holds: readonly Hold[]): Promise<RestoreOutcome> {
  const { bus, holds: book } = session.run;
  const before = together(holds, book.openOf(session.host.id));
  const steps = planRestore(before, await observe(session, before));
  bus.emit({ type: 'restore.started', host: session.eventHost, steps: steps.map(describeStep) });
  for (const step of steps) await carryOut(step, session);
  const all = together(holds, book.openOf(session.host.id));
  const missing = planRestore(all, await observe(session, all)).filter((step) => step.do !== 'prove_health');
  if (missing.length > 0) {
    return {
      restored: false,
      error: restoreIncomplete(session.host, missing.map(describeStep)),
      unhealthyAsFound: false,
    };
  }
  await book.settle(book.openOf(session.host.id), 'restored');
  return {
    restored: true,
    unhealthyAsFound:
      ranSomething(before) &&
      !session.prover.isProven &&
      steps.some((step) => step.do === 'register' && step.await === 'registered'),
  };
}

/** Restoring takes away too: what an earlier attempt drained, and did not get to bring back, is held beside what was asked for. */
const together = (asked: readonly Hold[], open: readonly Hold[]): readonly Hold[] => {
  const known = new Set(asked.map(holdKey));
  return [...asked, ...open.filter((hold) => !known.has(holdKey(hold)))];
};

/** A host without a container could not have been healthy: that it is so again is nothing to tell a person. */
const ranSomething = (holds: readonly Hold[]): boolean =>
  !holds.some((hold) => hold.kind === 'container') ||
  holds.some((hold) => hold.kind === 'container' && hold.previous !== undefined);

/** The host is asked only when one of its containers is held: a registration comes back without SSH. */
async function observe(session: HostSession, holds: readonly Hold[]): Promise<RestoreObservation> {
  const { run, host, traffic, group } = session;
  const held = holds.flatMap((hold) => (hold.kind === 'registration' ? [hold.registration] : []));
  const needsHost = holds.some((hold) => hold.kind === 'container');
  const byGroup = Map.groupBy(held, ({ targetGroup }) => targetGroup);
  const asked = await Promise.all([...byGroup].map(([arn, ours]) => run.ports.traffic.healthOf(arn, ours)));
  const own =
    group === undefined ? [] : await traffic.registrations(await traffic.groups(group.settings.targetGroups));
  const known = asked.flat();
  return {
    containers: needsHost ? await run.ports.runtime.on(host).list() : undefined,
    registrations: [...known, ...own.filter((target) => !isDrained(target) && !includes(known, target))],
  };
}

const includes = (targets: readonly TargetHealth[], { registration }: TargetHealth): boolean =>
  targets.some((other) => sameRegistration(other.registration, registration));

const sameRegistration = (a: Registration, b: Registration): boolean =>
  a.targetGroup === b.targetGroup && a.id === b.id && a.port === b.port;

async function carryOut(step: RestoreStep, session: HostSession): Promise<void> {
  const { containers, traffic, prover, run, host } = session;
  session.activity.report(describeStep(step));
  switch (step.do) {
    case 'drain':
      await run.holds.open(
        host,
        step.registrations.map((registration) => ({ kind: 'registration', registration, state: 'healthy' })),
      );
      return traffic.drain(step.registrations, session.group?.settings.rollout.drainTimeout ?? 'default');
    case 'remove_container':
      await containers.stop(step.container, stopTimeoutOf(session, step.name));
      return containers.remove(step.container);
    case 'rename_container':
      return containers.rename(step.container, step.name);
    case 'set_restart_policy':
      return containers.setRestartPolicy(step.container, step.policy);
    case 'start_container':
      return containers.start(step.container);
    case 'prove_health':
      return step.required ? proveHealthy(session, step.probe) : tryToProveHealthy(session, step.probe);
    case 'register':
      return step.await === 'healthy' || prover.isProven
        ? traffic.putInService(step.registrations, inServiceTimeout)
        : traffic.registerAsFound(step.registrations);
    case 'give_up':
      throw cannotRestore(host, step.reason);
  }
}

async function proveHealthy({ prover }: HostSession, probe: HealthProbe): Promise<void> {
  await prover.prove(probe);
}

async function tryToProveHealthy(session: HostSession, probe: HealthProbe): Promise<void> {
  try {
    await proveHealthy(session, probe);
  } catch (error) {
    if (isUnreachable(error)) throw error;
    session.activity.report(`not healthy, as it was found: ${errorsOf(error)[0].message}`);
  }
}

const stopTimeoutOf = ({ group }: HostSession, name: string): number =>
  group?.settings.containers.find((container) => container.name === name)?.stopTimeout ?? 10_000;

/** What is still held of a host, for the list of those that need a person. */
export const describeHolds = (holds: readonly Hold[]): readonly string[] => holds.map(describeHold);
