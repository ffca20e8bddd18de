import { plannedRegistrations } from '../../src/plan/planned-registrations.js';
import type { GroupObservation, HostObservation } from '../../src/plan/observation.js';
import { makeHost } from '../fakes/make-host.js';
import {
  makeRegistration,
  makeSpec,
  makeTargetGroup,
  observeGroup,
  observeHost,
  target,
} from '../stages/plan-parts.js';

const ids = Array.from({ length: 10_000 }, (_, index) => `i-${index}`);
const specs = [
  makeSpec({
    ports: [5060, 5070].map((hostPort) => ({ hostPort, containerPort: 5000, protocol: 'tcp' as const })),
  }),
];

/** In service on two ports each, in three zones that are not balanced across. */
const inService = (id: string, index: number): HostObservation => {
  const planned = [5060, 5070].map((port) => makeRegistration(id, 'api-http', port));
  const zone = ['a', 'b', 'c'][index % 3];
  return observeHost(
    id,
    { to: { containers: specs, registrations: planned }, registrations: planned.map((one) => target(one)) },
    zone,
  );
};

/** A group of 10,000 hosts, all in service. */
export function tenThousandHosts(serial: GroupObservation['rollout']['serial']): GroupObservation {
  const group = observeGroup(ids.map(inService));
  return {
    ...group,
    rollout: { ...group.rollout, serial },
    targetGroups: group.targetGroups.map(({ targets }) => ({
      targetGroup: makeTargetGroup('api-http', { crossZone: false }),
      targets,
    })),
  };
}

/** Plans the registrations of 10,000 hosts of which half are registered. Gives the number of them for each host. */
export function placesOfNewHosts(): readonly number[] {
  const peers = ids.map((id) => makeHost(id));
  const targets = ids.slice(0, 5_000).map((id) => target(makeRegistration(id)));
  return peers.map(
    (host) => plannedRegistrations(host, makeTargetGroup(), targets, [], { peers, containers: specs }).length,
  );
}
