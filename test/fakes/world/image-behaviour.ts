import type { Milliseconds } from '../../../src/model/duration.js';

/** What an image does when it is pulled, and what a container of it does when it is started. */
export interface ImageBehaviour {
  /** How long a pull takes. */
  readonly pullTime: Milliseconds;
  readonly sizeBytes: number;
  /** The Engine's message when pulling fails. */
  readonly pullError?: string;
  /** The pull succeeds, and what the host then has is some other image. */
  readonly wrongDigest: boolean;
  /** From start until its port answers at all; with 503 until it is healthy. */
  readonly listensAfter: Milliseconds;
  /** From start until it answers with success; never when absent. */
  readonly healthyAfter?: Milliseconds;
  /** From start until it ends by itself; never when absent. */
  readonly exitsAfter?: Milliseconds;
  readonly exitCode: number;
  /** The verdict of the image's own HEALTHCHECK, so long after a start; the image has none when absent. */
  readonly healthcheck?: { readonly after: Milliseconds; readonly says: 'healthy' | 'unhealthy' };
  /** From SIGTERM until it has ended; longer than the stop timeout means that it is killed. */
  readonly stopsAfter: Milliseconds;
  /** What the Engine warns of when it creates a container of it. */
  readonly createWarnings?: readonly string[];
  /** Its manifest is for one platform, and does not say for which. */
  readonly hidesPlatform?: true;
  readonly os: string;
  readonly architecture: string;
}

const good: ImageBehaviour = {
  pullTime: 2_000,
  sizeBytes: 50_000_000,
  wrongDigest: false,
  listensAfter: 200,
  healthyAfter: 500,
  exitCode: 1,
  stopsAfter: 300,
  os: 'linux',
  architecture: 'amd64',
};
const { healthyAfter: _, ...neverHealthy } = good;

/** The images that tests speak of, by what is wrong with them. */
export const image = {
  healthy: (after: Milliseconds = 500): ImageBehaviour => ({ ...good, healthyAfter: after }),
  neverHealthy: (): ImageBehaviour => neverHealthy,
  exitsAtOnce: (code = 1): ImageBehaviour => ({ ...neverHealthy, exitsAfter: 50, exitCode: code }),
  /** Healthy at first. */
  exitsLater: (after: Milliseconds, code = 1): ImageBehaviour => ({
    ...good,
    exitsAfter: after,
    exitCode: code,
  }),
  /** Serves well, whatever its own HEALTHCHECK says of it. */
  checkedByDocker: (says: 'healthy' | 'unhealthy', after: Milliseconds = 30_000): ImageBehaviour => ({
    ...good,
    healthcheck: { says, after },
  }),
  failsToPull: (message = 'unexpected EOF'): ImageBehaviour => ({ ...good, pullError: message }),
  wrongDigestAfterPull: (): ImageBehaviour => ({ ...good, wrongDigest: true }),
  slowToPull: (pullTime: Milliseconds): ImageBehaviour => ({ ...good, pullTime }),
  ignoresStop: (): ImageBehaviour => ({ ...good, stopsAfter: Number.POSITIVE_INFINITY }),
} as const;
