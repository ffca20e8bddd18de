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
import { describeDrained, type DrainedHost } from '../model/drained-hosts.js';
import type { GroupName } from '../model/ids.js';
import type { Release } from '../model/release.js';
import type { HostObservation } from '../plan/observation.js';
import { currentRelease } from '../plan/previous-release.js';
import { whyDrifted } from '../plan/convergence.js';
import { inWorld } from '../world/open-world.js';
import type { CommonOptions, RunHooks } from '../world/context.js';
import { resultError } from '../run/endings.js';
import { namedGroups } from '../run/described-groups.js';
import { fetchSecrets, withSettings } from '../run/fetch-secrets.js';
import { tellUnmatched } from '../run/tell-unmatched.js';
import { drainedAmong, type KeptOut } from '../run/drained.js';
import { openGroup, type GroupSessions } from '../run/group-sessions.js';
import { lookForInterrupted } from '../recovery/interrupted-runs.js';
import { maintenanceOf, targetGroupsOf } from '../run/in-maintenance.js';
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
    const names = namedGroups(options.groups, inventory);
    for (const group of names) {
      const choice = { group, ...defined({ limit: options.limit }) };
      await fetchSecrets(world, inventory, withSettings(inventory.group(group), group), run);
      const opened = await openGroup(inventory, choice, run);
      const { keptOut } = await drainedAmong(opened.sessions, opened, run);
      const maintenance = await maintenanceOf(opened.group, await targetGroupsOf(opened), opened.run);
      groups.push({
        ...groupStatus(opened, await observeHosts(opened), keptOut),
        ...defined({ maintenance }),
      });
    }
    return {
      environment: run.environment,
      at: world.clock.now(),
      groups,
      interrupted: await interruptedOf(names, inventory, world, run),
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

/** A host that is kept out of service does not make its group mixed. */
function groupStatus(
  { group, run: { environment } }: Pick<GroupSessions, 'group' | 'run'>,
  { hosts, unobserved }: ObservedHosts,
  keptOut: readonly KeptOut[],
): GroupStatus {
  const drained = new Map(keptOut.map((one) => [one.session.host.id, one.drained]));
  const others = hosts.filter(({ host }) => !drained.has(host.id));
  const digests = others.map(({ containers, to }) =>
    to.containers.map(({ name }) => containers.find((one) => one.name === name)?.digest ?? 'none').join(' '),
  );
  const owner = { environment, group };
  const running = others.flatMap(({ containers }) => currentRelease(containers, owner) ?? []);
  const unknown = unobserved.map(({ session: { host }, error }): HostStatus => ({
    host: host.id,
    name: host.name,
    address: host.address,
    error: resultError(error),
    containers: [],
    registrations: [],
    ...whyKeptOut(drained.get(host.id), []),
    ...defined({ zone: host.zone }),
  }));
  return {
    group,
    hosts: [
      ...hosts.map((seen) => {
        const behind = isBehind(currentRelease(seen.containers, owner), running);
        return { ...hostStatus(seen), ...whyKeptOut(drained.get(seen.host.id), behind, seen) };
      }),
      ...unknown,
    ],
    mixed: new Set(digests).size > 1,
  };
}

/** A host that is drained differs by that, and by what it missed; not by that it is registered nowhere. */
function whyKeptOut(
  drained: DrainedHost | undefined,
  behind: readonly string[],
  seen?: HostObservation,
): Pick<HostStatus, 'drained' | 'drift'> {
  const without = seen && { ...seen, to: { ...seen.to, registrations: [] } };
  if (drained === undefined) return { drift: seen === undefined ? [] : whyDrifted(seen) };
  return {
    drained,
    drift: [describeDrained(drained), ...behind, ...(without === undefined ? [] : whyDrifted(without))],
  };
}

/** The release of a drained host, where the hosts in service all run another one. */
function isBehind(own: Release | undefined, running: readonly Release[]): readonly string[] {
  const [first] = running;
  const agree = running.every(({ image }) => image.digest === first?.image.digest);
  if (own === undefined || first === undefined || !agree || own.image.digest === first.image.digest)
    return [];
  return [`on ${own.version}, the group runs ${first.version}`];
}

function hostStatus(observation: HostObservation): Omit<HostStatus, 'drift'> {
  const { host, containers, to, registrations } = observation;
  const running = to.containers.flatMap(({ name }) => containers.filter((one) => one.name === name));
  return {
    host: host.id,
    name: host.name,
    address: host.address,
    containers: running.map(containerStatus),
    registrations: registrations.map(({ registration, state }) => ({ registration, state })),
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
