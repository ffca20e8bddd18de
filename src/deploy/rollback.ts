import pLimit from 'p-limit';
import { errorsOf, type AdfError } from '../errors/adf-error.js';
import { throwAll } from '../errors/diagnostics.js';
import { noPreviousRelease, releaseAmbiguous, releaseNotKept } from '../errors/rollback.js';
import type { Run } from '../engine/index.js';
import type { ObservedContainer } from '../model/container.js';
import type { Host } from '../model/host.js';
import type { PinnedImage, Release } from '../model/release.js';
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
import type { RunHooks } from '../world/context.js';
import { deployWith } from './deploy.js';
import { inWorld } from '../world/open-world.js';
import type { DeployOptions } from './plan-groups.js';
import type { World } from '../world/world.js';

export interface RollbackOptions extends Omit<DeployOptions, 'version' | 'choose' | 'verb'> {
  /** A version's label, or the beginning of a digest; without it the release that ran before. */
  readonly to?: string;
}

/** Rolls groups back to a release that their hosts still have. Throws `rollback.*`, and what a deploy refuses. */
export const rollback = (options: RollbackOptions, hooks: RunHooks): Promise<RunResult> =>
  inWorld(options, hooks, (world) => rollbackWith(world, options, hooks));

/**
 * A rollback is a deploy whose release comes from the containers that the hosts keep, and not from a registry: when a release is bad is no
 * time to depend on one more service, and its tag may have moved since. All else is the same, so that the way back is as safe as
 * the way there: plan, lease, batches, floor, health, holds. What the containers are like is today's group_vars, as it is when an
 * older version is deployed: only the image is the older one.
 */
export const rollbackWith = (world: World, options: RollbackOptions, hooks: RunHooks): Promise<RunResult> =>
  deployWith(world, { ...options, verb: 'rollback', choose: keptRelease(options.to) }, hooks);

/** Chooses among the releases that the hosts keep: the named one, or the one that ran before. */
const keptRelease =
  (to: string | undefined): ChooseRelease =>
  async (group, hosts, run) => {
    const found = await containersOf(hosts, run);
    const owner = { environment: run.environment, group };
    const release = to === undefined ? previousOf(found, owner) : namedRelease(found, owner, to);
    return {
      release,
      image: (other, ask) => orBeside(ask, { found, owner, release: release.image, other, run }),
    };
  };

/** What is on the hosts that answer. The preflight tells which of the others rule the rollback out. */
async function containersOf(hosts: readonly Host[], run: Run): Promise<ContainersByHost> {
  const { transport, runtime } = run.ports;
  const limit = pLimit(Math.max(1, run.forks));
  const found: (readonly ObservedContainer[])[] = [];
  const errors: AdfError[] = [];
  await Promise.all(
    hosts.map((host) =>
      limit(async () => {
        try {
          await transport.connect(host, run.stop.signal);
          found.push(await runtime.on(host).list());
        } catch (error) {
          errors.push(errorsOf(error)[0]);
        }
      }),
    ),
  );
  run.stop.signal.throwIfAborted();
  if (found.length === 0) throwAll(errors, 'refused');
  return found;
}

function previousOf(found: ContainersByHost, owner: ReleaseOwner): Release {
  const release = previousRelease(found, owner);
  if (release === undefined) {
    throw noPreviousRelease(owner.group, knownReleases(found, owner), found.length);
  }
  return release;
}

function namedRelease(found: ContainersByHost, owner: ReleaseOwner, named: string): Release {
  const known = knownReleases(found, owner);
  const [one, ...others] = releasesNamed(known, named);
  if (one === undefined) throw releaseNotKept(owner.group, named, known, found.length);
  if (others.length > 0) throw releaseAmbiguous(owner.group, named, [one, ...others], found.length);
  const [newest] = one.versions;
  return {
    image: one.image,
    version: one.versions.includes(named) || newest === undefined ? named : newest,
  };
}

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
