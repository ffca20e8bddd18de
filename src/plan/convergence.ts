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
  const { containers, specs, planned, registrations } = observation;
  return [
    ...specs.flatMap((spec) => whyContainerDiffers(spec, containers)),
    ...planned.flatMap((registration) => whyNotInService(registration, registrations)),
  ];
}

/**
 * How a host differs from its configuration, whatever release it runs: a deploy's `--version` is not written into the
 * configuration, so another digest is no drift.
 */
export function whyDrifted(observation: HostObservation): readonly string[] {
  const { containers, specs } = observation;
  const asRunning = specs.map((spec) => {
    const digest = containers.find(({ name }) => name === spec.name)?.digest;
    return digest === undefined ? spec : { ...spec, image: { ...spec.image, digest } };
  });
  return whyNotConverged({ ...observation, specs: asRunning });
}

function whyContainerDiffers(
  spec: ContainerSpec,
  containers: readonly ObservedContainer[],
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
  if (current.health === 'unhealthy') reasons.push(`"${spec.name}" is unhealthy`);
  return reasons;
}

function whyNotInService(registration: Registration, targets: readonly TargetHealth[]): readonly string[] {
  const target = targets.find((one) => registrationKey(one.registration) === registrationKey(registration));
  const where = `${targetGroupNameOf(registration)}:${registration.port}`;
  if (target === undefined || isDrained(target)) return [`not registered in ${where}`];
  if (target.state === 'healthy') return [];
  return [`${target.state} in ${where}`];
}
