import type { ImageReference, Repository } from '../model/release.js';
import type { Clock } from '../ports/clock.js';
import type {
  Registry,
  RegistryCredentials,
  RegistryCredentialSource,
  ResolvedImage,
} from '../ports/registry.js';
import { registryOf } from './image-reference.js';

export interface HttpRegistryOptions {
  readonly credentials: RegistryCredentialSource;
  /** Registries (`host:port`) that may be spoken to without TLS; this machine's own always may. */
  readonly insecureRegistries: readonly string[];
  readonly clock: Clock;
}

/** Registries over the OCI distribution API. */
export class HttpRegistry implements Registry {
  constructor(private readonly options: HttpRegistryOptions) {}

  resolve(_reference: ImageReference): Promise<ResolvedImage> {
    throw new Error('being built');
  }

  credentials(repository: Repository): Promise<RegistryCredentials | undefined> {
    return this.options.credentials.credentials(registryOf(repository));
  }
}
