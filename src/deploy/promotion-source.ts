import type { HostSession } from '../engine/index.js';
import { withoutKeptOut } from '../check/leave-out.js';
import { observeHosts } from '../check/preflight.js';
import { describeDrained } from '../model/drained-hosts.js';
import { errorsOf } from '../errors/adf-error.js';
import { sourceNotAgreed, sourceRunsOther } from '../errors/promote.js';
import type { ContainerSpec, ObservedContainer } from '../model/container.js';
import { defined } from '../model/defined.js';
import type { Milliseconds } from '../model/duration.js';
import { describeHost } from '../model/host.js';
import { environmentName, groupName, shortDigest, type GroupName, type HostId } from '../model/ids.js';
import { parseImageReference } from '../model/image-reference.js';
import { targetGroupNameOf } from '../model/registration.js';
import { lastSucceeded } from '../model/release-history.js';
import type { ReleaseRecord } from '../model/release-record.js';
import type { PinnedImage, Release } from '../model/release.js';
import type { RenderedGroup } from '../plan/environment-differences.js';
import type { HostObservation } from '../plan/observation.js';
import { currentRelease } from '../plan/previous-release.js';
import type { ChooseRelease, OtherImage } from '../run/choose-release.js';
import { fetchSecrets, withSettings } from '../run/fetch-secrets.js';
import { openGroup, type GroupSessions } from '../run/group-sessions.js';
import { drainedAmong, drainedOnRecord } from '../run/drained.js';
import { enoughOfNewest, placesOf, readReleases } from '../run/releases.js';
import { withRun } from '../run/with-run.js';
import type { CommonOptions, RunHooks } from '../world/context.js';
import type { World } from '../world/world.js';
import { secretsOf } from './group-key.js';

export interface SourceOptions extends Omit<CommonOptions, 'limit'> {
  readonly groups: readonly string[];
  /** The version, or the beginning of the digest, that must run there; any when absent. */
  readonly version?: string;
}

/** What a group runs in the environment that it is promoted from: one release, on every host, and well. */
export interface Source extends RenderedGroup {
  readonly group: GroupName;
  readonly release: Release;
  /** Those of the main container, which has the labels of its image. */
  readonly labels: Readonly<Record<string, string>>;
  /** The host on which it has run for the shortest time, and how long. */
  readonly youngest: { readonly host: string; readonly ran: Milliseconds };
  /** The record of the release there, if any. */
  readonly number?: number;
}

/**
 * Asks the hosts of some groups what they really run: all of a group must agree, be healthy, and in service wherever one of them is. Changes
 * nothing, and asks no registry. Throws `promote.not_agreed`, `promote.other_version`.
 */
export const sourcesIn = (
  world: World,
  options: SourceOptions,
  hooks: RunHooks,
): Promise<ReadonlyMap<GroupName, Source>> =>
  withRun(world, options, hooks, { verb: 'promote', checkMode: true }, async (run) => {
    const inventory = await run.blips.cloud.outlast(() => world.listHosts());
    const sources = new Map<GroupName, Source>();
    for (const group of options.groups.map(groupName)) {
      await fetchSecrets(world, inventory, withSettings(inventory.group(group), group), run);
      const opened = await openGroup(inventory, { group, choose: whatRuns(options.environment) }, run);
      sources.set(group, await sourceOf(opened, options, world));
    }
    return sources;
  });

/** The release of the first host that runs one: whether the others agree is looked at with all that they run. */
const whatRuns =
  (environment: string): ChooseRelease =>
  async (group, hosts, run) => {
    const owner = { environment: environmentName(environment), group };
    const reasons: string[] = [];
    const drained = await drainedOnRecord({ group, hosts }, run);
    for (const host of hosts) {
      if (drained.has(host.id)) continue;
      try {
        await run.ports.transport.connect(host, run.stop.signal);
        const containers = await run.ports.runtime.on(host).list();
        const release = currentRelease(containers, owner);
        if (release !== undefined)
          return { release, image: (other, ask) => runningImage(containers, other, ask) };
        reasons.push(`${describeHost(host)} runs no container of the group.`);
      } catch (error) {
        run.stop.signal.throwIfAborted();
        reasons.push(errorsOf(error)[0].message);
      }
    }
    throw sourceNotAgreed(group, environment, reasons);
  };

/** Of a container that runs no image of the release. */
function runningImage(
  containers: readonly ObservedContainer[],
  { container, reference }: OtherImage,
  ask: () => Promise<PinnedImage>,
): Promise<PinnedImage> {
  const digest = containers.find(({ name }) => name === container)?.digest;
  return digest === undefined
    ? ask()
    : Promise.resolve({ repository: parseImageReference(reference).repository, digest });
}

async function sourceOf(
  opened: GroupSessions,
  { environment: from, version: wanted }: SourceOptions,
  world: World,
): Promise<Source> {
  const { group, release, sessions, run } = opened;
  const { keptOut } = await drainedAmong(sessions, opened, run);
  for (const { session, drained } of keptOut)
    run.bus.emit({
      type: 'warning',
      host: session.eventHost,
      message: `it is not asked what it runs: ${describeDrained(drained)}.`,
    });
  const { hosts, unobserved } = await observeHosts(withoutKeptOut(opened, { keptOut }));
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
  const record = await recordOf(opened, world);
  return {
    group,
    release,
    labels: runningOf(first)[0]?.labels ?? {},
    youngest: youngestOf(hosts, world),
    ...defined({ number: record?.number }),
    ...renderedOn(sessions, first.host.id, first.to.containers),
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

/** These containers as a host of the group has them, with the secrets in them. */
export function renderedOn(
  sessions: readonly HostSession[],
  host: HostId,
  specs: readonly ContainerSpec[],
): RenderedGroup {
  const session = sessions.find((one) => one.host.id === host);
  const secrets = specs.flatMap((spec) => (session === undefined ? [] : [...secretsOf(session, spec)]));
  return { specs, secrets: new Map(secrets) };
}

async function recordOf(
  { hosts, run, group, release }: GroupSessions,
  { releases }: World,
): Promise<ReleaseRecord | undefined> {
  if (releases === undefined) return undefined;
  const of = { environment: run.environment, group };
  const known = await readReleases(of, placesOf(hosts, releases), enoughOfNewest, run);
  return lastSucceeded(known.releases.filter(({ image }) => image.digest === release.image.digest));
}
