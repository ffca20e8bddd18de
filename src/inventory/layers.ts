import type { EnvironmentFile } from '../config/environment-file.js';
import { settingNames } from '../model/settings.js';
import type { Project } from '../config/project.js';
import type { Layer } from '../expression/scope.js';
import { defined } from '../model/defined.js';
import type { Host } from '../model/host.js';
import type { HostId } from '../model/ids.js';

/** The variables that everything begins with: lowest in precedence. */
export const packagedDefaults: Layer = {
  name: 'packaged defaults',
  values: {
    version: 'latest',
    /** A group of one container says `container`, one of several says `containers`; a playbook reads this one. */
    containers: ['{{ container }}'],
    health: 'none',
    rollout: {},
  },
};

/** The layers of one environment, all files read. */
export interface EnvironmentLayers {
  readonly ofHost: (host: Host, group?: string) => readonly Layer[];
  readonly ofGroup: (group: string) => readonly Layer[];
}

/** Reads the variables of all groups and hosts; `added` are those that a playbook gave hosts. Throws all that is wrong with a file of them. */
export async function readLayers(
  project: Project,
  environment: EnvironmentFile,
  hosts: readonly Host[],
  added: ReadonlyMap<HostId, Layer>,
): Promise<EnvironmentLayers> {
  const groups = ['all', ...new Set(hosts.flatMap((host) => host.groups))];
  const groupFiles = new Map(
    await Promise.all(groups.map(async (group) => [group, await project.groupVars(group)] as const)),
  );
  const hostFiles = new Map(
    await Promise.all(hosts.map(async (host) => [host.id, await project.hostVars(host)] as const)),
  );
  const entries = new Map(
    environment.source === 'static' ? environment.hosts.map((host) => [host.name, host.variables]) : [],
  );
  const shared = layersOfGroups(project, environment, groupFiles);
  return {
    ofGroup: (group) => [
      ...shared([], group),
      { name: 'facts', values: { env: environment.name, group }, literal: true },
    ],
    ofHost: (host, group) =>
      [
        ...shared(host.groups, group),
        factsLayer(host, group),
        entries.get(host.name),
        added.get(host.id),
        hostFiles.get(host.id),
      ].filter((layer) => layer !== undefined),
  };
}

type GroupFiles = ReadonlyMap<string, Layer | undefined>;

/** From the packaged defaults to the environment's own group variables. Made once for each combination of groups. */
function layersOfGroups(
  { config }: Project,
  environment: EnvironmentFile,
  files: GroupFiles,
): (groups: readonly string[], deployed?: string) => readonly Layer[] {
  const made = new Map<string, readonly Layer[]>();
  return (groups, deployed) => {
    const key = JSON.stringify([groups, deployed]);
    const known = made.get(key);
    if (known !== undefined) return known;
    const others = groups.filter((group) => group !== deployed && group !== 'all');
    const inOrder = (layerOf: (group: string) => Layer | undefined): readonly (Layer | undefined)[] => [
      layerOf('all'),
      ...others.map((group) =>
        deployed === undefined ? layerOf(group) : withoutGroupSettings(layerOf(group)),
      ),
      deployed === undefined || deployed === 'all' ? undefined : layerOf(deployed),
    ];
    const layers = [
      packagedDefaults,
      config.vars,
      config.secrets,
      ...inOrder((group) => files.get(group)),
      environment.vars,
      ...inOrder((group) => environment.groupVars.get(group)),
    ].filter((layer) => layer !== undefined);
    made.set(key, layers);
    return layers;
  };
}

const withoutGroupSettings = (layer: Layer | undefined): Layer | undefined =>
  layer && {
    ...layer,
    values: Object.fromEntries(Object.entries(layer.values).filter(([name]) => !settingNames.has(name))),
  };

/**
 * What is known of a host, as variables: `env`, `inventory_hostname`, `host_id`, `host_address`, `group_names`, the
 * `group` that is being deployed, and the source's own facts. Data, never templates.
 */
const factsLayer = (host: Host, group: string | undefined): Layer => ({
  name: 'facts',
  values: {
    env: host.environment,
    inventory_hostname: host.name,
    host_id: host.id,
    host_address: host.address,
    group_names: host.groups,
    ...defined({ group }),
    ...host.facts,
  },
  literal: true,
});
