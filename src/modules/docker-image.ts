import { z } from 'zod';
import { digestNotPulled, wrongPlatformPulled } from '../errors/modules.js';
import { runsOn } from '../model/platform.js';
import { containerSchema } from '../model/schema/container.js';
import { formatPinnedImage, type PinnedImage } from '../model/release.js';
import type { PullProgress } from '../ports/container-runtime.js';
import type { Module, ModuleHost } from './module.js';

const schema = z.strictObject({
  image: z.string().optional().describe('the image, as `repository:tag` or `repository@digest`'),
  containers: z.array(containerSchema).default([]).describe('containers whose own images are wanted too'),
});

/** Pulls images, pinned to this run's digests, and verifies what the Engine says it got. */
export const dockerImage: Module<z.infer<typeof schema>, readonly PinnedImage[]> = {
  name: 'docker_image',
  docs: {
    summary:
      'Pulls images, each pinned to one digest for the whole run, and verifies what the Docker Engine says it got.',
    examples: [
      `- name: pull it before any host leaves service
  docker_image: registry.example.com/shop/api:v42`,
      `- name: the release, and all other images of the group
  docker_image:
    image: "{{ release.image }}"
    containers: "{{ containers }}"`,
    ],
  },
  effect: 'restorable',
  freeform: 'image',
  schema,

  async check({ image, containers }, host) {
    const wanted = await wantedImages(
      image,
      containers.flatMap((container) => container.image ?? []),
      host,
    );
    const missing: PinnedImage[] = [];
    for (const pinned of wanted) if (!(await isVerified(pinned, host))) missing.push(pinned);
    const names = wanted.map(formatPinnedImage);
    if (missing.length === 0) {
      return {
        changes: false,
        result: { changed: false, message: 'already there', values: { images: names } },
      };
    }
    return {
      changes: true,
      summary: `pull ${missing.map(formatPinnedImage).join(', ')}`,
      takes: [],
      details: missing,
    };
  },

  async apply(_args, missing, host) {
    for (const image of missing) {
      const credentials = await host.images.credentials(image.repository);
      await host.containers.pull(image, credentials, (progress) => reportPull(progress, host), host.signal);
      if (!(await isVerified(image, host))) {
        const found = await host.containers.image(image);
        throw digestNotPulled(host.host, image, found?.repoDigests ?? []);
      }
    }
    const names = missing.map(formatPinnedImage);
    return { changed: true, message: `pulled ${names.join(', ')}`, values: { images: names } };
  },
};

async function wantedImages(
  image: string | undefined,
  others: readonly string[],
  host: ModuleHost,
): Promise<readonly PinnedImage[]> {
  const references = [...(image === undefined ? [] : [image]), ...others];
  const pinned = new Map<string, PinnedImage>();
  for (const reference of references) {
    const one = await host.images.pin(reference);
    pinned.set(formatPinnedImage(one), one);
  }
  return [...pinned.values()];
}

/**
 * The Engine's own RepoDigests must name the digest: what it pulled is what was asked for. Throws `image.wrong_platform` when it is built for
 * another platform than the host's: an Engine pulls that without a word, and no pull by the same digest mends it.
 */
async function isVerified(image: PinnedImage, host: ModuleHost): Promise<boolean> {
  const local = await host.containers.image(image);
  if (local?.repoDigests.some((digest) => digest.endsWith(`@${image.digest}`)) !== true) return false;
  const platform = await host.containers.info();
  if (!runsOn(local, platform)) throw wrongPlatformPulled(host.host, image, local, platform);
  return true;
}

const reportPull = ({ layers, layersDone, bytes, totalBytes }: PullProgress, host: ModuleHost): void =>
  host.progress(`pulling, ${layersDone} of ${layers} layers`, bytes, totalBytes);
