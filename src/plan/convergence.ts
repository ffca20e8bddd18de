import { label, type ContainerSpec, type ObservedContainer } from '../model/container.js';
import {
  isDrained,
  registrationKey,
  targetGroupNameOf,
  type Registration,
  type TargetHealth,
} from '../model/registration.js';
import { changedParts, specHash } from '../model/spec-hash.js';
import type { HostObservation } from './observation.js';

/** Why a host is not converged, in words; none means that it is: digest, specification, running, registered, healthy. */
export function whyNotConverged(observation: HostObservation): readonly string[] {
  const { to, registrations, keptOut } = observation;
  return [
    ...(keptOut === true ? ['drained'] : []),
    ...to.containers.flatMap((spec) => whyContainerDiffers(spec, observation)),
    ...to.registrations.flatMap((registration) => whyNotInService(registration, registrations)),
  ];
}

/**
 * How a host differs from its configuration, whatever release it runs: a deploy's `--version` is not written into the
 * configuration, so another digest is no drift.
 */
export function whyDrifted(observation: HostObservation): readonly string[] {
  const { containers, to } = observation;
  const asRunning = to.containers.map((spec) => {
    const digest = containers.find(({ name }) => name === spec.name)?.digest;
    return digest === undefined ? spec : { ...spec, image: { ...spec.image, digest } };
  });
  return whyNotConverged({ ...observation, to: { ...to, containers: asRunning } });
}

function whyContainerDiffers(
  spec: ContainerSpec,
  { containers, probed }: HostObservation,
): readonly string[] {
  const current = containers.find(({ name }) => name === spec.name);
  if (current === undefined) return [`no container "${spec.name}"`];
  if (current.labels[label.group] === undefined) return [`"${spec.name}" was not started by adfpush`];
  const reasons: string[] = [];
  if (current.digest !== spec.image.digest) reasons.push('new digest');
  if (current.labels[label.specHash] !== specHash(spec)) {
    const parts = current.labels[label.specParts] === undefined ? [] : changedParts(current.labels, spec);
    reasons.push(...(parts.length > 0 ? parts.map((part) => `${part} changed`) : ['specification changed']));
  }
  if (!current.running) reasons.push(`"${spec.name}" is not running`);
  if (!probed && isUnhealthy(current)) reasons.push(`"${spec.name}" is unhealthy`);
  return reasons;
}

/**
 * Planned containers that Docker's own health check finds unhealthy, though the group's health check decides: a new container from the same
 * image would be found so, too. Told to people, and no reason to roll.
 */
export const unhealthyByDocker = ({ containers, to, probed }: HostObservation): readonly string[] =>
  probed
    ? to.containers
        .filter(({ name }) => containers.some((one) => one.name === name && isUnhealthy(one)))
        .map(({ name }) => name)
    : [];

const isUnhealthy = ({ running, health }: ObservedContainer): boolean => running && health === 'unhealthy';

function whyNotInService(registration: Registration, targets: readonly TargetHealth[]): readonly string[] {
  const target = targets.find((one) => registrationKey(one.registration) === registrationKey(registration));
  const where = `${targetGroupNameOf(registration)}:${registration.port}`;
  if (target === undefined || isDrained(target)) return [`not registered in ${where}`];
  if (target.state === 'healthy') return [];
  return [`${target.state} in ${where}`];
}
