import { z } from 'zod';
import { engineTooNew, engineTooOld, isPodman } from '../errors/docker.js';
import type { ErrorHost } from '../errors/ssh.js';

/** The API versions that this client was written for: that of Docker 20.10, and the newest. */
const oldestVersion = '1.41';
const newestVersion = '1.51';

/** What an Engine says of itself, and the API version that both sides know. */
export interface EngineIdentity {
  /** The Engine's release: `27.5.1`. */
  readonly version: string;
  /** The highest API version that both know: `1.47`. */
  readonly apiVersion: string;
  /** As in image indexes: `linux`. */
  readonly os: string;
  /** As in image indexes: `amd64`. */
  readonly architecture: string;
}

const apiVersion = z.string().regex(/^1\.\d+$/);

/** The answer to `GET /version`. */
export const versionAnswer = z.object({
  Version: z.string().default('of an unknown version'),
  ApiVersion: apiVersion,
  /** Below it the Engine answers nothing. Absent where it serves all old versions. */
  MinAPIVersion: apiVersion.nullish(),
  Os: z.string().default(''),
  Arch: z.string().default(''),
  Components: z.array(z.object({ Name: z.string().default('') })).nullish(),
});
export type VersionAnswer = z.infer<typeof versionAnswer>;

/**
 * The highest API version that both know, as Docker's own client chooses it. `server` is the answer's Server header. Throws
 * `docker.podman`, `docker.engine_too_old` and `docker.engine_too_new`.
 */
export function negotiate(
  host: ErrorHost,
  { Version: version, ApiVersion: newest, MinAPIVersion: oldest, Os, Arch, Components }: VersionAnswer,
  server: string | undefined,
): EngineIdentity {
  const names = [server ?? '', ...(Components ?? []).map(({ Name }) => Name)];
  if (names.some((name) => /podman|libpod/i.test(name))) throw isPodman(host, version);
  if (minor(newest) < minor(oldestVersion)) throw engineTooOld(host, version, newest, oldestVersion);
  if (oldest !== null && oldest !== undefined && minor(oldest) > minor(newestVersion))
    throw engineTooNew(host, version, oldest, newestVersion);
  const agreed = minor(newest) < minor(newestVersion) ? newest : newestVersion;
  return { version, apiVersion: agreed, os: Os, architecture: Arch };
}

/**
 * Whether an Engine refused a request, in these words and with status 400, for its API version. It does so before it does anything: it was
 * upgraded since its version was read, or replaced by an older one.
 */
export const refusesVersion = (message: string): boolean =>
  /client version [\d.]+ is too (old|new)/.test(message);

const minor = (version: string): number => Number(version.split('.')[1]);
