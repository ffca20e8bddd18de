import type { RegistryCredentials, RegistryCredentialSource } from '../ports/registry.js';
import type { CloudAccess } from './cloud-access.js';
import type { EcrLogin, Login } from './ecr-login.js';

/**
 * `<account>.dkr.ecr.<region>.amazonaws.com`, with FIPS and dual-stack spellings, in all partitions of AWS. Source: ECR's endpoints, and the hosts
 * that amazon-ecr-credential-helper knows.
 */
const ecrHost = new RegExp(
  String.raw`^\d{12}\.dkr[.-]ecr(?:-fips)?\.(?<region>[a-z0-9-]+)\.(?:` +
    String.raw`amazonaws\.(?:com(?:\.cn)?|eu)|on\.(?:aws|amazonwebservices\.(?:com\.cn|eu))|` +
    String.raw`c2s\.ic\.gov|sc2s\.sgov\.gov|cloud\.adc-e\.uk|csp\.hci\.ic\.gov)$`,
);

/**
 * Credentials for ECR registries, by the account's own credentials. A token lives 12 hours: one per region and run. The AWS SDK is loaded for
 * the first registry of ECR.
 */
export class EcrCredentials implements RegistryCredentialSource {
  #account: Promise<EcrLogin> | undefined;
  readonly #logins = new Map<string, Promise<Login>>();

  constructor(private readonly access: CloudAccess) {}

  async credentials(registry: string): Promise<RegistryCredentials | undefined> {
    const region = ecrHost.exec(registry)?.groups?.['region'];
    if (region === undefined) return undefined;
    const login = this.#logins.get(region) ?? this.#login(region);
    this.#logins.set(region, login);
    try {
      return { server: registry, ...(await login) };
    } catch (error) {
      this.#logins.delete(region);
      throw error;
    }
  }

  async #login(region: string): Promise<Login> {
    this.#account ??= import('./ecr-login.js').then(({ EcrLogin }) => new EcrLogin(this.access));
    return (await this.#account).at(region);
  }
}
