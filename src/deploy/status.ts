import { defined } from '../model/defined.js';
import type {
  ContainerStatus,
  GroupStatus,
  HostStatus,
  InterruptedStatus,
  StatusReport,
} from '../model/status-report.js';
import { type Run } from '../engine/index.js';
import type { Inventory } from '../inventory/inventory.js';
import { label, type ObservedContainer } from '../model/container.js';
import { groupName, type GroupName } from '../model/ids.js';
import type { HostObservation } from '../plan/observation.js';
import { whyDrifted } from '../plan/convergence.js';
import { inWorld } from '../world/open-world.js';
import type { CommonOptions, RunHooks } from '../world/context.js';
import { resultError } from '../run/endings.js';
import { fetchSecrets, withSettings } from '../run/fetch-secrets.js';
import { tellUnmatched } from '../run/tell-unmatched.js';
import { openGroup } from '../run/group-sessions.js';
import { lookForInterrupted } from '../recovery/interrupted-runs.js';
import { withRun } from '../run/with-run.js';
import { observeHosts, type ObservedHosts } from '../check/preflight.js';
import { notUnderWay } from '../recovery/recover-first.js';
import { interruptedStatus } from '../recovery/tell-interrupted.js';
import type { World } from '../world/world.js';

export interface StatusOptions extends CommonOptions {
  readonly groups: readonly string[];
}

/** What the hosts of some groups really run, and what differs from the configuration. Changes nothing. */
export const status = (options: StatusOptions, hooks: RunHooks): Promise<StatusReport> =>
  inWorld(options, hooks, (world) => statusWith(world, options, hooks));

export const statusWith = (world: World, options: StatusOptions, hooks: RunHooks): Promise<StatusReport> =>
  withRun(world, options, hooks, { verb: 'status', checkMode: true }, async (run) => {
    const inventory = await run.blips.cloud.outlast(() => world.listHosts());
    await tellUnmatched(world, inventory, run);
    const groups: GroupStatus[] = [];
    for (const group of options.groups) {
      const choice = { group, ...defined({ limit: options.limit }) };
      await fetchSecrets(world, inventory, withSettings(inventory.group(group), group), run);
      const opened = await openGroup(inventory, choice, run);
      groups.push(groupStatus(opened.group, await observeHosts(opened)));
    }
    return {
      environment: run.environment,
      at: world.clock.now(),
      groups,
      interrupted: await interruptedOf(options.groups.map(groupName), inventory, world, run),
    };
  });

/** Those that hold something of these groups; not one that is under way. */
async function interruptedOf(
  groups: readonly GroupName[],
  inventory: Inventory,
  world: World,
  { forks }: Run,
): Promise<readonly InterruptedStatus[]> {
  const { runs } = await lookForInterrupted(world, inventory, { groups, forks });
  const dead = await notUnderWay(runs, world, inventory);
  return dead.map((run) => interruptedStatus(run, inventory));
}

function groupStatus(group: GroupName, { hosts, unobserved }: ObservedHosts): GroupStatus {
  const digests = hosts.map(({ containers, to }) =>
    to.containers.map(({ name }) => containers.find((one) => one.name === name)?.digest ?? 'none').join(' '),
  );
  const unknown = unobserved.map(({ session: { host }, error }): HostStatus => ({
    host: host.id,
    name: host.name,
    address: host.address,
    error: resultError(error),
    containers: [],
    registrations: [],
    drift: [],
    ...defined({ zone: host.zone }),
  }));
  return {
    group,
    hosts: [...hosts.map(hostStatus), ...unknown],
    mixed: new Set(digests).size > 1,
  };
}

function hostStatus(observation: HostObservation): HostStatus {
  const { host, containers, to, registrations } = observation;
  const running = to.containers.flatMap(({ name }) => containers.filter((one) => one.name === name));
  return {
    host: host.id,
    name: host.name,
    address: host.address,
    containers: running.map(containerStatus),
    registrations: registrations.map(({ registration, state }) => ({ registration, state })),
    drift: whyDrifted(observation),
    ...defined({ zone: host.zone }),
  };
}

function containerStatus(container: ObservedContainer): ContainerStatus {
  const version = container.labels[label.release];
  const { name, running, restartCount, digest, health, startedAt } = container;
  return {
    name,
    running,
    restartCount,
    ...defined({ version, digest, health, startedAt }),
  };
}
