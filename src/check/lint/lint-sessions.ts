import { HostSession, type Run } from '../../engine/index.js';
import type { Layer } from '../../expression/scope.js';
import type { Inventory } from '../../inventory/inventory.js';
import type { Host } from '../../model/host.js';
import { groupName, type GroupName } from '../../model/ids.js';
import type { GroupSettings } from '../../model/settings.js';
import { UnknownValue } from '../../model/unknown.js';
import { settingsLayer } from '../../run/group-sessions.js';
import { hostLayer } from '../../run/magic-variables.js';
import type { LintedHosts } from './linted-hosts.js';
import { isDeployed } from './lint-settings.js';

/** The settings of deployed groups, as their first host has them; without those that are wrong. */
export type SettingsOfGroups = ReadonlyMap<string, GroupSettings>;

/** A session for a host of a group that is deployed, or that `--group` names. */
export function sessionOfGroup(
  host: Host,
  group: string,
  { forTasks }: LintedHosts,
  settings: SettingsOfGroups,
  run: Run,
): HostSession {
  const name = groupName(group);
  const known = settings.get(group);
  const layers = [...forTasks.layersFor(host, group), runLayer(host, name, run, forTasks)];
  if (known === undefined) return new HostSession(host, undefined, layers, run);
  const release = new UnknownValue('which release it is is known in a run');
  return new HostSession(
    host,
    { name, hosts: forTasks.group(group), settings: known },
    [...layers, settingsLayer(release, known)],
    run,
  );
}

/** A session for a host as a playbook without `--group` sees it: as a member of its only group, or of the only one that is deployed. */
export function sessionOfHost(
  host: Host,
  linted: LintedHosts,
  settings: SettingsOfGroups,
  run: Run,
): HostSession {
  const { forTasks } = linted;
  const [only, ...others] =
    host.groups.length <= 1 ? host.groups : host.groups.filter((group) => isDeployed(forTasks, group));
  if (only !== undefined && others.length === 0) return sessionOfGroup(host, only, linted, settings, run);
  const layers = forTasks.layersFor(host);
  return new HostSession(host, undefined, [...layers, runLayer(host, undefined, run, forTasks)], run);
}

/** What each playbook may know of its host and its run. What is unknown of the host already stays so. */
function runLayer(host: Host, group: GroupName | undefined, run: Run, inventory: Inventory): Layer {
  const given = hostLayer(host, group, run, inventory);
  const layers = inventory.layersFor(host);
  // Of no other name: a secret that is not set is an error as soon as its value is looked at.
  const isUnknown = (name: string): boolean =>
    layers.some(({ values }) => Object.hasOwn(values, name) && values[name] instanceof UnknownValue);
  const values = Object.entries(given.values).filter(([name]) => !isUnknown(name));
  const ofRun = new UnknownValue('it is known in a run');
  return { ...given, values: { ...Object.fromEntries(values), check_mode: ofRun, run_id: ofRun } };
}
