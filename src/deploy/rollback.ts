import { errorsOf } from '../errors/adf-error.js';
import { throwAll } from '../errors/diagnostics.js';
import { releaseNotOnRecord } from '../errors/releases.js';
import { noPreviousRelease, releaseAmbiguous, releaseNotKept } from '../errors/rollback.js';
import type { Run } from '../engine/index.js';
import type { Host } from '../model/host.js';
import { lastSucceeded, releaseBefore } from '../model/release-history.js';
import { releaseNumber, type ReleaseRecord } from '../model/release-record.js';
import type { KnownRelease, PinnedImage, Release } from '../model/release.js';
import type { RunResult } from '../model/run-result.js';
import {
  imageBeside,
  knownReleases,
  previousRelease,
  releasesNamed,
  type ContainersByHost,
  type ReleaseOwner,
} from '../plan/previous-release.js';
import { parseImageReference } from '../model/image-reference.js';
import type { ChooseRelease, OtherImage } from '../run/choose-release.js';
import { containersOn } from '../run/containers-on.js';
import { placesOf, readReleases } from '../run/releases.js';
import type { RunHooks } from '../world/context.js';
import { deployWith } from './deploy.js';
import { inWorld } from '../world/open-world.js';
import type { DeployOptions } from './plan-groups.js';
import type { World } from '../world/world.js';

export interface RollbackOptions extends Omit<DeployOptions, 'version' | 'choose' | 'verb'> {
  /** A release (`r41`), a version's label, or the beginning of a digest; without it the release that ran before. */
  readonly to?: string;
}

/** Rolls groups back to a release that they had. Throws `rollback.*`, `releases.*`, and what a deploy refuses. */
export const rollback = (options: RollbackOptions, hooks: RunHooks): Promise<RunResult> =>
  inWorld(options, hooks, (world) => rollbackWith(world, options, hooks));

/**
 * A rollback is a deploy whose release comes from the records of releases and the containers that the hosts keep, and not from a registry: when
 * a release is bad is no time to depend on one more service, and its tag may have moved since. All else is the same, so that the way back is as
 * safe as the way there: plan, lease, batches, floor, health, holds. What the containers are like is today's group_vars, as it is when an
 * older version is deployed: only the image is the older one. A host that keeps no container of it pulls the image by its digest.
 */
export const rollbackWith = (world: World, options: RollbackOptions, hooks: RunHooks): Promise<RunResult> =>
  deployWith(world, { ...options, verb: 'rollback', choose: earlierRelease(options.to, world) }, hooks);

/** Chooses the named release, or the one that ran before. */
const earlierRelease =
  (to: string | undefined, world: World): ChooseRelease =>
  async (group, hosts, run) => {
    const { found, errors } = await containersOn(hosts, run);
    // The preflight tells which of the hosts that do not answer rule the rollback out.
    if (found.length === 0) throwAll(errors, 'refused');
    const owner = { environment: run.environment, group };
    const records = await recordsOf(owner, hosts, world, run);
    const release =
      to === undefined ? previousOf(found, owner, records) : namedRelease(found, owner, to, records);
    return {
      release,
      image: (other, ask) => orBeside(ask, { found, owner, release: release.image, other, run }),
    };
  };

async function recordsOf(
  owner: ReleaseOwner,
  hosts: readonly Host[],
  { releases }: World,
  run: Run,
): Promise<readonly ReleaseRecord[]> {
  if (releases === undefined) return [];
  const known = await readReleases(owner, placesOf(hosts, releases), recordsAsked, run);
  for (const message of known.warnings) run.bus.emit({ type: 'warning', message });
  return known.releases;
}

/** Texts that each place is asked for: a rollback may go a long way back. */
const recordsAsked = 1_000;

/**
 * The records know in which order releases came, also when the group was rolled back before; but only where the newest that succeeded is what
 * the hosts run. Otherwise the containers tell.
 */
function previousOf(
  found: ContainersByHost,
  owner: ReleaseOwner,
  records: readonly ReleaseRecord[],
): Release {
  const last = lastSucceeded(records);
  const known = knownReleases(found, owner);
  const isRunning = (record: ReleaseRecord): boolean =>
    known.some(({ image, current }) => current > 0 && image.digest === record.image.digest) &&
    known.filter(({ current }) => current > 0).length === 1;
  const before = last !== undefined && isRunning(last) ? releaseBefore(last, records) : undefined;
  const release = before === undefined ? previousRelease(found, owner) : releaseOf(before);
  if (release === undefined) throw noPreviousRelease(owner.group, known, found.length);
  return release;
}

function namedRelease(
  found: ContainersByHost,
  owner: ReleaseOwner,
  named: string,
  records: readonly ReleaseRecord[],
): Release {
  const number = releaseNumber(named);
  if (number !== undefined) {
    const record = records.find((one) => one.number === number);
    if (record === undefined) throw releaseNotOnRecord(owner.group, named, records);
    return releaseOf(record);
  }
  const known = knownReleases(found, owner);
  const [one, ...others] = releasesNamed(known, named);
  if (others.length > 0 && one !== undefined)
    throw releaseAmbiguous(owner.group, named, [one, ...others], found.length);
  if (one === undefined) return recordNamed(records, named) ?? notKept(owner, named, known, found);
  const [newest] = one.versions;
  return {
    image: one.image,
    version: one.versions.includes(named) || newest === undefined ? named : newest,
  };
}

/** By its version, or the beginning of its digest; the newest of them. No host has a container of it. */
function recordNamed(records: readonly ReleaseRecord[], named: string): Release | undefined {
  const isDigestPart = /^(sha256:)?[0-9a-f]{6,64}$/.test(named);
  const digest = named.replace(/^sha256:/, '');
  const record =
    records.find(({ version }) => version === named) ??
    records.find((one) => isDigestPart && one.image.digest.startsWith(`sha256:${digest}`));
  return record && releaseOf(record);
}

const notKept = (
  { group }: ReleaseOwner,
  named: string,
  known: readonly KnownRelease[],
  found: ContainersByHost,
): never => {
  throw releaseNotKept(group, named, known, found.length);
};

const releaseOf = ({ image, version }: ReleaseRecord): Release => ({ image, version });

/** Only an image that is not the release's can need a registry; where that one fails, what ran beside the release is gone back to. */
async function orBeside(
  ask: () => Promise<PinnedImage>,
  to: {
    readonly found: ContainersByHost;
    readonly owner: ReleaseOwner;
    readonly release: PinnedImage;
    readonly other: OtherImage;
    readonly run: Run;
  },
): Promise<PinnedImage> {
  try {
    return await ask();
  } catch (error) {
    const { container, reference } = to.other;
    const { repository } = parseImageReference(reference);
    const beside = imageBeside(to.found, to.owner, to.release, { container, repository });
    if (beside === undefined) throw error;
    to.run.bus.emit({
      type: 'warning',
      message: `${errorsOf(error)[0].message} Container "${container}" gets what it ran beside that release.`,
    });
    return beside;
  }
}
