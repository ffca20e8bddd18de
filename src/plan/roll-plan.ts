import { defined } from '../model/defined.js';
import type { Milliseconds } from '../model/duration.js';
import { describeHost } from '../model/host.js';
import type { HostId } from '../model/ids.js';
import type { HostPlan, Plan, TargetGroupPlan } from '../model/plan.js';
import { floorOf } from '../model/settings.js';
import {
  allowanceOfHosts,
  allowanceOfTargets,
  runningHosts,
  runs,
  spareHosts,
  type Allowance,
} from './allowance.js';
import { expectedBatches, rollOrder } from './batches.js';
import { unhealthyByDocker, whyNotConverged } from './convergence.js';
import { floorFor, isRegistered } from './floor.js';
import type { GroupObservation, HostObservation } from './observation.js';
import { stateFound } from './plan-report.js';
import { isFresh, unknownMounts } from './preflight.js';
import { Rotation, zonesOf } from './rotation.js';

/** What deploy will do to a group that passed preflight.ts: from and to, host by host, batch by batch. */
export function planRoll(group: GroupObservation): Plan {
  const hosts = group.hosts.map(planHost);
  const rolled = new Set(hosts.filter(({ action }) => action === 'roll').map(({ host }) => host));
  const order = rollOrder(
    group.hosts
      .filter(({ host }) => rolled.has(host.id))
      .map((observation) => ({
        host: observation.host.id,
        healthy: counts(observation),
        ...defined({ zone: observation.host.zone }),
      })),
  );
  const batches = expectedBatches(order, group.rollout.serial, allowanceOf(group));
  return {
    environment: group.environment,
    group: group.group,
    release: group.release,
    hosts,
    batches,
    targetGroups: group.targetGroups.map(({ targetGroup, targets }): TargetGroupPlan => {
      const registered = targets.filter(isRegistered);
      return {
        arn: targetGroup.arn,
        name: targetGroup.name,
        deregistrationDelay: targetGroup.deregistrationDelay,
        registered: registered.length,
        healthy: registered.filter(({ state }) => state === 'healthy').length,
        floor: floorOf(group.rollout.minHealthy, registered.length),
      };
    }),
    rollout: group.rollout,
    minimumDuration: minimumDuration(group, batches),
    warnings: warningsOf(group),
  };
}

/** A host that carries traffic, or runs where there is no load balancer: only taking such a one costs anything. */
const counts = (observation: HostObservation): boolean =>
  observation.to.registrations.length > 0
    ? observation.registrations.some(({ state }) => state === 'healthy')
    : runs(observation);

/** What may be out at once, as things are now. */
function allowanceOf({ hosts, peers, targetGroups, rollout: { minHealthy } }: GroupObservation): Allowance {
  if (targetGroups.length === 0) {
    return allowanceOfHosts(spareHosts(runningHosts(peers, hosts), peers.length, minHealthy));
  }
  const zoneOf = zonesOf(peers);
  const rotations = targetGroups.map(
    ({ targetGroup, targets }) =>
      new Rotation(floorFor(targetGroup, targets, minHealthy), targets, new Set(), zoneOf),
  );
  return allowanceOfTargets(
    hosts.map(({ host }) => host),
    rotations,
  );
}

function planHost(observation: HostObservation): HostPlan {
  const { host, containers, registrations, to } = observation;
  const { version, apiVersion, address } = observation.runtime;
  const reasons = whyNotConverged(observation);
  return {
    host: host.id,
    name: host.name,
    address: host.address,
    engine: { version, apiVersion, address },
    action: reasons.length === 0 ? 'converged' : 'roll',
    from: stateFound(containers, registrations, to),
    to,
    reasons: reasons.length === 0 ? [] : [...reasons, ...madeAgain(observation)],
    ...defined({ zone: host.zone }),
  };
}

/** That the host's container of the release is not started as it is kept. */
function madeAgain({ keptSecrets }: HostObservation): readonly string[] {
  if (keptSecrets === undefined) return [];
  const isTaken = 'taken' in keptSecrets;
  const names = isTaken ? keptSecrets.taken : keptSecrets.changed;
  if (names.length === 0) return [];
  const its = `its ${names.length === 1 ? 'secret' : 'secrets'} ${names.map((name) => `"${name}"`).join(', ')}`;
  return [isTaken ? `made again, ${its} as kept` : `made again, ${its} changed`];
}

/** The waiting alone: per batch the longest deregistration delay, where a host of it is registered, and the bake. */
function minimumDuration(group: GroupObservation, batches: readonly (readonly HostId[])[]): Milliseconds {
  const delay = Math.max(0, ...group.targetGroups.map(({ targetGroup }) => targetGroup.deregistrationDelay));
  const registered = new Set(
    group.hosts.filter(({ registrations }) => registrations.some(isRegistered)).map(({ host }) => host.id),
  );
  return batches.reduce(
    (total, batch) => total + (batch.some((host) => registered.has(host)) ? delay : 0) + group.rollout.bake,
    0,
  );
}

function warningsOf(group: GroupObservation): readonly string[] {
  const warnings: string[] = [];
  const { hosts, rollout, targetGroups } = group;
  if (floorOf(rollout.minHealthy, Math.max(1, hosts.length)) === 0) {
    warnings.push('min_healthy is 0: downtime is accepted.');
  }
  for (const observation of hosts) {
    for (const name of unhealthyByDocker(observation)) {
      warnings.push(
        `${describeHost(observation.host)}: Docker's own health check finds "${name}" unhealthy. The group's \`health\` decides; see why: docker inspect ${name}`,
      );
    }
    if (targetGroups.length === 0 || observation.registrations.some(isRegistered)) continue;
    if (isFresh(observation, group.group)) {
      const where = observation.to.registrations.map(({ port }) => port).join(', ');
      warnings.push(`${describeHost(observation.host)} is new: it will be registered on port ${where}.`);
    }
  }
  warnings.push(...aboutSecrets(group), ...enginesElsewhere(hosts));
  for (const { targetGroup } of targetGroups) {
    if (targetGroup.slowStart > rollout.bake) {
      warnings.push(
        `Target group "${targetGroup.name}" has a slow start longer than the bake: a fault may show only after it.`,
      );
    }
  }
  return [...warnings, ...unknownMounts(group)];
}

/** Old secrets that come back; and containers of before there were hashes, or under a lost key, which get today's all the same. */
function aboutSecrets({ hosts, release }: GroupObservation): readonly string[] {
  const taking = hosts.filter(({ keptSecrets: kept }) => kept !== undefined && 'taken' in kept);
  const unknown = hosts.filter(
    ({ keptSecrets: kept }) => kept !== undefined && 'areKnown' in kept && !kept.areKnown,
  );
  if (taking.length > 0) {
    return [
      `On ${someOf(taking)} secrets that are others today come back, as they were in ${release.version}: --secrets kept. Those that were revoked do not work any more.`,
    ];
  }
  if (unknown.length === 0) return [];
  return [
    `Whether secrets changed since ${someOf(unknown)} ran ${release.version} is not known: the containers kept there have no hashes of them, or hashes under a key that no host has. They are made again with today's.`,
  ];
}

function someOf(hosts: readonly HostObservation[]): string {
  const names = hosts.map(({ host }) => describeHost(host));
  return names.length > 4 ? `${names.slice(0, 3).join(', ')} and ${names.length - 3} more` : names.join(', ');
}

/** What a person who looks at such a host with `docker ps` does not see. One line for all hosts that are alike in this. */
function enginesElsewhere(hosts: readonly HostObservation[]): readonly string[] {
  const differing = hosts.filter(({ runtime }) => runtime.elsewhere !== undefined);
  const byWay = Map.groupBy(differing, ({ runtime: { address, elsewhere } }) => `${address} ${elsewhere}`);
  return [...byWay.values()].flatMap((alike) => {
    const [first] = alike;
    if (first === undefined) return [];
    const { address, elsewhere = '' } = first.runtime;
    return [
      `On ${someOf(alike)} the login user's docker goes to ${elsewhere}, not to the Engine that is deployed to, ${address}. \`docker: { follow_context: true }\` follows the user.`,
    ];
  });
}
