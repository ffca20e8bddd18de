import { Delegates, forGroup, HostSession, type Run, type SettingsOfHost } from '../engine/index.js';
import { releaseDiffers } from '../errors/engine.js';
import { nothingToDeploy } from '../errors/preflight.js';
import { versionNotATag } from '../errors/usecases.js';
import type { Layer } from '../expression/scope.js';
import { Variables } from '../expression/variables.js';
import { readGroupSettings, type ReadVariable } from '../inventory/group-settings.js';
import type { Inventory } from '../inventory/inventory.js';
import { requireGroup, selectHosts } from '../inventory/patterns.js';
import { defined } from '../model/defined.js';
import type { HealthProbe } from '../model/health.js';
import type { Host } from '../model/host.js';
import type { PlayPlan } from '../model/plan.js';
import { groupName, isDigest, type GroupName, type HostId } from '../model/ids.js';
import { formatPinnedImage, type Release } from '../model/release.js';
import { formatAmount, type GroupSettings } from '../model/settings.js';
import { UnknownValue } from '../model/unknown.js';
import { knowImages, type ChooseRelease } from './choose-release.js';
import { hostLayer } from './magic-variables.js';
import type { Platform } from '../ports/registry.js';
import type { SecretChoice } from '../model/run-record.js';
import { revealed } from '../model/secret.js';

/** One group of a run: its release, and a session for each of the hosts it is to touch. */
export interface GroupSessions {
  readonly group: GroupName;
  /** The run with this group's own holds and floor. */
  readonly run: Run;
  /** Of the group as a whole, as its first host has them. */
  readonly settings: GroupSettings;
  readonly release: Release;
  /** Which secrets its containers get in a rollback; today's when absent. */
  readonly secrets?: SecretChoice;
  /** What it was asked for by, instead of the group's own `version`. */
  readonly version?: string;
  readonly platforms: readonly Platform[];
  /** All listed hosts, whatever `--limit`. */
  readonly hosts: readonly Host[];
  readonly sessions: readonly HostSession[];
  /** What the playbook does, to be told in the plan; absent before it was checked. */
  readonly plays?: readonly PlayPlan[];
}

export interface GroupChoice {
  readonly group: string;
  readonly limit?: string;
  /** Overrides the group's own `version`. */
  readonly version?: string;
  readonly secrets?: SecretChoice;
  /** Of the hosts that the limit leaves, only these. */
  readonly only?: readonly HostId[];
  /** Instead of the version and its registry. */
  readonly choose?: ChooseRelease;
  /** What `readGroup` read before, where nothing is chosen. */
  readonly read?: readonly HostSettings[];
}

/**
 * Reads a group's settings for each of its hosts. Throws `inventory.*` for a group without hosts, `config.*` and `group.*` for wrong
 * settings, and what rendering throws.
 */
export const readGroup = (
  inventory: Inventory,
  { group, version }: Pick<GroupChoice, 'group' | 'version'>,
  run: Run,
): readonly HostSettings[] =>
  requireGroup(inventory, group).map((host) => ({
    host,
    ...readHost(inventory, host, groupName(group), version, run),
  }));

/**
 * Reads a group's settings for each of its hosts, and resolves its version to a digest: the one time in the run.
 * Throws `inventory.*` for a group or limit without hosts, `config.*` and `group.*` for wrong settings, `registry.*`.
 */
export async function openGroup(
  inventory: Inventory,
  choice: GroupChoice,
  wholeRun: Run,
): Promise<GroupSessions> {
  const group = groupName(choice.group);
  const groupRun = forGroup(wholeRun, group);
  const hosts = requireGroup(inventory, choice.group);
  const limit = choice.limit;
  const members = new Set(hosts);
  const selected =
    limit === undefined ? hosts : selectHosts(inventory, limit).filter((host) => members.has(host));
  if (limit !== undefined && selected.length === 0) selectHosts(inventory, `${choice.group}:&${limit}`);
  const only = choice.only && new Set(choice.only);
  const limited = new Set(selected.filter(({ id }) => only?.has(id) ?? true));
  const chosen = await choice.choose?.(group, [...limited], groupRun, choice.read);
  const version = chosen?.release.version ?? choice.version;
  const read =
    (chosen === undefined ? choice.read : undefined) ??
    readGroup(inventory, { group, ...defined({ version }) }, groupRun);
  const image = imageOf(group, read);
  const reference = referenceOf(image);
  if (chosen !== undefined) {
    const templates = read.flatMap(({ settings }) => settings.containers);
    await knowImages(chosen, reference, templates, groupRun);
  }
  const { repository, digest, platforms } = await groupRun.images.resolve(reference);
  const release = chosen?.release ?? { image: { repository, digest }, version: image.version };
  groupRun.floor.knowZones(hosts);
  const delegates = new Delegates(inventory);
  const run = {
    ...withWholeRollout(groupRun, release, image.settings),
    targetOf: delegates.targetOf,
  };
  const sessions = read
    .filter(({ host }) => limited.has(host))
    .map((one) => sessionOf(one, { group, hosts, release, run }, inventory));
  delegates.open(run, sessions);
  return {
    group,
    run,
    settings: image.settings,
    release,
    ...defined({ version, secrets: choice.secrets }),
    platforms,
    hosts,
    sessions,
  };
}

/**
 * A session for a host that joined a group after it was opened: of the release that was pinned then, whatever its tag means by now.
 * `hosts` are all that are listed now. Throws `config.*` and `group.*` for what is wrong with this host's settings.
 */
export function sessionOfJoiner(
  host: Host,
  hosts: readonly Host[],
  { group, settings, release, version, run, hosts: [first = host] }: GroupSessions,
  inventory: Inventory,
): HostSession {
  const own = readHost(inventory, host, group, version, run);
  const isSame = own.settings.image === settings.image && own.settings.version === settings.version;
  if (!isSame) throw releaseDiffers(group, first, host);
  return sessionOf({ host, ...own }, { group, hosts, release, run }, inventory);
}

function sessionOf(
  { host, layers, settings }: HostSettings,
  { group, hosts, release, run }: Pick<GroupSessions, 'group' | 'hosts' | 'release' | 'run'>,
  inventory: Inventory,
): HostSession {
  const magic = settingsLayer(release, settings);
  const session = new HostSession(host, { name: group, hosts, settings, release }, [...layers, magic], run);
  session.known.settingsAt = settingsAt(inventory, host, group, run);
  return session;
}

/** What the project says of a host of a group, for any release. Throws `config.*`, `group.*` and what rendering throws. */
export const settingsAt =
  (inventory: Inventory, host: Host, group: GroupName, run: Run) =>
  (release: Release): SettingsOfHost => {
    const { settings, layers } = readHost(inventory, host, group, release.version, run);
    return { containers: settings.containers, layers: [...layers, settingsLayer(release, settings)] };
  };

/** `-e rollout=…` gives a part of the rollout; a playbook reads it whole, with the defaults filled in. */
function withWholeRollout(run: Run, release: Release, settings: GroupSettings): Run {
  if (!run.extraVars.some(({ values }) => Object.hasOwn(values, 'rollout'))) return run;
  const { rollout } = settingsLayer(release, settings).values;
  return {
    ...run,
    extraVars: [...run.extraVars, { name: 'group settings', values: { rollout }, literal: true }],
  };
}

/** One host of a group, and what the group is there. */
export interface HostSettings {
  readonly host: Host;
  readonly settings: GroupSettings;
  readonly layers: readonly Layer[];
}

function readHost(
  inventory: Inventory,
  host: Host,
  group: GroupName,
  version: string | undefined,
  run: Run,
): Omit<HostSettings, 'host'> {
  const chosen: Layer = {
    name: '--version',
    values: version === undefined ? {} : { version },
    literal: true,
  };
  const layers = [...inventory.layersFor(host, group), hostLayer(host, group, run, inventory), chosen];
  return { settings: settingsIn(layers, run, readGroupSettings), layers };
}

/** What these layers say of a group, as `read` reads it. Throws what that throws, and what rendering throws. */
export function settingsIn(
  layers: readonly Layer[],
  { extraVars }: Pick<Run, 'extraVars'>,
  read: (variable: ReadVariable) => GroupSettings,
): GroupSettings {
  const variables = extraVars.reduce((all, layer) => all.with(layer), Variables.of(layers));
  return read((name) => {
    if (!variables.has(name)) return undefined;
    return {
      value: revealed(variables.get(name)),
      locate: variables.locateOf(name),
    };
  });
}

interface GroupImage {
  /** With its version, where it is that of a container. */
  readonly repository: string;
  readonly version: string;
  readonly settings: GroupSettings;
}

/** The health check that the project has for a host of a group. Throws `config.*`, `group.*` and what rendering throws. */
export const configuredProbe = (
  inventory: Inventory,
  host: Host,
  group: GroupName,
  run: Run,
): HealthProbe | undefined => readHost(inventory, host, group, undefined, run).settings.health;

/** The image and version of the group, the same for all its hosts. */
function imageOf(group: GroupName, read: readonly HostSettings[]): GroupImage {
  const [first] = read;
  const repository = first?.settings.image ?? first?.settings.containers[0]?.image;
  if (first === undefined || repository === undefined) throw nothingToDeploy(group);
  for (const { host, settings } of read) {
    if (settings.image !== first.settings.image || settings.version !== first.settings.version) {
      throw releaseDiffers(group, first.host, host);
    }
  }
  return { repository, version: first.settings.version ?? 'latest', settings: first.settings };
}

function referenceOf({ repository, version, settings }: GroupImage): string {
  if (settings.image === undefined) return repository;
  if (isDigest(version)) return `${repository}@${version}`;
  if (!/^\w[\w.-]{0,127}$/.test(version)) throw versionNotATag(version, repository);
  return `${repository}:${version}`;
}

/** The release, and the settings with their defaults filled in, as a playbook reads them. */
export const settingsLayer = (release: Release | UnknownValue, { rollout }: GroupSettings): Layer => ({
  name: 'group settings',
  values: {
    release: releaseValue(release),
    rollout: {
      serial: rollout.serial.map(formatAmount),
      min_healthy: formatAmount(rollout.minHealthy),
      bake: `${rollout.bake}ms`,
      drain_timeout: rollout.drainTimeout === 'default' ? 'default' : `${rollout.drainTimeout}ms`,
      max_failures: formatAmount(rollout.maxFailures ?? { hosts: 0 }),
      on_failure: rollout.onFailure,
      keep_releases: rollout.keepReleases,
    },
  },
  literal: true,
});

/** What `release` is in templates and conditions. */
export const releaseValue = (release: Release | UnknownValue): unknown =>
  release instanceof UnknownValue
    ? release
    : {
        image: formatPinnedImage(release.image),
        repository: release.image.repository,
        digest: release.image.digest,
        version: release.version,
      };
