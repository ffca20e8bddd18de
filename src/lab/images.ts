import { createHash } from 'node:crypto';
import { buildImage, type BuiltImage } from './registry/image.js';

/**
 * How an app of the lab behaves:
 * - `healthy`: answers, and ends in order on SIGTERM.
 * - `unhealthy`: runs and answers, and its health check says 503.
 * - `exits`: ends with code 1 as soon as it is started.
 * - `sickens`: healthy at first, unhealthy from its 2,000th millisecond on.
 * - `stubborn`: healthy, and deaf to SIGTERM.
 */
export type Behaviour = 'healthy' | 'unhealthy' | 'exits' | 'sickens' | 'stubborn';

/** The port that the lab's app listens on inside its container. */
const appPort = 5000;

/** An image of the lab's app. Its layers are real, small, and share a base, so that a pull has something to show. */
export const appImage = (version: string, behaviour: Behaviour): BuiltImage =>
  buildImage({
    env: { APP_VERSION: version, LAB_BEHAVIOUR: behaviour },
    labels: { 'org.opencontainers.image.version': version },
    exposedPorts: [`${appPort}/tcp`],
    layers: [
      { 'base/os.bin': filler('base', 384) },
      {
        'app/modules.bin': filler('modules', 128),
        'app/version': `${version}\n`,
        'app/behaviour': behaviour,
      },
    ],
  });

/** Bytes that do not compress, the same for the same name. */
function filler(name: string, kibibytes: number): Buffer {
  const chunks: Buffer[] = [];
  for (let chunk = createHash('sha512').update(name).digest(); chunks.length < kibibytes * 16;) {
    chunks.push(chunk);
    chunk = createHash('sha512').update(chunk).digest();
  }
  return Buffer.concat(chunks);
}
