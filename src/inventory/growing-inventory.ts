import { reachedOtherwise, severalOfName } from '../errors/add-host.js';
import type { Layer } from '../expression/scope.js';
import type { AddedHost } from '../model/added-host.js';
import { canonical } from '../model/canonical-json.js';
import { defined } from '../model/defined.js';
import type { Host } from '../model/host.js';
import type { HostId } from '../model/ids.js';
import { camelKeys } from '../model/schema/parsed.js';
import type { Place } from '../model/source.js';
import type { Inventory, LaterNames } from './inventory.js';

/**
 * An inventory to which a playbook adds hosts while it runs. All that hold it see what was added. Nothing is written to the files.
 */
export class GrowingInventory implements Inventory {
  readonly #listed: ReadonlyMap<HostId, Host>;
  #variables: ReadonlyMap<HostId, Layer> = new Map();
  #now: Inventory;
  /** Additions come one after the other, whatever adds them at the same time. */
  #last: Promise<unknown> = Promise.resolve();
  /** While something is checked that runs later. */
  later: LaterNames | undefined;

  constructor(
    /** As the source has it. */
    readonly listed: Inventory,
  ) {
    this.#now = listed;
    this.#listed = new Map(listed.hosts.map((host) => [host.id, host]));
  }

  /**
   * Adds a host, or groups and variables to one that there is. Throws `add_host.several_hosts`, `add_host.reached_otherwise`, zod's error for its
   * `ssh` or `docker`, and what is wrong with the files of its variables.
   */
  add(added: AddedHost, at: Place): Promise<Host> {
    const adding = this.#last.then(() => this.#add(added, at));
    this.#last = adding.catch(() => undefined);
    return adding;
  }

  async #add(added: AddedHost, at: Place): Promise<Host> {
    const described = this.#now.hostOf(added);
    const before = this.#hostNamed(added.name, at);
    if (before !== undefined && isReachedOtherwise(added, described, before))
      throw reachedOtherwise(before, at);
    const groups = [...new Set([...(before?.groups ?? []), ...described.groups])].sort();
    const host = { ...(before ?? described), groups };
    const values = { ...this.#variables.get(host.id)?.values, ...added.variables };
    const variables = new Map(this.#variables).set(host.id, { name: 'add_host', values, literal: true });
    this.#now = await this.#now.with([host], variables);
    this.#variables = variables;
    return host;
  }

  #hostNamed(name: string, at: Place): Host | undefined {
    const named = this.#now.hosts.filter((host) => host.id === name || host.name === name);
    if (named.length > 1) throw severalOfName(name, named, at);
    return named[0];
  }

  /** A task added this host, or more of it. */
  isAdded({ id }: Pick<Host, 'id'>): boolean {
    return this.#variables.has(id);
  }

  /** A host as the source lists it; undefined for one that was added. */
  listedHost({ id }: Pick<Host, 'id'>): Host | undefined {
    return this.#listed.get(id);
  }

  get environment() {
    return this.#now.environment;
  }

  get hosts() {
    return this.#now.hosts;
  }

  get groupNames() {
    return this.#now.groupNames;
  }

  get lookedFor() {
    return this.#now.lookedFor;
  }

  get access() {
    return this.#now.access;
  }

  get account() {
    return this.#now.account;
  }

  readonly group: Inventory['group'] = (name) => this.#now.group(name);
  readonly layersFor: Inventory['layersFor'] = (host, group) => this.#now.layersFor(host, group);
  readonly groupLayers: Inventory['groupLayers'] = (group) => this.#now.groupLayers(group);
  readonly hostOf: Inventory['hostOf'] = (added) => this.#now.hostOf(added);
  readonly with: Inventory['with'] = (hosts, variables) => this.#now.with(hosts, variables);
}

/** It is said to be reached otherwise than it is. What is not said stays as it is. */
function isReachedOtherwise(
  { address, port, ssh, docker, isLocal }: AddedHost,
  described: Host,
  known: Host,
): boolean {
  const differs = (said: object, one: object, other: object): boolean =>
    Object.keys(camelKeys(said)).some(
      (key) => canonical(Reflect.get(one, key)) !== canonical(Reflect.get(other, key)),
    );
  return (
    (address !== undefined && address !== known.address) ||
    (isLocal && known.ssh.transport !== 'local') ||
    differs({ ...ssh, ...defined({ port }) }, described.ssh, known.ssh) ||
    differs(docker, described.docker, known.docker)
  );
}
