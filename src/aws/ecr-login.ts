import { ECRClient, GetAuthorizationTokenCommand } from '@aws-sdk/client-ecr';
import { malformedAnswer } from '../errors/aws.js';
import { Secret } from '../model/secret.js';
import type { RegistryCredentials } from '../ports/registry.js';
import { AwsClients } from './clients.js';
import type { CloudAccess } from './cloud-access.js';

/** A user and a token, valid for 12 hours. */
export type Login = Pick<RegistryCredentials, 'username' | 'password'>;

/** Logs an account in at ECR. */
export class EcrLogin {
  readonly #clients: AwsClients;
  readonly #ecr: (region: string) => ECRClient;

  constructor(access: CloudAccess) {
    this.#clients = new AwsClients(access);
    this.#ecr = this.#clients.perRegion((settings) => new ECRClient(settings));
  }

  /** Throws the errors of errors/aws.ts. */
  async at(region: string): Promise<Login> {
    const action = 'ecr:GetAuthorizationToken';
    const { authorizationData = [] } = await this.#clients.call(action, region, () =>
      this.#ecr(region).send(new GetAuthorizationTokenCommand()),
    );
    const decoded = Buffer.from(authorizationData[0]?.authorizationToken ?? '', 'base64').toString();
    const colon = decoded.indexOf(':');
    if (colon < 1) throw malformedAnswer(action, region, 'no authorization token');
    return { username: decoded.slice(0, colon), password: new Secret(decoded.slice(colon + 1)) };
  }
}
