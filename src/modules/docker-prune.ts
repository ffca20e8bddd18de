import { z } from 'zod';
import { label, type ObservedContainer } from '../model/container.js';
import type { LocalImage } from '../ports/container-runtime.js';
import type { Module, ModuleHost } from './module.js';

const schema = z.strictObject({
  keep_releases: z
    .int()
    .min(0)
    .default(3)
    .describe(
      'how many stopped predecessors of each container of the group are kept; of one image only the newest',
    ),
});

interface Prunable {
  readonly containers: readonly ObservedContainer[];
  readonly images: readonly LocalImage[];
}

/** Removes what earlier releases of the group left behind: stopped predecessors beyond `keep_releases`, and images only they used. */
export const dockerPrune: Module<z.infer<typeof schema>, Prunable> = {
  name: 'docker_prune',
  docs: {
    summary:
      'Removes what earlier releases of the group left behind: stopped predecessors beyond `keep_releases`, and the images that only they used.',
    examples: [
      `- name: keep two releases
  docker_prune: { keep_releases: 2 }`,
    ],
  },
  effect: 'one_way',
  needsGroup: true,
  schema,

  async check({ keep_releases: keep }, host) {
    const containers = await host.containers.list();
    const kept = containers.filter((container) => isKept(container, host));
    const ours = containers.filter((container) => isOfGroup(container, host));
    const repeated = repeatedOf(kept, ours);
    const others = kept.filter((container) => !repeated.includes(container));
    const beyond = byContainer(others).flatMap((generations) => newestFirst(generations).slice(keep));
    const superfluous = [...repeated, ...beyond];
    const images = await unusedImages(containers, superfluous, host);
    if (superfluous.length === 0 && images.length === 0) {
      return {
        changes: false,
        result: { changed: false, message: 'nothing to prune', values: { removed: 0 } },
      };
    }
    return {
      changes: true,
      summary: `remove ${superfluous.length} kept containers and ${images.length} images`,
      takes: [],
      details: { containers: superfluous, images },
    };
  },

  async apply(_args, { containers, images }, host) {
    for (const { id } of containers) await host.containers.remove(id);
    let removed = 0;
    for (const { id } of images) if (await host.containers.removeImage(id)) removed += 1;
    return {
      changed: true,
      message: `removed ${containers.length} kept containers and ${removed} images`,
      values: { removed: containers.length },
    };
  },
};

/** Ours, of this group, and put aside: it no longer has the name it ran under. */
const isKept = (container: ObservedContainer, host: ModuleHost): boolean =>
  !container.running && isOfGroup(container, host) && container.labels[label.container] !== container.name;

/** A host may run a group of the same name for another environment. */
const isOfGroup = ({ labels }: ObservedContainer, { host, group }: ModuleHost): boolean =>
  group !== undefined && labels[label.group] === group && labels[label.environment] === host.environment;

/**
 * What is kept of releases that the host has once more: it runs the same image, or keeps a newer container of it. Counted, they would push out
 * the releases before them: after a rollback the release that was gone back to is there twice. Containers of the group's image have a
 * release's label; what ran beside them in the same run goes with them.
 */
function repeatedOf(
  kept: readonly ObservedContainer[],
  containers: readonly ObservedContainer[],
): readonly ObservedContainer[] {
  const isMain = ({ labels }: ObservedContainer): boolean => labels[label.release] !== undefined;
  const running = containers.filter((one) => one.running && isMain(one));
  const seen = new Set(running.map(({ digest }) => digest));
  // Several containers of one run may be of the release's image: together they are one release.
  const byRun = Map.groupBy(newestFirst(kept.filter(isMain)), ({ labels }) => labels[label.run]);
  const repeated = [...byRun].flatMap(([run, its]) => {
    const isRepeated = its.every(({ digest }) => seen.has(digest));
    for (const { digest } of its) seen.add(digest);
    return isRepeated && run !== undefined ? [run] : [];
  });
  return kept.filter(({ labels }) => repeated.some((run) => run === labels[label.run]));
}

function byContainer(kept: readonly ObservedContainer[]): readonly (readonly ObservedContainer[])[] {
  return [...Map.groupBy(kept, ({ labels }) => labels[label.container] ?? '').values()];
}

const newestFirst = (containers: readonly ObservedContainer[]): readonly ObservedContainer[] =>
  [...containers].sort((a, b) => b.createdAt - a.createdAt);

/**
 * Images of the repositories this group's containers come from that no remaining container was made from. Where the host runs another
 * group, too, such an image may be one that a run of that group has pulled and is about to start: only those go there that the removed
 * containers were made from.
 */
async function unusedImages(
  containers: readonly ObservedContainer[],
  superfluous: readonly ObservedContainer[],
  host: ModuleHost,
): Promise<readonly LocalImage[]> {
  const ours = containers.filter((container) => isOfGroup(container, host));
  const repositories = new Set(ours.map(repositoryOf));
  const used = imagesOf(containers.filter((container) => !superfluous.includes(container)));
  const freed = imagesOf(superfluous);
  const mayGo = (pinned: string): boolean => {
    const [repository = '', digest = ''] = pinned.split('@');
    const isUnused = repositories.has(repository) && !used.has(pinned) && !used.has(digest);
    const isFreed = freed.has(pinned) || freed.has(digest);
    return isUnused && (isFreed || !isShared(repository, containers, host));
  };
  return (await host.containers.images()).filter(
    ({ repoDigests, repoTags }) =>
      repoTags.length === 0 && repoDigests.length > 0 && repoDigests.every(mayGo),
  );
}

/** A group that is new on the host has no containers yet. */
const isShared = (repository: string, containers: readonly ObservedContainer[], host: ModuleHost): boolean =>
  host.host.groups.length > 1 ||
  containers.some((container) => repositoryOf(container) === repository && !isOfGroup(container, host));

const repositoryOf = ({ image }: ObservedContainer): string => image.split('@')[0] ?? image;

const imagesOf = (containers: readonly ObservedContainer[]): ReadonlySet<string> =>
  new Set(containers.flatMap(({ image, digest }) => (digest === undefined ? [image] : [image, digest])));
