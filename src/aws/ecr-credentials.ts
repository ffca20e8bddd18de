import { malformedAnswer } from '../errors/aws.js';
import { Secret } from '../model/secret.js';
import type { RegistryCredentials, RegistryCredentialSource } from '../ports/registry.js';
import type { CloudAccess } from './cloud-access.js';
import { AwsClients } from './clients.js';

/** `<account>.dkr.ecr.<region>.amazonaws.com`, with FIPS, dual-stack and China spellings. Source: ECR's endpoints. */
const ecrHost =
  /^\d{12}\.dkr[.-]ecr(?:-fips)?\.(?<region>[a-z0-9-]+)\.(?:amazonaws\.com(?:\.cn)?|on\.(?:aws|amazonwebservices\.com\.cn))$/;

/** Credentials for ECR registries, by the account's own credentials. A token lives 12 hours: one per region and run. */
export class EcrCredentials implements RegistryCredentialSource {
  readonly #clients: AwsClients;
  readonly #tokens = new Map<string, Promise<Login>>();

  constructor(access: CloudAccess) {
    this.#clients = new AwsClients(access);
  }

  async credentials(registry: string): Promise<RegistryCredentials | undefined> {
    const region = ecrHost.exec(registry)?.groups?.['region'];
    if (region === undefined) return undefined;
    const token = this.#tokens.get(region) ?? this.#login(region);
    this.#tokens.set(region, token);
    try {
      return { server: registry, ...(await token) };
    } catch (error) {
      this.#tokens.delete(region);
      throw error;
    }
  }

  async #login(region: string): Promise<Login> {
    const action = 'ecr:GetAuthorizationToken';
    const { authorizationData = [] } = await this.#clients.call(action, region, async () => {
      const { GetAuthorizationTokenCommand } = await import('@aws-sdk/client-ecr');
      return (await this.#clients.ecr(region)).send(new GetAuthorizationTokenCommand());
    });
    const decoded = Buffer.from(authorizationData[0]?.authorizationToken ?? '', 'base64').toString();
    const colon = decoded.indexOf(':');
    if (colon < 1) throw malformedAnswer(action, region, 'no authorization token');
    return { username: decoded.slice(0, colon), password: new Secret(decoded.slice(colon + 1)) };
  }
}

type Login = Pick<RegistryCredentials, 'username' | 'password'>;
