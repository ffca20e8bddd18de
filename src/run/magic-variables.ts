import type { Run } from '../engine/index.js';
import type { Layer } from '../expression/scope.js';
import { Variables } from '../expression/variables.js';
import type { Inventory } from '../inventory/inventory.js';
import { defined } from '../model/defined.js';
import { isoTime } from '../model/duration.js';
import type { Host } from '../model/host.js';
import type { GroupName } from '../model/ids.js';
import { LazyMapping } from '../model/lazy-mapping.js';
import { omit } from '../model/omit.js';
import { UnknownValue } from '../model/unknown.js';

type MagicRun = Pick<
  Run,
  'environment' | 'id' | 'verb' | 'checkMode' | 'startedAt' | 'owner' | 'extraVars' | 'hostVariables'
>;

/**
 * What every playbook may know of its host, of the others and of the run: `host`, `groups`, `hostvars`, `run`, `check_mode`, `omit` and
 * others. What would cost something for many hosts is made when it is asked for.
 */
export function hostLayer(
  host: Host,
  group: GroupName | undefined,
  run: MagicRun,
  inventory: Inventory,
): Layer {
  const { environment, id, verb, checkMode, startedAt, owner } = run;
  return {
    name: 'the run',
    values: {
      env: environment,
      ...defined({ group }),
      inventory_hostname: host.name,
      inventory_hostname_short: host.name.split('.')[0],
      host: { id: host.id, name: host.name, address: host.address, zone: host.zone ?? '' },
      groups: groupsOf(inventory),
      hostvars: hostVarsOf(inventory, run),
      check_mode: checkMode,
      run_id: id,
      run: {
        id,
        verb,
        environment,
        started_at: isoTime(startedAt),
        owner: owner.who,
        link: owner.link ?? '',
      },
      omit,
    },
    literal: true,
  };
}

const knownGroups = new WeakMap<Inventory, LazyMapping>();

/** The names of the hosts of each group, and of `all` and `ungrouped`. The same for every host. */
function groupsOf(inventory: Inventory): LazyMapping {
  const known = knownGroups.get(inventory);
  if (known !== undefined) return known;
  const groups = growingMapping(
    inventory,
    () => ['all', 'ungrouped', ...inventory.groupNames],
    (name) => membersOf(name, inventory).map((host) => host.name),
  );
  knownGroups.set(inventory, groups);
  return groups;
}

/**
 * A mapping whose names and values are those of an inventory at the moment at which they are asked for; what it gave is kept until hosts are
 * added. While a playbook is checked, what may be added is unknown.
 */
function growingMapping(
  inventory: Inventory,
  namesNow: () => readonly string[],
  valueNow: (name: string) => unknown,
): LazyMapping {
  const made = () => {
    const { hosts, later } = inventory;
    const there = namesNow();
    const known = new Set(there);
    const added = later?.names.filter((name) => !known.has(name)) ?? [];
    return { hosts, later, known, names: [...there, ...added], values: new Map<string, unknown>() };
  };
  let last = made();
  const now = () => {
    if (last.hosts !== inventory.hosts || last.later !== inventory.later) last = made();
    return last;
  };
  return new LazyMapping(
    () => now().names,
    (name) => now().known.has(name) || inventory.later?.mayBe(name) === true,
    (name) => {
      const { known, values } = now();
      if (!known.has(name)) return new UnknownValue(`add_host may add "${name}"`);
      const value = values.get(name) ?? valueNow(name);
      values.set(name, value);
      return value;
    },
  );
}

function membersOf(group: string, { hosts, group: named }: Inventory): readonly Host[] {
  if (group === 'all') return hosts;
  return group === 'ungrouped' ? hosts.filter(({ groups }) => groups.length === 0) : named(group);
}

/** One for each run, which is known by what its hosts share, and each list of hosts that it has. */
const knownHostVars = new WeakMap<MagicRun['hostVariables'], WeakMap<Inventory, LazyMapping>>();

/**
 * The variables of every host of the inventory by its name, those that tasks registered or set included, as far as they are set when
 * they are asked for. Those of a play or a task are not among them, as in Ansible.
 */
function hostVarsOf(inventory: Inventory, run: MagicRun): LazyMapping {
  const ofRun = knownHostVars.get(run.hostVariables) ?? new WeakMap<Inventory, LazyMapping>();
  knownHostVars.set(run.hostVariables, ofRun);
  const known = ofRun.get(inventory);
  if (known !== undefined) return known;
  let hosts = new Map<string, Host>();
  const hostVars = growingMapping(
    inventory,
    () => {
      hosts = new Map(inventory.hosts.toReversed().map((host) => [host.name, host]));
      return inventory.hosts.map(({ name }) => name);
    },
    (name) => {
      const host = hosts.get(name);
      return host && variablesOfHost(host, inventory, run);
    },
  );
  ofRun.set(inventory, hostVars);
  return hostVars;
}

/** Themselves no variable of a host: a structure would have itself inside. */
const notOfHost = ['hostvars', 'groups', 'omit'];

interface MadeVariables {
  readonly facts: readonly Layer[];
  readonly variables: Variables;
  readonly names: readonly string[];
}

function variablesOfHost(host: Host, inventory: Inventory, run: MagicRun): LazyMapping {
  let last: MadeVariables | undefined;
  const made = (): MadeVariables => {
    const own = run.hostVariables.get(host.id);
    const facts = own?.foreseen ?? own?.facts ?? [];
    // Made anew when a task registered something meanwhile.
    if (last !== undefined && isSame(last.facts, facts)) return last;
    const layers = own?.layers ?? [...inventory.layersFor(host), hostLayer(host, undefined, run, inventory)];
    const variables = Variables.of([...layers, ...facts, ...run.extraVars]);
    last = { facts, variables, names: variables.names().filter((name) => !notOfHost.includes(name)) };
    return last;
  };
  return new LazyMapping(
    () => made().names,
    (name) => made().variables.has(name) && !notOfHost.includes(name),
    (name) => made().variables.get(name),
  );
}

/** Layers are never changed: a fact that is set makes another one. */
const isSame = (one: readonly Layer[], other: readonly Layer[]): boolean =>
  one.length === other.length && one.every((layer, index) => layer === other[index]);
