import { label, type ObservedContainer } from '../model/container.js';
import type { EpochMilliseconds } from '../model/duration.js';
import type { ContainerName, Digest, EnvironmentName, GroupName } from '../model/ids.js';
import type { KnownRelease, PinnedImage, Release, Repository } from '../model/release.js';

/** Whose releases are looked for. */
export interface ReleaseOwner {
  readonly environment: EnvironmentName;
  readonly group: GroupName;
}

/** A group's main container of one release: the one that carries the release's label. */
interface Generation {
  readonly digest: Digest;
  readonly version: string;
  readonly container: ObservedContainer;
  /** It has the name it was made to run under; a kept predecessor is renamed. */
  readonly isCurrent: boolean;
}

/** The containers of each host, as they were found. */
export type ContainersByHost = readonly (readonly ObservedContainer[])[];

/** All releases of a group that its hosts have, the newest first: what can be gone back to without a registry. */
export function knownReleases(hosts: ContainersByHost, owner: ReleaseOwner): readonly KnownRelease[] {
  const perHost = hosts.map((containers) => generationsOf(containers, owner));
  const byDigest = Map.groupBy(newestFirst(perHost.flat()), ({ digest }) => digest);
  const having = (digest: Digest, only: (generation: Generation) => boolean): number =>
    perHost.filter((all) => all.some((one) => one.digest === digest && only(one))).length;
  return [...byDigest.entries()].flatMap(([digest, generations]): readonly KnownRelease[] => {
    const [newest] = generations;
    if (newest === undefined) return [];
    return [
      {
        image: { repository: repositoryOf(newest.container), digest },
        versions: [...new Set(generations.map(({ version }) => version))],
        lastCreated: newest.container.createdAt,
        hosts: having(digest, () => true),
        current: having(digest, ({ isCurrent }) => isCurrent),
      },
    ];
  });
}

/**
 * What a group goes back to: the release that most of its hosts ran just before the one they run now. Of a group on several releases it is
 * the youngest that is left, so what its hosts ran before counts: a canary's group goes back to what the others still run, and
 * a rollback that did not come to its end is gone on with, instead of undone. Undefined when nothing is kept.
 */
export function previousRelease(hosts: ContainersByHost, owner: ReleaseOwner): Release | undefined {
  const perHost = hosts.map((containers) => generationsOf(containers, owner));
  const left = youngest(perHost);
  const before = perHost.flatMap((generations) => {
    const current = generations.find(({ isCurrent }) => isCurrent);
    if (current === undefined || current.digest !== left) return [];
    return (
      generations.find(
        ({ digest, container: { createdAt } }) =>
          digest !== current.digest && createdAt <= current.container.createdAt,
      ) ?? []
    );
  });
  const [most] = [...Map.groupBy(newestFirst(before), ({ digest }) => digest).values()].sort(
    (a, b) => b.length - a.length,
  );
  const [chosen] = most ?? [];
  return chosen === undefined
    ? undefined
    : {
        image: { repository: repositoryOf(chosen.container), digest: chosen.digest },
        version: chosen.version,
      };
}

/** What a host runs of a group: the release of its main container, running or not; undefined when it has none. */
export function currentRelease(
  containers: readonly ObservedContainer[],
  owner: ReleaseOwner,
): Release | undefined {
  const current = generationsOf(containers, owner).find(({ isCurrent }) => isCurrent);
  return (
    current && {
      image: { repository: repositoryOf(current.container), digest: current.digest },
      version: current.version,
    }
  );
}

/**
 * The container of this name that a host has of a release, current or kept: of the main one the newest; of another the one that was started
 * with it, or else the newest that was there before it.
 */
export function containerOfRelease(
  containers: readonly ObservedContainer[],
  owner: ReleaseOwner,
  digest: Digest,
  name: ContainerName,
): ObservedContainer | undefined {
  const main = generationsOf(containers, owner).find((one) => one.digest === digest)?.container;
  if (main === undefined || main.labels[label.container] === name) return main;
  return besideOf(
    main,
    containers.filter((one) => isOf(one, owner) && one.labels[label.container] === name),
  );
}

/** Of the candidates that of the same run as the main container, or else the newest that was there before it. */
function besideOf(
  { labels, createdAt }: ObservedContainer,
  candidates: readonly ObservedContainer[],
): ObservedContainer | undefined {
  const newest = byCreation(candidates);
  return (
    newest.find((one) => one.labels[label.run] === labels[label.run]) ??
    newest.find((one) => one.createdAt <= createdAt)
  );
}

/**
 * The known releases that a person may mean: those that were deployed under this label, or else those whose digest begins so, with
 * `sha256:` in front or without.
 */
export function releasesNamed(known: readonly KnownRelease[], named: string): readonly KnownRelease[] {
  const byLabel = known.filter(({ versions }) => versions.includes(named));
  if (byLabel.length > 0) return byLabel;
  const prefix = named.replace(/^sha256:/, '').toLowerCase();
  if (!/^[0-9a-f]{6,64}$/.test(prefix)) return [];
  return known.filter(({ image: { digest } }) => digest.startsWith(`sha256:${prefix}`));
}

/**
 * What another container of the group ran beside a release: of the same run, or else the newest that was there before it. For when a
 * registry cannot say what that container's tag means.
 */
export function imageBeside(
  hosts: ContainersByHost,
  owner: ReleaseOwner,
  release: PinnedImage,
  other: { readonly container: ContainerName; readonly repository: Repository },
): PinnedImage | undefined {
  for (const containers of hosts) {
    const [main] = newestFirst(
      generationsOf(containers, owner).filter(({ digest }) => digest === release.digest),
    );
    if (main === undefined) continue;
    const found = besideOf(
      main.container,
      containers.filter(
        (one) =>
          isOf(one, owner) &&
          one.labels[label.container] === other.container &&
          repositoryOf(one) === other.repository,
      ),
    );
    if (found?.digest !== undefined) return { repository: other.repository, digest: found.digest };
  }
  return undefined;
}

/** Newest first, and of those created in the same moment the current one. */
function generationsOf(containers: readonly ObservedContainer[], owner: ReleaseOwner): readonly Generation[] {
  const generations = containers.flatMap((container): readonly Generation[] => {
    const { labels, digest, name } = container;
    const version = labels[label.release];
    if (!isOf(container, owner) || version === undefined || digest === undefined) return [];
    return [{ digest, version, container, isCurrent: labels[label.container] === name }];
  });
  return newestFirst(generations);
}

const isOf = ({ labels }: ObservedContainer, { environment, group }: ReleaseOwner): boolean =>
  labels[label.group] === group && labels[label.environment] === environment;

const newestFirst = (generations: readonly Generation[]): readonly Generation[] =>
  [...generations].sort(
    (a, b) => b.container.createdAt - a.container.createdAt || Number(b.isCurrent) - Number(a.isCurrent),
  );

const byCreation = (containers: readonly ObservedContainer[]): readonly ObservedContainer[] =>
  [...containers].sort((a, b) => b.createdAt - a.createdAt);

/** Of the releases that hosts run now, the one that came to the group last. */
function youngest(perHost: readonly (readonly Generation[])[]): Digest | undefined {
  const current = new Set(
    perHost.flatMap((generations) => generations.find(({ isCurrent }) => isCurrent)?.digest ?? []),
  );
  const came = (digest: Digest): EpochMilliseconds =>
    Math.min(
      ...perHost
        .flat()
        .filter((generation) => generation.digest === digest)
        .map(({ container }) => container.createdAt),
    );
  return [...current].sort((a, b) => came(b) - came(a))[0];
}

/** Ours are created from `repository@digest`. */
const repositoryOf = ({ image }: ObservedContainer): Repository => image.split('@')[0] ?? image;
