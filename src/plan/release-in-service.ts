import type { ObservedContainer } from '../model/container.js';
import type { Digest } from '../model/ids.js';
import type { HostObservation } from './observation.js';

/** What a host in service runs of its group: the digest of each container that runs, by its name. Empty for a host that is not in service. */
export type ReleaseInService = ReadonlyMap<string, Digest>;

const nothing: ReleaseInService = new Map();

/** Two of these hosts, each in service, run a container of the same name from different digests. */
export const isMixed = (hosts: readonly ReleaseInService[]): boolean => {
  const digests = Map.groupBy(
    hosts.flatMap((host) => [...host]),
    ([name]) => name,
  );
  return [...digests.values()].some((same) => new Set(same.map(([, digest]) => digest)).size > 1);
};

/** In service is a host with a healthy target; in a group without target groups every host is. */
export function releaseInService(seen: HostObservation, isBehindTargetGroups: boolean): ReleaseInService {
  if (isBehindTargetGroups && !seen.registrations.some(({ state }) => state === 'healthy')) return nothing;
  return releaseOf(seen.containers, seen);
}

/** What these containers are of the host's group. */
export function releaseOf(
  containers: readonly ObservedContainer[],
  { to }: Pick<HostObservation, 'to'>,
): ReleaseInService {
  const names = new Set(to.containers.map(({ name }) => name));
  return new Map(
    containers.flatMap(({ name, running, digest }) =>
      names.has(name) && running && digest !== undefined ? [[name, digest] as const] : [],
    ),
  );
}

/** What it would be for a host that is as planned. */
export const plannedRelease = ({ to }: HostObservation): ReleaseInService =>
  new Map(to.containers.map(({ name, image }) => [name, image.digest]));

/** A container that ran before and does not run now. */
export const hasLostContainer = (before: HostObservation, now: HostObservation): boolean =>
  before.to.containers.some(
    ({ name }) =>
      before.containers.some((one) => one.name === name && one.running) &&
      !now.containers.some((one) => one.name === name && one.running),
  );
