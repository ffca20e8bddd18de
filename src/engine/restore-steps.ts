import { errorsOf } from '../errors/adf-error.js';
import { cannotRestore } from '../errors/engine.js';
import { isUnreachable } from '../errors/ssh.js';
import type { HealthProbe } from '../model/health.js';
import type { Hold } from '../model/hold.js';
import { registrationKey, type Registration } from '../model/registration.js';
import { describeStep, runsNothing, type RestoreStep } from '../plan/restore.js';
import type { HostTarget } from './host-target.js';
import { remake } from './remake.js';

/** For the balancers to see a restored host healthy. */
const inServiceTimeout = 300_000;
/** Docker's own, for a container that no specification speaks of any more. */
const defaultStopTimeout = 10_000;

/** Carries out one step of a restore. `holds` are what the host is restored to. */
export async function carryOut(step: RestoreStep, target: HostTarget, holds: readonly Hold[]): Promise<void> {
  const { containers, traffic, prover, host } = target;
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
      return step.await === 'healthy' || prover.isProven
        ? traffic.putInService(step.registrations, inServiceTimeout)
        : traffic.registerAsFound(step.registrations);
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
