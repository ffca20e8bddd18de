import type { EnvironmentFile } from '../../config/environment-file.js';
import type { Project } from '../../config/project.js';
import type { Layer } from '../../expression/scope.js';
import { EndpointBook } from '../../inventory/endpoints.js';
import { loadInventory, type Inventory } from '../../inventory/inventory.js';
import { splitPattern } from '../../inventory/patterns.js';
import type { Host } from '../../model/host.js';
import type { Lookups } from '../../model/lookups.js';
import { UnknownValue } from '../../model/unknown.js';
import type { LaterHosts } from '../../playbook/later-hosts.js';
import type { Playbook } from '../../playbook/playbook.js';
import { offlineFleet, type GroupsOfHost } from './offline-fleet.js';

/** The hosts of an environment as far as its files tell. */
export interface LintedHosts {
  /**
   * For templates of settings: what only the cloud knows of a host is made up, but for its tags, which are unknown. In an environment that
   * lists its hosts by hand, nothing is made up.
   */
  readonly forSettings: Inventory;
  /** For playbooks: all that only the cloud knows is unknown. */
  readonly forTasks: Inventory;
  readonly endpoints: EndpointBook;
}

export interface KnownNames {
  /** Groups that the files of the project name. */
  readonly groups: readonly string[];
  /** Variables that only some hosts have. */
  readonly hostVariables: readonly string[];
}

/** Reads an environment without asking a cloud or a host. Throws what is wrong in its files. */
export async function lintedHosts(
  project: Project,
  environment: EnvironmentFile,
  playbooks: readonly Playbook[],
  known: KnownNames,
  extraVars: readonly Layer[],
): Promise<LintedHosts> {
  const combinations = combinationsOf(known.groups, playbooks);
  const inventory = await loadInventory(project, environment.name, () =>
    offlineFleet(environment, combinations),
  );
  const ofSomeHosts = unknownLayer(known.hostVariables, onlySome);
  const secrets = secretsLayer(project);
  const endpoints: EndpointBook = await EndpointBook.of(
    withLookups(project, (name, zone) => endpoints.find(name, zone)),
    environment,
    [secrets, ...extraVars],
  );
  const lookups = lookupsWith((name, zone) => endpoints.find(name, zone));
  const isListed = environment.source === 'static';
  const above = (names: (host: Host) => readonly string[]): Inventory => ({
    ...inventory,
    layersFor: (host, group) => [
      ...(isListed ? [] : [ofSomeHosts]),
      ...inventory.layersFor(host, group),
      ...(isListed ? [] : [unknownLayer(names(host), 'only the cloud knows it')]),
      secrets,
      { name: 'lookups', values: {}, lookups },
    ],
  });
  return {
    endpoints,
    forSettings: above(() => ['tags']),
    forTasks: above(({ facts }) => [...Object.keys(facts), ...ofEachHost]),
  };
}

/** Names that are the same in all environments, with values that each host has for itself. */
const ofEachHost = ['inventory_hostname', 'host_id', 'host_address', 'host', 'group_names'];

/** Of what functions of templates look up, only endpoints are in files that are linted. */
const lookupsWith = (endpoint: NonNullable<Lookups['endpoint']>): Lookups => ({
  environment: () => undefined,
  file: () => undefined,
  endpoint,
});

const withLookups = (project: Project, endpoint: NonNullable<Lookups['endpoint']>): Project => ({
  ...project,
  config: { ...project.config, vars: { ...project.config.vars, lookups: lookupsWith(endpoint) } },
});

const onlySome = 'only some hosts have it';

/** What hosts may have that a playbook adds: below all that the files say. */
export function layerOfAdded({ variables }: Pick<LaterHosts, 'variables'>): Layer {
  const layer = unknownLayer(variables === 'any' ? [] : variables, onlySome);
  return variables === 'any' ? { ...layer, otherwise: new UnknownValue(onlySome) } : layer;
}

const unknownLayer = (names: readonly string[], because: string): Layer => ({
  name: 'unknown before a run',
  values: Object.fromEntries(names.map((name) => [name, new UnknownValue(because)])),
  literal: true,
});

/** Texts in the place of secrets, which are not fetched. They are kept like secrets, so that one in an argument is found. */
const secretsLayer = ({ config }: Project): Layer => ({
  name: 'secrets',
  values: Object.fromEntries(
    [...(config.vars.secrets?.names ?? [])].map((name) => [name, `not-fetched-by-lint-${name}`]),
  ),
  literal: true,
});

/** One host for each group, and one for each intersection of groups that a play asks for. */
function combinationsOf(groups: readonly string[], playbooks: readonly Playbook[]): readonly GroupsOfHost[] {
  const patterns = playbooks.flatMap(({ plays }) => plays.map(({ hosts }) => partsOf(hosts.value)));
  const alone = [...groups, ...patterns.flatMap(({ included, demanded }) => [...included, ...demanded])];
  const together = patterns
    .filter(({ demanded }) => demanded.length > 0)
    .flatMap(({ included, demanded }) =>
      included.length === 0 ? [demanded] : included.map((one) => [one, ...demanded]),
    );
  const combinations = [...[...new Set(alone)].map((name) => [name]), ...together];
  return combinations.length === 0 ? [['hosts']] : combinations;
}

/** The names of a pattern `a:&b:!c` that are written out; none of one that is a template. */
export function partsOf(pattern: string): {
  readonly included: readonly string[];
  readonly demanded: readonly string[];
} {
  if (pattern.includes('{{')) return { included: [], demanded: [] };
  const parts = splitPattern(pattern).map((part) => part.trim());
  const isName = (name: string): boolean => /^[^!&~*?[\]][^!&*?[\]]*$/.test(name) && name !== 'all';
  return {
    included: parts.filter(isName),
    demanded: parts
      .filter((part) => part.startsWith('&') && isName(part.slice(1)))
      .map((part) => part.slice(1)),
  };
}
