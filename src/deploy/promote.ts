import type { HostSession } from '../engine/index.js';
import { observeHosts } from '../check/preflight.js';
import { errorsOf } from '../errors/adf-error.js';
import {
  digestNotThere,
  gatesNotPassed,
  labelDiffers,
  notSoaked,
  samePlace,
  skipWithoutReason,
  sourceNotAgreed,
  sourceRunsOther,
  wrongOrigin,
} from '../errors/promote.js';
import { configurationKeys } from '../model/configuration-record.js';
import { canonical } from '../model/canonical-json.js';
import type { ContainerSpec, ObservedContainer } from '../model/container.js';
import { defined } from '../model/defined.js';
import type { Milliseconds } from '../model/duration.js';
import { describeHost, type Host } from '../model/host.js';
import { environmentName, groupName, shortDigest, type GroupName } from '../model/ids.js';
import { parseImageReference } from '../model/image-reference.js';
import type { EnvironmentComparison, SettingDifference } from '../model/promotion.js';
import { lastSucceeded } from '../model/release-history.js';
import type { ReleaseRecord } from '../model/release-record.js';
import { formatPinnedImage, type Release } from '../model/release.js';
import type { RunResult } from '../model/run-result.js';
import type { FoundSecrets } from '../model/secret-hashes.js';
import { targetGroupNameOf } from '../model/registration.js';
import type { PromoteSettings } from '../model/settings.js';
import type { HostObservation } from '../plan/observation.js';
import { currentRelease } from '../plan/previous-release.js';
import type { ChooseRelease } from '../run/choose-release.js';
import { fetchSecrets, withSettings } from '../run/fetch-secrets.js';
import { openGroup, readGroup, type GroupSessions } from '../run/group-sessions.js';
import { enoughOfNewest, placesOf, readReleases } from '../run/releases.js';
import { withRun } from '../run/with-run.js';
import type { RunHooks } from '../world/context.js';
import { inWorld } from '../world/open-world.js';
import type { World } from '../world/world.js';
import { deployWith } from './deploy.js';
import { secretsOf } from './group-key.js';
import type { DeployOptions, PreparedGroup } from './plan-groups.js';

export interface PromoteOptions extends Omit<DeployOptions, 'choose' | 'verb' | 'promotion'> {
  /** The environment that the release comes from; `environment` is where it goes to. */
  readonly from: string;
  /** Goes past the checks of `promote:`; needs a reason. */
  readonly skipGates: boolean;
}

/** What a group runs in the environment that it is promoted from: one release, on every host, and well. */
interface Source {
  readonly group: GroupName;
  readonly release: Release;
  /** Those of the main container, which has the labels of its image. */
  readonly labels: Readonly<Record<string, string>>;
  /** The host on which it has run for the shortest time, and how long. */
  readonly youngest: { readonly host: string; readonly ran: Milliseconds };
  /** The record of the release there, if any. */
  readonly number?: number;
  /** As they are rendered there, and the secrets in them. */
  readonly specs: readonly ContainerSpec[];
  readonly secrets: FoundSecrets;
}

/**
 * Deploys to one environment what another one runs. The hosts of the source are asked what they really run; all must agree, be healthy and in
 * service. Its digest then goes to the target with the target's own inventory, account, role and settings. Throws `promote.*`, and what a deploy
 * refuses.
 */
export async function promote(options: PromoteOptions, hooks: RunHooks): Promise<RunResult> {
  if (options.from === options.environment) throw samePlace(options.from);
  if (options.skipGates && (options.reason ?? '').trim() === '') throw skipWithoutReason();
  // The limit and the tags are about the target.
  const { limit: _, ...there } = options;
  const sources = await inWorld({ ...there, environment: options.from }, hooks, (world) =>
    sourcesIn(world, options, hooks),
  );
  return inWorld(options, hooks, (world) => promoteTo(world, sources, options, hooks));
}

const sourcesIn = (world: World, options: PromoteOptions, hooks: RunHooks): Promise<readonly Source[]> => {
  const { limit: _, ...rest } = options;
  const there = { ...rest, environment: options.from };
  return withRun(world, there, hooks, { verb: 'promote', checkMode: true }, async (run) => {
    const inventory = await run.blips.cloud.outlast(() => world.listHosts());
    const sources: Source[] = [];
    for (const group of options.groups.map(groupName)) {
      await fetchSecrets(world, inventory, withSettings(inventory.group(group), group), run);
      const opened = await openGroup(inventory, { group, choose: whatRuns(options.from) }, run);
      sources.push(await sourceOf(opened, options, world));
    }
    return sources;
  });
};

/** The release of the first host that runs one: whether the others agree is looked at with all that they run. */
const whatRuns =
  (environment: string): ChooseRelease =>
  async (group, hosts, run) => {
    const owner = { environment: environmentName(environment), group };
    const reasons: string[] = [];
    for (const host of hosts) {
      try {
        await run.ports.transport.connect(host, run.stop.signal);
        const release = currentRelease(await run.ports.runtime.on(host).list(), owner);
        if (release !== undefined) return { release, image: (_, ask) => ask() };
        reasons.push(`${describeHost(host)} runs no container of the group.`);
      } catch (error) {
        run.stop.signal.throwIfAborted();
        reasons.push(errorsOf(error)[0].message);
      }
    }
    throw sourceNotAgreed(group, environment, reasons);
  };

async function sourceOf(
  opened: GroupSessions,
  { from, version: wanted }: PromoteOptions,
  world: World,
): Promise<Source> {
  const { group, release, sessions } = opened;
  const { hosts, unobserved } = await observeHosts(opened);
  const places = new Set(hosts.flatMap(inServiceAt));
  const found = await Promise.all(hosts.map((seen) => whyNotWell(seen, places, opened)));
  const reasons = [...unobserved.map(({ error }) => error.message), ...found.flat()];
  const [first] = hosts;
  if (first === undefined || reasons.length > 0) throw sourceNotAgreed(group, from, reasons);
  const isWanted =
    wanted === undefined ||
    wanted === release.version ||
    release.image.digest.startsWith(`sha256:${wanted.replace(/^sha256:/, '')}`);
  if (!isWanted) throw sourceRunsOther(group, from, wanted, labelOf(release));
  const session = sessions.find(({ host }) => host.id === first.host.id);
  const record = await recordOf(opened, world);
  return {
    group,
    release,
    labels: runningOf(first)[0]?.labels ?? {},
    youngest: youngestOf(hosts, world),
    ...defined({ number: record?.number }),
    specs: first.to.containers,
    secrets: session === undefined ? new Map<string, string[]>() : foundIn(session, first.to.containers),
  };
}

/** The containers of the group that run. */
const runningOf = (seen: HostObservation): readonly ObservedContainer[] =>
  seen.to.containers.flatMap(({ name }) => seen.containers.filter((one) => one.name === name && one.running));

/** Where a host has a healthy target: `api-http:5060`. */
const inServiceAt = ({ registrations }: HostObservation): readonly string[] =>
  registrations.flatMap(({ registration, state }) =>
    state === 'healthy' ? [`${targetGroupNameOf(registration)}:${registration.port}`] : [],
  );

/** By the hosts' own clocks, since when the containers run. */
function youngestOf(hosts: readonly HostObservation[], { clock }: World): Source['youngest'] {
  const ran = hosts.map((seen) => {
    const now = seen.startedAt ?? clock.now();
    const since = Math.max(...runningOf(seen).map(({ startedAt = now }) => startedAt));
    return { host: describeHost(seen.host), ran: Math.max(0, now - since) };
  });
  return ran.reduce((a, b) => (b.ran < a.ran ? b : a));
}

/** Why a host does not run the release well, a sentence each. `places` are those that any of the hosts is in service at. */
async function whyNotWell(
  seen: HostObservation,
  places: ReadonlySet<string>,
  { run, group, release, settings, sessions }: GroupSessions,
): Promise<readonly string[]> {
  const name = describeHost(seen.host);
  const running = currentRelease(seen.containers, { environment: run.environment, group });
  const runs = new Set(runningOf(seen).map((container) => container.name));
  const here = new Set(inServiceAt(seen));
  const reasons = [
    ...(running === undefined || running.image.digest === release.image.digest
      ? []
      : [`${name} runs ${labelOf(running)}, and others run ${labelOf(release)}.`]),
    ...seen.to.containers
      .filter((spec) => !runs.has(spec.name))
      .map((spec) => `On ${name} "${spec.name}" does not run.`),
    ...[...places]
      .filter((place) => !here.has(place))
      .map((place) => `${name} is not healthy in ${place}, as others are.`),
    ...(places.size === 0 && settings.targetGroups.kind !== 'none' ? [`${name} is in service nowhere.`] : []),
  ];
  if (reasons.length > 0) return reasons;
  const session = sessions.find(({ host }) => host.id === seen.host.id);
  const ill = await session?.target.prover.whyNotHealthy(session.group?.settings.health);
  return ill === undefined ? [] : [`${name} is not healthy: ${ill.why}.`];
}

const labelOf = ({ version, image }: Release): string => `${version} (${shortDigest(image.digest)})`;

const foundIn = (session: HostSession, specs: readonly ContainerSpec[]): FoundSecrets =>
  new Map(specs.flatMap((spec) => [...secretsOf(session, spec)]));

async function recordOf(
  { hosts, run, group, release }: GroupSessions,
  { releases, clock }: World,
): Promise<ReleaseRecord | undefined> {
  if (releases === undefined) return undefined;
  const of = { environment: run.environment, group };
  const known = await readReleases(of, placesOf(hosts, releases), enoughOfNewest, clock);
  return lastSucceeded(known.releases.filter(({ image }) => image.digest === release.image.digest));
}

async function promoteTo(
  world: World,
  sources: readonly Source[],
  options: PromoteOptions,
  hooks: RunHooks,
): Promise<RunResult> {
  const { from, skipGates, version: _, ...rest } = options;
  const skipped: string[] = [];
  const choose: ChooseRelease = async (group, hosts, run) => {
    const source = sourceFor(sources, group);
    return { release: await releaseAt(source, hosts, run, world), image: (_other, ask) => ask() };
  };
  return deployWith(
    world,
    {
      ...rest,
      verb: 'promote',
      choose,
      promotion: (group) => ({
        promotedFrom: { environment: from, ...defined({ number: sourceFor(sources, group).number }) },
        ...(skipped.length === 0 ? {} : { skippedGates: skipped }),
      }),
      afterPlan: (planned) => {
        for (const group of planned) {
          const failed = failedGates(
            sourceFor(sources, group.opened.group),
            group.opened.settings.promote,
            from,
          );
          if (failed.length > 0 && !skipGates)
            throw gatesNotPassed(group.opened.group, options.environment, failed);
          for (const gate of failed)
            group.opened.run.bus.emit({ type: 'warning', message: `Skipped by --skip-gates: ${gate}` });
          skipped.push(...failed);
          const comparison = compare(sourceFor(sources, group.opened.group), group, from);
          group.opened.run.bus.emit({ type: 'promotion.compared', comparison });
        }
      },
    },
    hooks,
  );
}

function sourceFor(sources: readonly Source[], group: GroupName): Source {
  const source = sources.find((one) => one.group === group);
  if (source === undefined) throw new Error(`no source for ${group}`);
  return source;
}

/** The digest, in the repository that the target's own settings name: its registry must have it. */
async function releaseAt(
  { group, release }: Source,
  hosts: readonly Host[],
  run: Parameters<ChooseRelease>[2],
  world: World,
): Promise<Release> {
  const inventory = await run.blips.cloud.outlast(() => world.listHosts());
  await fetchSecrets(world, inventory, withSettings(hosts, group), run);
  const [first] = readGroup(inventory, { group, version: release.version }, run);
  const reference = first?.settings.image ?? first?.settings.containers[0]?.image ?? release.image.repository;
  const { repository } = parseImageReference(reference);
  const image = { repository, digest: release.image.digest };
  try {
    await run.ports.registry.resolve(image);
  } catch (error) {
    run.stop.signal.throwIfAborted();
    const from = formatPinnedImage(release.image);
    throw digestNotThere(group, formatPinnedImage(image), from, errorsOf(error)[0].message);
  }
  return { image, version: release.version };
}

function failedGates(
  { labels, youngest }: Source,
  settings: PromoteSettings | undefined,
  from: string,
): readonly string[] {
  if (settings === undefined) return [];
  const { from: allowed, soak, requireLabel } = settings;
  return [
    ...(allowed === undefined || allowed.includes(from) ? [] : [wrongOrigin(from, allowed)]),
    ...(youngest.ran < soak ? [notSoaked(youngest.host, youngest.ran, soak)] : []),
    ...Object.entries(requireLabel).flatMap(([name, wanted]) =>
      labels[name] === wanted ? [] : [labelDiffers(name, wanted, labels[name])],
    ),
  ];
}

/** What is different between the two environments, by key; secrets by name. */
function compare(source: Source, { opened, plan }: PreparedGroup, from: string): EnvironmentComparison {
  const [first] = plan.hosts;
  const session = opened.sessions.find(({ host }) => host.id === first?.host);
  const specs = first?.to.containers ?? [];
  const secrets = session === undefined ? new Map<string, string[]>() : foundIn(session, specs);
  const versions = new Set(plan.hosts.flatMap((host) => host.from.containers[0]?.version ?? []));
  const [version] = versions;
  return {
    group: opened.group,
    from: environmentName(from),
    to: opened.run.environment,
    version: { from: source.release.version, ...(versions.size === 1 ? defined({ to: version }) : {}) },
    differences: [
      ...settingDifferences(
        configurationKeys(source.specs, source.secrets),
        configurationKeys(specs, secrets),
      ),
      ...secretDifferences(source.secrets, secrets),
    ],
  };
}

function settingDifferences(
  there: ReadonlyMap<string, unknown>,
  here: ReadonlyMap<string, unknown>,
): readonly SettingDifference[] {
  return [...new Set([...there.keys(), ...here.keys()])].sort().flatMap((key) => {
    const [from, to] = [there, here].map((all) => (all.has(key) ? canonical(all.get(key)) : undefined));
    return from === to ? [] : [{ key, ...defined({ from, to }) }];
  });
}

function secretDifferences(there: FoundSecrets, here: FoundSecrets): readonly SettingDifference[] {
  return [...new Set([...there.keys(), ...here.keys()])]
    .sort()
    .flatMap((key): readonly SettingDifference[] => {
      const [from, to] = [there.get(key), here.get(key)];
      if (from === undefined || to === undefined)
        return [{ key, secret: from === undefined ? 'only_to' : 'only_from' }];
      return canonical([...from].sort()) === canonical([...to].sort()) ? [] : [{ key, secret: 'different' }];
    });
}
