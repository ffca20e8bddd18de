import { label, type ObservedContainer } from '../model/container.js';
import { defined } from '../model/defined.js';
import type { ContainerSummary, HostState, Plan, PlannedState, PlanReport } from '../model/plan.js';
import type { TargetHealth } from '../model/registration.js';

/** The plan as it is told. A host that is converged goes where it is. */
export const reportOf = (plan: Plan): PlanReport => ({
  ...plan,
  hosts: plan.hosts.map((host) => ({
    ...host,
    to: host.action === 'converged' ? host.from : stateToBe(host.to),
  })),
});

const stateToBe = ({ release, containers, registrations }: PlannedState): HostState => ({
  containers: containers.map(({ name, image: { digest } }): ContainerSummary => ({
    name,
    digest,
    running: true,
    ...(digest === release.image.digest ? { version: release.version } : {}),
  })),
  registrations: registrations.map((registration) => ({ registration, state: 'healthy' })),
});

/** A host as it was found: of its containers those that it is to run, too. */
export const stateFound = (
  found: readonly ObservedContainer[],
  registrations: readonly TargetHealth[],
  { containers }: PlannedState,
): HostState => ({
  containers: containers.flatMap((spec) => found.filter(({ name }) => name === spec.name)).map(summarize),
  registrations: registrations.map(({ registration, state }) => ({ registration, state })),
});

const summarize = ({ name, running, digest, labels }: ObservedContainer): ContainerSummary => ({
  name,
  running,
  ...defined({ version: labels[label.release], digest }),
});
