import { type HostGroup, HostSession, type Run } from '../engine/index.js';
import { errorsOf } from '../errors/adf-error.js';
import { probeWithoutSecret } from '../errors/recover.js';
import { mask } from '../events/redaction.js';
import type { Inventory } from '../inventory/inventory.js';
import type { ContainerTemplate } from '../model/container.js';
import { defined } from '../model/defined.js';
import type { HealthProbe } from '../model/health.js';
import { targetGroupsOf, touchesHost, type ContainerHold, type Hold } from '../model/hold.js';
import { containerHolds, defaultStopTimeout, withProbe } from '../model/holds/container.js';
import type { Host } from '../model/host.js';
import type { GroupName } from '../model/ids.js';
import type { GroupRecord } from '../model/run-record.js';
import type { TargetGroupChoice } from '../model/settings.js';
import { configuredProbe, settingsAt } from '../run/group-sessions.js';

/** A session for a host of an interrupted run, with the interlocks of a run, from what is written down: no playbook, no variables. */
export function recoverySession(
  host: Host,
  record: GroupRecord | undefined,
  held: readonly Hold[],
  run: Run,
  inventory: Inventory,
): HostSession {
  const session = new HostSession(host, record && groupOf(host, record, held, inventory), [], run);
  // What the interrupted run did to them is not known: health is proven, not assumed.
  session.known.containersTouched = touchesHost(held);
  if (record !== undefined) session.known.settingsAt = settingsAt(inventory, host, record.name, run);
  return session;
}

function groupOf(host: Host, record: GroupRecord, held: readonly Hold[], inventory: Inventory): HostGroup {
  const listed = inventory.group(record.name);
  const probe = containerHolds(held).find((hold) => hold.probe !== undefined)?.probe;
  return {
    name: record.name,
    hosts: listed.includes(host) ? listed : [...listed, host],
    ...defined({ release: record.release }),
    settings: {
      containers: containerHolds(held).map(templateOf),
      targetGroups: choiceOf(record, held),
      rollout: record.rollout,
      ...defined({ health: probe }),
    },
  };
}

/** Those of the group, and those that only the run's playbook named: each has a floor and a deregistration delay. */
function choiceOf({ targetGroups }: GroupRecord, held: readonly Hold[]): TargetGroupChoice {
  const names = [...new Set([...targetGroups, ...targetGroupsOf(held)])];
  return names.length === 0 ? { kind: 'none' } : { kind: 'named', names };
}

/** As much of a container as restoring needs: its name, and how long it may take to stop. */
const templateOf = ({ name, stopTimeout }: ContainerHold): ContainerTemplate => ({
  ...nothingKnown,
  name,
  stopTimeout: stopTimeout ?? defaultStopTimeout,
});

const nothingKnown: Omit<ContainerTemplate, 'name' | 'stopTimeout'> = {
  ports: [],
  env: {},
  volumes: [],
  networks: [],
  labels: {},
  restart: { name: 'no' },
  limits: {},
  extraHosts: [],
};

/**
 * The holds with a health check that can be made: one that was written down without its secret is the project's own. Throws
 * `recover.probe` when that cannot be read.
 */
export function withKnownProbe(
  host: Host,
  group: GroupName | undefined,
  holds: readonly Hold[],
  run: Run,
  inventory: Inventory,
): readonly Hold[] {
  if (!containerHolds(holds).some(({ probe }) => probe !== undefined && hasMask(probe))) return holds;
  const probe = group === undefined ? undefined : probeOf(host, group, run, inventory);
  if (probe === undefined) throw probeWithoutSecret(host, 'its group has no health check any more.');
  return withProbe(holds, probe);
}

function probeOf(host: Host, group: GroupName, run: Run, inventory: Inventory): HealthProbe | undefined {
  try {
    return configuredProbe(inventory, host, group, run);
  } catch (error) {
    throw probeWithoutSecret(host, errorsOf(error)[0].message);
  }
}

const hasMask = (probe: HealthProbe): boolean => JSON.stringify(probe).includes(mask);
