import { label, type ContainerSpec, type ObservedContainer } from '../../model/container.js';
import { defined } from '../../model/defined.js';
import type { ContainerHold, HeldContainer, Hold } from '../../model/hold.js';
import { isDigest, type ContainerId } from '../../model/ids.js';
import type { PinnedImage } from '../../model/release.js';
import { specHash } from '../../model/spec-hash.js';
import { containerHolds, lostPredecessors } from '../../model/holds/container.js';
import type { HostTarget } from '../host-target.js';
import { variablesOfLayers } from './task-variables.js';

/** A container that takes the place of a removed one: all that Docker is told is the same. */
interface Remake {
  readonly spec: ContainerSpec;
  readonly labels: Readonly<Record<string, string>>;
}

/**
 * The held containers that were removed meanwhile (`docker container prune`), and that can be made again as they were: from their image, and from
 * the settings that the project has today for their release, where these have the hash of theirs. No settings are written down, since they
 * may hold secrets. Pulls an image that is gone, too. Throws what keeps the host from being asked.
 */
export async function remakableOf(
  target: HostTarget,
  holds: readonly Hold[],
  containers: readonly ObservedContainer[],
): Promise<ReadonlySet<ContainerId>> {
  const found = await Promise.all(
    lostPredecessors(holds, containers).map(async (hold): Promise<readonly ContainerId[]> => {
      const made = await remakeOf(target, hold, holds);
      const isThere = made !== undefined && (await hasImage(target, made.spec.image));
      return isThere && hold.previous !== undefined ? [hold.previous.id] : [];
    }),
  );
  return new Set(found.flat());
}

/** Makes the container again, and starts it if it ran. False when its settings are not to be had any more. Throws as the Engine does. */
export async function remake(
  target: HostTarget,
  container: ContainerId,
  holds: readonly Hold[],
): Promise<boolean> {
  const { containers } = target;
  const hold = containerHolds(holds).find(({ previous }) => previous?.id === container);
  const made = hold && (await remakeOf(target, hold, holds));
  if (made === undefined) return false;
  for (const network of made.spec.networks) await containers.ensureNetwork(network);
  const id = await containers.create(made.spec, made.labels);
  if (hold?.previous?.running === true) await containers.start(id);
  return true;
}

/** Undefined when it is not known how it was made. */
async function remakeOf(
  target: HostTarget,
  { name, previous }: ContainerHold,
  holds: readonly Hold[],
): Promise<Remake | undefined> {
  const image = previous && imageOf(previous);
  if (image === undefined || previous?.specHash === undefined || previous.run === undefined) return undefined;
  const rendered = await renderedAt(target, name, image, previous.version ?? versionOf(holds));
  if (rendered === undefined || specHash(rendered) !== previous.specHash) return undefined;
  // Who started the run that made it first, and when, is not known any more.
  const {
    [label.release]: _release,
    [label.started]: _started,
    [label.by]: _by,
    ...labels
  } = target.specs.labelsFor(rendered);
  return {
    spec: { ...rendered, restart: previous.restartPolicy },
    labels: {
      ...labels,
      ...defined({ [label.release]: previous.version }),
      [label.run]: previous.run,
      [label.remakes]: previous.id,
    },
  };
}

/** Undefined when the project has no such container any more, or its settings cannot be read or rendered. */
async function renderedAt(
  target: HostTarget,
  name: ContainerHold['name'],
  image: PinnedImage,
  version: string | undefined,
): Promise<ContainerSpec | undefined> {
  try {
    const settings = target.known.settingsAt?.({ image, version: version ?? '' });
    if (settings === undefined) return undefined;
    const variables = variablesOfLayers(settings.layers, target.run);
    return await target.specs.withImage(name, settings.containers, image, variables);
  } catch {
    // That it cannot be made again is told, with what to do.
    return undefined;
  }
}

/** The version is a label of the group's main container alone. */
const versionOf = (holds: readonly Hold[]): string | undefined =>
  containerHolds(holds).flatMap(({ previous }) => previous?.version ?? [])[0];

/** Ours are made from `repository@digest`. */
function imageOf({ image, digest }: HeldContainer): PinnedImage | undefined {
  const [repository, pinned] = image?.split('@') ?? [];
  const isOurs = repository !== undefined && pinned !== undefined && isDigest(pinned) && pinned === digest;
  return isOurs ? { repository, digest: pinned } : undefined;
}

async function hasImage({ containers, run, activity }: HostTarget, image: PinnedImage): Promise<boolean> {
  if ((await containers.image(image)) !== undefined) return true;
  try {
    const credentials = await run.images.credentials(image.repository);
    await containers.pull(image, credentials, () => undefined, activity.signal);
  } catch {
    // The look says whether it is there.
  }
  return (await containers.image(image)) !== undefined;
}
