import type { Digest } from '../model/ids.js';
import type { Platform } from '../model/platform.js';
import type { ImageReference, PinnedImage, Repository } from '../model/release.js';
import type { Secret } from '../model/secret.js';

/** Image registries, over their HTTP API, as seen from the control side. */
export interface Registry {
  /**
   * What a reference means at this moment. A digest in the reference is checked to exist.
   * Throws `registry.image_missing`, `registry.denied`, `registry.unavailable`.
   */
  resolve(reference: ImageReference): Promise<ResolvedImage>;
  /** The labels of an image, of its first platform where it has several. Throws as `resolve`. Absent where none can be asked for. */
  labels?(image: PinnedImage): Promise<Readonly<Record<string, string>>>;
  /** What a host needs to pull from the repository; undefined when no login is needed. */
  credentials(repository: Repository): Promise<RegistryCredentials | undefined>;
  /** From now on a registry (`docker.io`, `localhost:5000`) is asked with these, before those of any other source. They are kept in memory alone. */
  logIn(registry: string, credentials: RegistryCredentials): void;
}

export type { Platform } from '../model/platform.js';

export interface ResolvedImage {
  /** Of the index when the image has several platforms, else of its manifest. */
  readonly digest: Digest;
  /** Empty when the manifest is for one platform and does not say which. */
  readonly platforms: readonly Platform[];
}

export interface RegistryCredentials {
  /** The registry's address, as Docker's `serveraddress`. */
  readonly server: string;
  readonly username: string;
  readonly password: Secret;
}

/** Where registry credentials come from: the user's Docker configuration, ECR. */
export interface RegistryCredentialSource {
  /**
   * Credentials for one registry (`docker.io`, `localhost:5000`); undefined when this source has none for it.
   * An identity token, as Docker keeps them, has the user name `<token>`.
   */
  credentials(registry: string): Promise<RegistryCredentials | undefined>;
}
