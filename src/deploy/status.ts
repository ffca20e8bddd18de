import type {
  ContainerStatus,
  GroupStatus,
  HostStatus,
  InterruptedStatus,
  StatusReport,
} from '../model/status-report.js';
import { describeHold, type Run } from '../engine/index.js';
import type { Inventory } from '../inventory/inventory.js';
import { label, type ObservedContainer } from '../model/container.js';
import { environmentName, groupName, type GroupName } from '../model/ids.js';
import type { HostObservation } from '../plan/observation.js';
import { whyDrifted } from '../plan/convergence.js';
import type { CommonOptions, RunHooks } from '../world/context.js';
import { resultError } from '../run/endings.js';
import { openGroup } from '../run/group-sessions.js';
import { lookForInterrupted } from '../recovery/interrupted-runs.js';
import { newRunId, noJournal, openRun } from '../run/open-run.js';
import { openWorld } from '../world/open-world.js';
import { observeGroup, type ObservedGroup } from '../check/preflight.js';
import { isUnderWay } from '../recovery/recover-first.js';
import type { World } from '../world/world.js';

export interface StatusOptions extends CommonOptions {
  readonly groups: readonly string[];
}

/** What the hosts of some groups really run, and what differs from the configuration. Changes nothing. */
export async function status(options: StatusOptions, hooks: RunHooks): Promise<StatusReport> {
  const world = await openWorld(options, hooks);
  try {
    return await statusWith(world, options, hooks);
  } finally {
    await world.close();
  }
}

export async function statusWith(
  world: World,
  options: StatusOptions,
  hooks: RunHooks,
): Promise<StatusReport> {
  const run = openRun(world, options, hooks, newRunId(world.clock, world.random), noJournal, {
    verb: 'status',
    checkMode: true,
  });
  try {
    const inventory = await run.blips.cloud.outlast(() => world.listHosts());
    const groups: GroupStatus[] = [];
    for (const group of options.groups) {
      const choice = { group, ...(options.limit === undefined ? {} : { limit: options.limit }) };
      const opened = await openGroup(inventory, choice, run);
      groups.push(groupStatus(await observeGroup(opened)));
    }
    return {
      environment: environmentName(options.environment),
      at: world.clock.now(),
      groups,
      interrupted: await interruptedOf(options.groups.map(groupName), inventory, world, run),
    };
  } finally {
    await run.bus.close();
  }
}

/** Those that hold something of these groups; not one that is under way. */
async function interruptedOf(
  groups: readonly GroupName[],
  inventory: Inventory,
  world: World,
  { forks }: Run,
): Promise<readonly InterruptedStatus[]> {
  const { runs } = await lookForInterrupted(world, inventory, { groups, forks });
  const underWay = await Promise.all(runs.map((run) => isUnderWay(run, world, inventory)));
  const names = new Map(inventory.hosts.map(({ id, name }) => [id, name]));
  return runs
    .filter((_, index) => underWay[index] !== true)
    .map(({ run, verb, groupNames, owner, at, held }) => ({
      run,
      verb,
      groups: groupNames,
      ...owner,
      since: at,
      held: [...Map.groupBy(held, ({ host }) => host)].map(([host, holds]) => ({
        host,
        name: names.get(host) ?? host,
        what: holds.map(describeHold),
      })),
    }));
}

function groupStatus({ observation, unobserved }: ObservedGroup): GroupStatus {
  const digests = observation.hosts.map(({ containers, specs }) =>
    specs.map(({ name }) => containers.find((one) => one.name === name)?.digest ?? 'none').join(' '),
  );
  const unknown = unobserved.map(({ session: { host }, error }): HostStatus => ({
    host: host.id,
    name: host.name,
    address: host.address,
    error: resultError(error),
    containers: [],
    registrations: [],
    drift: [],
    ...(host.zone === undefined ? {} : { zone: host.zone }),
  }));
  return {
    group: observation.group,
    hosts: [...observation.hosts.map(hostStatus), ...unknown],
    mixed: new Set(digests).size > 1,
  };
}

function hostStatus(observation: HostObservation): HostStatus {
  const { host, containers, specs, registrations } = observation;
  const running = specs.flatMap(({ name }) => containers.filter((one) => one.name === name));
  return {
    host: host.id,
    name: host.name,
    address: host.address,
    containers: running.map(containerStatus),
    registrations: registrations.map(({ registration, state }) => ({ registration, state })),
    drift: whyDrifted(observation),
    ...(host.zone === undefined ? {} : { zone: host.zone }),
  };
}

function containerStatus(container: ObservedContainer): ContainerStatus {
  const version = container.labels[label.release];
  const { name, running, restartCount, digest, health, startedAt } = container;
  return {
    name,
    running,
    restartCount,
    ...(version === undefined ? {} : { version }),
    ...(digest === undefined ? {} : { digest }),
    ...(health === undefined ? {} : { health }),
    ...(startedAt === undefined ? {} : { startedAt }),
  };
}
