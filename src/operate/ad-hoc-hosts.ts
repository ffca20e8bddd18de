import { delegatesOf, renderPattern, type Run } from '../engine/index.js';
import type { Layer } from '../expression/scope.js';
import { Variables } from '../expression/variables.js';
import type { GrowingInventory } from '../inventory/growing-inventory.js';
import type { Inventory, LaterNames } from '../inventory/inventory.js';
import { requireGroup, selectHosts } from '../inventory/patterns.js';
import type { Host } from '../model/host.js';
import { ungrouped, type GroupName, type HostId } from '../model/ids.js';
import { localHost, localName } from '../model/local-host.js';
import type { LaterHosts } from '../playbook/later-hosts.js';
import type { Play } from '../playbook/playbook.js';
import { leasesOfHosts } from '../run/lease-names.js';
import type { LeasedGroup } from '../run/leases.js';
import type { AdHocOptions } from './ad-hoc.js';

export type Choice = Pick<AdHocOptions, 'group' | 'limit'>;

export const isLocal = ({ ssh }: Pick<Host, 'ssh'>): boolean => ssh.transport === 'local';

/**
 * The hosts of each play, chosen from an inventory that may grow: by the play's pattern, and by the flags `--limit` and `--group`, which are for added
 * hosts too.
 */
export class ChosenHosts {
  readonly #patterns = new Map<Play, string>();
  readonly #local: Host;

  /** Throws `inventory.*` for a group or a limit that means no host, and `expression.*` for patterns. `later` is absent where no host may be added. */
  constructor(
    plays: readonly Play[],
    private readonly inventory: GrowingInventory,
    private readonly choice: Choice,
    private readonly later: LaterHosts | undefined,
    private readonly run: Run,
  ) {
    const variables = sharedVariables(inventory, choice, run);
    for (const play of plays) this.#patterns.set(play, renderPattern(play, variables));
    this.#local = localHost(inventory.environment);
    this.#withinFlags();
  }

  /** The hosts of a play before the playbook begins. Throws when its pattern means no host, and none that may be added. */
  before(play: Play): readonly Host[] {
    return this.#of(play, this.later);
  }

  /**
   * The hosts of a play that is about to begin: what its pattern names must be there by now, unless a task that adds it was skipped. In a dry run the
   * name of an added host may be unknown.
   */
  now(play: Play): readonly Host[] {
    const { later } = this;
    return this.#of(
      play,
      later && { names: later.names, mayBe: this.run.checkMode ? later.mayBe : later.isForeseen },
    );
  }

  /** Whether the flags leave the host in the run. */
  isWithinFlags({ id }: Host): boolean {
    return this.#withinFlags().some((host) => host.id === id);
  }

  /** `localhost` is this machine, whatever the limit, unless the inventory has a host of that name. A play that a limit empties is passed over. */
  #of(play: Play, later: LaterNames | undefined): readonly Host[] {
    const { inventory } = this;
    const pattern = this.#patterns.get(play) ?? '';
    const isListed = inventory.hosts.some(({ name, id }) => name === localName || id === localName);
    if (pattern.trim() === localName && !isListed) return [this.#local];
    const within = new Set(this.#withinFlags());
    return selectHosts(inventory, pattern, later).filter((host) => within.has(host));
  }

  #withinFlags(): readonly Host[] {
    const { inventory, later } = this;
    const { group, limit } = this.choice;
    const members = group === undefined ? inventory.hosts : requireGroup(inventory, group);
    if (limit === undefined) return members;
    const within = new Set(members);
    return selectHosts(inventory, limit, later).filter((host) => within.has(host));
  }
}

/** What a pattern may be rendered with: what is the same for all hosts. */
function sharedVariables(inventory: Inventory, { group }: Choice, { extraVars }: Run): Variables {
  const layers = inventory
    .groupLayers(group ?? 'all')
    .map((layer): Layer => (group !== undefined || layer.name !== 'facts' ? layer : withoutGroup(layer)));
  return extraVars.reduce((all, layer) => all.with(layer), Variables.of(layers));
}

/** No group was asked for: `hosts: '{{ group }}'` must not mean all hosts. */
const withoutGroup = (layer: Layer): Layer => {
  const { group: _group, ...values } = layer.values;
  return { ...layer, values };
};

/** These hosts, and those that the tasks of the plays name to act on, or that are `delegated` to; without this machine. */
export function touchedHosts(
  plays: readonly Play[],
  hosts: readonly Host[],
  inventory: Inventory,
  delegated: ReadonlySet<string>,
): readonly Host[] {
  const names = new Set([...plays.flatMap((play) => delegatesOf(play)), ...delegated]);
  const delegates =
    names.size === 0 ? [] : inventory.hosts.filter(({ id, name }) => names.has(name) || names.has(id));
  const byId = new Map([...hosts, ...delegates].map((host): [HostId, Host] => [host.id, host]));
  return [...byId.values()].filter((host) => !isLocal(host));
}

/** The groups of these hosts: those that the inventory lists, without groups that a playbook added them to; of an added host all. */
export const groupsOfHosts = (hosts: readonly Host[], inventory: GrowingInventory): readonly GroupName[] => [
  ...new Set(
    hosts.flatMap((host) => {
      const { groups } = inventory.listedHost(host) ?? host;
      return groups.length === 0 ? [ungrouped] : groups;
    }),
  ),
];

/** The leases that a change of these hosts needs. */
export const leasesOf = (hosts: readonly Host[], inventory: GrowingInventory): readonly LeasedGroup[] =>
  leasesOfHosts(
    groupsOfHosts(hosts, inventory),
    hosts.filter((host) => inventory.listedHost(host) === undefined),
    inventory.listed,
  );
