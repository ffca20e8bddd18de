import type { RegistryCredentials, RegistryCredentialSource } from '../ports/registry.js';

/** Several sources as one: the first that has credentials for a registry is the one that counts. */
export class CredentialSources implements RegistryCredentialSource {
  constructor(private readonly sources: readonly RegistryCredentialSource[]) {}

  async credentials(registry: string): Promise<RegistryCredentials | undefined> {
    for (const source of this.sources) {
      const found = await source.credentials(registry);
      if (found !== undefined) return found;
    }
    return undefined;
  }
}
