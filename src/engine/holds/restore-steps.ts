import { AdfError, errorsOf } from '../../errors/adf-error.js';
import { cannotRestore, unhealthyCode } from '../../errors/engine.js';
import { isUnreachable } from '../../errors/ssh.js';
import { isNotInService } from '../../errors/traffic.js';
import type { HealthProbe } from '../../model/health.js';
import type { Hold } from '../../model/hold.js';
import { type Registration, registrationKey } from '../../model/registration.js';
import { type RestoreStep, describeStep, runsNothing } from '../../plan/restore.js';
import type { HostTarget } from '../host-target.js';
import { remake } from '../task/remake.js';

/** For the balancers to see a restored host healthy. */
const inServiceTimeout = 300_000;
/** Docker's own, for a container that no specification speaks of any more. */
const defaultStopTimeout = 10_000;

/** Carries out one step of a restore. `holds` are what the host is restored to. */
export async function carryOut(step: RestoreStep, target: HostTarget, holds: readonly Hold[]): Promise<void> {
  const { containers, traffic, host } = target;
  target.activity.report(describeStep(step));
  switch (step.do) {
    case 'drain':
      return drain(step.registrations, target, holds);
    case 'remove_container':
      await containers.stop(step.container, stopTimeoutOf(target, step.name));
      return containers.remove(step.container);
    case 'remake_container':
      if (await remake(target, step.container, holds)) return;
      throw cannotRestore(host, `the container "${step.name}" cannot be made again`);
    case 'rename_container':
      return containers.rename(step.container, step.name);
    case 'set_restart_policy':
      return containers.setRestartPolicy(step.container, step.policy);
    case 'start_container':
      return containers.start(step.container);
    case 'prove_health':
      return step.required ? proveHealthy(target, step.probe) : tryToProveHealthy(target, step.probe);
    case 'register':
      return step.await === 'healthy'
        ? traffic.putInService(step.registrations, inServiceTimeout)
        : registerAsFound(step.registrations, target);
    case 'give_up':
      throw cannotRestore(host, step.reason);
  }
}

/** What a restore takes away is held like anything else: as it was found, or else as something that served. */
async function drain(
  registrations: readonly Registration[],
  { run, host, traffic, group }: HostTarget,
  holds: readonly Hold[],
): Promise<void> {
  const takings = registrations.map((registration) => {
    const found = holds.find(
      (hold) =>
        hold.kind === 'registration' && registrationKey(hold.registration) === registrationKey(registration),
    );
    const unheld = runsNothing(holds) ? 'unhealthy' : 'healthy';
    const known = found?.kind === 'registration' ? found.state : unheld;
    const state = traffic.isRemovedByOthers(registration) ? 'absent' : known;
    return { kind: 'registration', registration, state } as const;
  });
  await run.holds.open(host, takings);
  return traffic.drain(registrations, group?.settings.rollout.drainTimeout ?? 'default');
}

/**
 * What was not healthy when it was taken may be healthy by now: the balancer is waited for where the host's own health check passes. A host
 * that stays unhealthy there is back as it was found all the same.
 */
async function registerAsFound(
  registrations: readonly Registration[],
  { traffic, prover, activity }: HostTarget,
): Promise<void> {
  if (!prover.isProven) return traffic.registerAsFound(registrations);
  try {
    await traffic.putInService(registrations, inServiceTimeout);
  } catch (error) {
    const isIll = error instanceof AdfError && error.code === unhealthyCode;
    if (!isIll && !isNotInService(error)) throw error;
    activity.report(`not healthy, as it was found: ${error.message}`);
    if (isIll) await traffic.registerAsFound(registrations);
  }
}

async function proveHealthy({ prover }: HostTarget, probe: HealthProbe): Promise<void> {
  await prover.prove(probe);
}

async function tryToProveHealthy(target: HostTarget, probe: HealthProbe): Promise<void> {
  try {
    await proveHealthy(target, probe);
  } catch (error) {
    if (isUnreachable(error)) throw error;
    target.activity.report(`not healthy, as it was found: ${errorsOf(error)[0].message}`);
  }
}

const stopTimeoutOf = ({ group }: HostTarget, name: string): number =>
  group?.settings.containers.find((container) => container.name === name)?.stopTimeout ?? defaultStopTimeout;
