import { AdfError, errorsOf } from '../../errors/adf-error.js';
import { cannotRestore, unhealthyCode } from '../../errors/engine.js';
import { isUnreachable } from '../../errors/ssh.js';
import { isNotInService } from '../../errors/traffic.js';
import type { HealthProbe } from '../../model/health.js';
import { type Hold, type RestoreStep, describeStep } from '../../model/hold.js';
import { defaultStopTimeout, runsNothing } from '../../model/holds/container.js';
import { registrationHolds } from '../../model/holds/registration.js';
import { type Registration, registrationKey } from '../../model/registration.js';
import type { HostTarget } from '../host-target.js';
import { remake } from '../task/remake.js';

/** For the balancers to see a restored host healthy. */
const inServiceTimeout = 300_000;

type Steps = {
  readonly [Do in RestoreStep['do']]: (
    step: RestoreStep<Do>,
    target: HostTarget,
    holds: readonly Hold[],
  ) => Promise<void>;
};

/** How each step is carried out. */
const steps: Steps = {
  drain: ({ registrations }, target, holds) => drain(registrations, target, holds),
  register: (step, target) =>
    step.await === 'healthy'
      ? target.traffic.putInService(step.registrations, inServiceTimeout)
      : registerAsFound(step.registrations, target),
  async remove_container({ container, name }, target) {
    await target.containers.stop(container, stopTimeoutOf(target, name));
    return target.containers.remove(container);
  },
  async remake_container({ container, name }, target, holds) {
    if (await remake(target, container, holds)) return;
    throw cannotRestore(target.host, `the container "${name}" cannot be made again`);
  },
  rename_container: ({ container, name }, { containers }) => containers.rename(container, name),
  set_restart_policy: ({ container, policy }, { containers }) =>
    containers.setRestartPolicy(container, policy),
  start_container: ({ container }, { containers }) => containers.start(container),
  prove_health: ({ probe, required }, target) =>
    required ? proveHealthy(target, probe) : tryToProveHealthy(target, probe),
  give_up: ({ reason }, { host }) => Promise.reject(cannotRestore(host, reason)),
};

/** Carries out one step of a restore. `holds` are what the host is restored to. */
export async function carryOut<Do extends RestoreStep['do']>(
  step: RestoreStep<Do>,
  target: HostTarget,
  holds: readonly Hold[],
): Promise<void> {
  target.activity.report(describeStep(step));
  return steps[step.do](step, target, holds);
}

/** What a restore takes away is held like anything else: as it was found, or else as something that served. */
async function drain(
  registrations: readonly Registration[],
  { run, host, traffic, group }: HostTarget,
  holds: readonly Hold[],
): Promise<void> {
  const takings = registrations.map((registration) => {
    const key = registrationKey(registration);
    const found = registrationHolds(holds).find((hold) => registrationKey(hold.registration) === key);
    const known = found?.state ?? (runsNothing(holds) ? 'unhealthy' : 'healthy');
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
