import {
  Delegates,
  forHostsOfGroups,
  type Growth,
  type HostGroup,
  HostSession,
  mayTakeHostsOut,
  type Run,
} from '../engine/index.js';
import { floorsDiffer, leftOutByFlags, nothingToPlay, severalGroups } from '../errors/ad-hoc.js';
import type { Layer } from '../expression/scope.js';
import { readOperatedSettings } from '../inventory/group-settings.js';
import { GrowingInventory } from '../inventory/growing-inventory.js';
import type { Inventory } from '../inventory/inventory.js';
import { defined } from '../model/defined.js';
import type { Host } from '../model/host.js';
import { groupName, type GroupName, type HostId } from '../model/ids.js';
import type { Release } from '../model/release.js';
import { formatAmount } from '../model/settings.js';
import { UnknownValue } from '../model/unknown.js';
import { laterHosts } from '../playbook/later-hosts.js';
import { isOpenEnded, tasksOf, type Play, type Playbook } from '../playbook/playbook.js';
import { describingGroups } from '../run/described-groups.js';
import { fetchSecrets } from '../run/fetch-secrets.js';
import { releaseValue, settingsIn, settingsLayer } from '../run/group-sessions.js';
import type { LeasedGroup } from '../run/leases.js';
import { hostLayer } from '../run/magic-variables.js';
import type { World } from '../world/world.js';
import { ChosenHosts, groupsOfHosts, isLocal, leasesOf, touchedHosts, type Choice } from './ad-hoc-hosts.js';
import { lookAtReleases } from './releases-there.js';

/** Without `look` no host is asked, and none has settings. */
type Look = { readonly look?: boolean } & Pick<World, 'secrets'>;

/**
 * Finds the hosts of each play, and makes a session for each. Where a task needs the host's group, each host has the settings of its group:
 * its target groups, containers, health check; and its release is the one that it runs. Throws `inventory.*` for patterns and limits that
 * mean no host, `ad_hoc.*`, and what is wrong with the settings.
 */
export async function openFleet(
  playbook: Playbook,
  listed: Inventory,
  choice: Choice,
  whole: Run,
  look: Look = {},
): Promise<AdHocFleet> {
  const inventory = new GrowingInventory(listed);
  const fleet = new AdHocFleet(playbook, inventory, choice, whole, look);
  await fleet.open();
  return fleet;
}

/** The hosts that an ad-hoc playbook is played on: those that are there when it begins, and those that its tasks add. */
export class AdHocFleet {
  /** The run, in which each host is held for its own group. */
  readonly run: Run;
  readonly #sessions = new Map<HostId, HostSession>();
  /** The group that each host is seen in. */
  readonly #groups = new Map<HostId, GroupName | undefined>();
  /** What is known of hosts besides what the inventory says. */
  readonly #settings = new Map<HostId, Layer>();
  readonly #chosen: ChosenHosts;
  readonly #delegates: Delegates;
  readonly #playbook: Playbook;
  readonly #inventory: GrowingInventory;
  readonly #choice: Choice;
  readonly #look: Look;
  /** The names and ids of hosts that tasks change in the place of their own, where a check of the playbook found them. */
  readonly #delegated = new Set<string>();
  /** The hosts of each play when hosts were added last. */
  readonly #met = new Map<Play, ReadonlySet<HostId>>();
  /** A task added hosts, or more of some. */
  hasGrown = false;
  /** What is done before a task changes an added host in the place of its own. */
  hold: Growth['hold'] = () => Promise.resolve();

  constructor(playbook: Playbook, inventory: GrowingInventory, choice: Choice, whole: Run, look: Look) {
    this.#playbook = playbook;
    this.#inventory = inventory;
    this.#choice = choice;
    this.#look = look;
    this.#delegates = new Delegates(inventory);
    const later = laterHosts(playbook);
    this.later = later;
    const growth: Growth = {
      add: async (added, at) => {
        const host = await inventory.add(added, at);
        this.#joined(host);
        return host;
      },
      hold: (host) => this.hold(host),
      mayAdd: (name) => inventory.later?.mayBe(name) === true,
    };
    const { targetOf } = this.#delegates;
    this.run = { ...forHostsOfGroups(whole, ({ id }) => this.#groups.get(id)), targetOf, growth };
    this.#chosen = new ChosenHosts(playbook.plays, inventory, choice, later, whole);
  }

  /** The names that tasks may add; absent where none adds hosts. */
  readonly later: ReturnType<typeof laterHosts>;

  /** In the inventory's order, those that joined last. */
  get sessions(): readonly HostSession[] {
    return [...this.#sessions.values()];
  }

  /** All groups of these hosts; `ungrouped` for hosts in none. */
  get groups(): readonly GroupName[] {
    return groupsOfHosts(this.#touched, this.#inventory);
  }

  /** The leases that a change of these hosts needs. */
  get leases(): readonly LeasedGroup[] {
    return this.leasesOf(this.#touched);
  }

  leasesOf(hosts: readonly Host[]): readonly LeasedGroup[] {
    return leasesOf(hosts, this.#inventory);
  }

  /** A task added it, or more of it. */
  isAdded(host: Host): boolean {
    return this.#inventory.isAdded(host);
  }

  /** The groups of those of its hosts whose leases are held. */
  groupsUnder(held: ReadonlySet<GroupName>): readonly GroupName[] {
    const isHeld = (host: Host): boolean =>
      this.leasesOf([host]).every(({ opened }) => held.has(opened.group));
    return groupsOfHosts(this.#touched.filter(isHeld), this.#inventory);
  }

  get #touched(): readonly Host[] {
    const hosts = this.sessions.map(({ host }) => host);
    return touchedHosts(this.#playbook.plays, hosts, this.#inventory, this.#delegated);
  }

  /** Those of its hosts that the inventory does not list. */
  get added(): readonly Host[] {
    return this.#touched.filter((host) => this.#inventory.listedHost(host) === undefined);
  }

  /** The hosts of a play, as far as they are there. */
  readonly select = (play: Play): readonly HostSession[] =>
    this.#sessionsOf(this.hasGrown ? this.#chosen.now(play) : this.#chosen.before(play));

  #sessionsOf(hosts: readonly Host[]): readonly HostSession[] {
    return hosts.flatMap(({ id }) => this.#sessions.get(id) ?? []);
  }

  /** Before the playbook begins. */
  async open(): Promise<void> {
    const { plays } = this.#playbook;
    const selected = new Map(plays.map((play) => [play, this.#chosen.before(play)]));
    await this.#open(selected);
    if (this.#sessions.size === 0) throw nothingToPlay(this.#choice.limit, this.#choice.group);
    for (const [play, hosts] of selected) this.#met.set(play, idsOf(hosts));
  }

  /**
   * Right before a play begins: makes sessions for hosts that it has since a task added them. Gives the hosts that were not known to be among
   * those of the play. Throws as `openFleet`.
   */
  async meet(play: Play): Promise<readonly HostSession[]> {
    if (!this.hasGrown && this.later === undefined) return [];
    const hosts = this.#chosen.now(play);
    await this.#open(new Map([[play, hosts]]));
    const met = this.#met.get(play);
    this.#met.set(play, idsOf(hosts));
    return this.#sessionsOf(hosts.filter(({ id }) => met?.has(id) !== true));
  }

  /** The hosts of these names or ids are touched, too. */
  knowDelegates(names: Iterable<string>): void {
    for (const name of names) this.#delegated.add(name);
  }

  /** While something is checked that runs later, what may be added is unknown. */
  async beforehand<T>(check: () => Promise<T>): Promise<T> {
    this.#inventory.later = this.later;
    try {
      return await check();
    } finally {
      // In a dry run, what would be added may stay unknown.
      if (!this.run.checkMode) this.#inventory.later = undefined;
    }
  }

  #joined(host: Host): void {
    this.hasGrown = true;
    const session = this.#sessions.get(host.id);
    if (session !== undefined) session.variables.layers = this.#layersOf(host);
    if (this.#chosen.isWithinFlags(host)) return;
    const message = leftOutByFlags(this.#choice.limit, this.#choice.group);
    this.run.bus.emit({ type: 'warning', host: { id: host.id, name: host.name }, message });
  }

  async #open(selected: ReadonlyMap<Play, readonly Host[]>): Promise<void> {
    const inventory = this.#inventory;
    const { run } = this;
    const { look = true, secrets } = this.#look;
    const chosen = idsOf([...selected.values()].flat());
    const locals = [...selected.values()].flat().filter(isLocal);
    const hosts = [...inventory.hosts, ...new Map(locals.map((host) => [host.id, host])).values()].filter(
      ({ id }) => chosen.has(id),
    );
    const members = idsOf(
      [...selected].flatMap(([play, ofPlay]) => (look && mayNeedGroups(play) ? ofPlay : [])),
    );
    const isReady = ({ id }: Host): boolean => {
      const session = this.#sessions.get(id);
      return session !== undefined && (session.group !== undefined || !members.has(id));
    };
    const fresh = [...new Map(hosts.map((host) => [host.id, host])).values()].filter(
      (host) => !isReady(host),
    );
    for (const host of fresh)
      this.#groups.set(host.id, groupOf(host, inventory, this.#choice, members.has(host.id)));
    const seen = fresh.map((host) => ({
      host,
      group: this.#groups.get(host.id),
      hasSettings: members.has(host.id),
    }));
    await fetchSecrets(defined({ secrets }), inventory, seen, run);
    const looked = seen.flatMap(({ host, group, hasSettings }) =>
      hasSettings && group !== undefined ? [{ host, group }] : [],
    );
    const releases = await lookAtReleases(looked, inventory, run);
    for (const { host } of seen) this.#makeSession(host, releases.get(host.id));
    for (const play of selected.keys())
      refuseDifferentFloors(play, this.#sessionsOf(selected.get(play) ?? []));
    run.floor.knowZones(inventory.hosts);
    this.#delegates.open(run, this.sessions);
  }

  #makeSession(host: Host, release: Release | UnknownValue | undefined): void {
    const group = release === undefined ? undefined : this.#groupOf(host, release);
    const layers = this.#layersOf(host);
    const session = this.#sessions.get(host.id);
    if (session === undefined) this.#sessions.set(host.id, new HostSession(host, group, layers, this.run));
    else if (group !== undefined) {
      session.variables.layers = layers;
      session.seeIn(group);
    }
  }

  /** The group of a host as the project has it, and `release`: what runs there. */
  #groupOf(host: Host, release: Release | UnknownValue): HostGroup | undefined {
    const name = this.#groups.get(host.id);
    if (name === undefined) return undefined;
    const known: Layer = {
      name: 'the release there',
      values: { release: releaseValue(release) },
      literal: true,
    };
    const settings = settingsIn([...this.#layersOf(host), known], this.run, readOperatedSettings);
    this.#settings.set(host.id, settingsLayer(release, settings));
    return {
      name,
      hosts: this.#inventory.group(name),
      settings,
      ...defined({ release: release instanceof UnknownValue ? undefined : release }),
    };
  }

  #layersOf(host: Host): readonly Layer[] {
    const group = this.#groups.get(host.id);
    const settings = this.#settings.get(host.id);
    return [
      ...this.#inventory.layersFor(host, group),
      hostLayer(host, group, this.run, this.#inventory),
      ...(settings === undefined ? [] : [settings]),
    ];
  }
}

/** A task needs the groups of its hosts, or it is not known before the play runs, since it includes what is not known. */
const mayNeedGroups = (play: Play): boolean =>
  isOpenEnded(play) || tasksOf(play).some(({ does }) => does.needsGroup);

const idsOf = (hosts: readonly Host[]): ReadonlySet<HostId> => new Set(hosts.map(({ id }) => id));

/** A play has one floor for all its hosts: that of their groups, where it does not say another. */
function refuseDifferentFloors(play: Play, sessions: readonly HostSession[]): void {
  const { minHealthy, name, at } = play;
  if (minHealthy !== undefined || !mayTakeHostsOut(play)) return;
  const floors = new Map(
    sessions.flatMap(({ group }) =>
      group === undefined ? [] : [[group.name, formatAmount(group.settings.rollout.minHealthy)]],
    ),
  );
  if (new Set(floors.values()).size > 1) throw floorsDiffer(name, floors, at);
}

/** The group that a host is seen in: the one asked for, or the only one of its groups that says what its hosts run or stand behind. */
function groupOf(
  host: Host,
  inventory: Inventory,
  { group: asked }: Choice,
  isMember: boolean,
): GroupName | undefined {
  if (isLocal(host)) return undefined;
  if (asked !== undefined) return groupName(asked);
  const [only, ...others] = host.groups.length <= 1 ? host.groups : describingGroups(host, inventory);
  if (others.length === 0) return only;
  if (isMember) throw severalGroups(host, host.groups);
  return undefined;
}
