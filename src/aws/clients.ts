import { awsError, goneIsExpired, isExpired } from '../errors/aws.js';
import { defined } from '../model/defined.js';
import type { CloudAccess } from './cloud-access.js';
import { identityOf, type IdentityProvider } from './credentials.js';
import { requestHandlerOf, type RequestHandlerOptions } from './request-handler.js';

/** What all clients have in common. Times are milliseconds. */
export interface ClientSettings {
  readonly region: string;
  readonly credentials: IdentityProvider;
  readonly endpoint?: string;
  readonly retryMode: string;
  readonly maxAttempts: number;
  readonly requestHandler: RequestHandlerOptions;
}

/**
 * What the clients of one account share: its credentials and how often they ask again. Each service's client is made by who asks that
 * service, so that no other is loaded with it.
 */
export class AwsClients {
  /** Where the account's identity is asked for. */
  readonly homeRegion: string;
  #identity: IdentityProvider;
  /** AWS has accepted the identity, in this run. */
  #wasAccepted = false;
  readonly #made: Map<string, unknown>[] = [];
  readonly #requestHandler: RequestHandlerOptions;

  constructor(
    readonly access: CloudAccess,
    identity?: IdentityProvider,
  ) {
    const { AWS_REGION, AWS_DEFAULT_REGION } = process.env;
    this.homeRegion = access.region ?? AWS_REGION ?? AWS_DEFAULT_REGION ?? 'us-east-1';
    this.#requestHandler = requestHandlerOf(process.env);
    this.#identity = identity ?? this.#ownIdentity();
  }

  /** The same account, asked elsewhere, as the same identity. */
  at(endpoint: string): AwsClients {
    return new AwsClients({ ...this.access, endpoint }, this.#identity);
  }

  /**
   * Makes one call of the API, whose IAM action is given; whatever it throws is an error of errors/aws.ts. Credentials that AWS calls expired
   * are not used again: the next call asks for new ones, as a renewed login or another assumed session has them. Credentials that were there
   * before and are gone have expired too: their file is written again at this moment, or what gives them does not answer.
   */
  async call<T>(action: string, region: string, make: () => Promise<T>): Promise<T> {
    const identity = this.#identity;
    try {
      const result = await make();
      this.#wasAccepted = true;
      return result;
    } catch (thrown) {
      const call = { ...this.access, action, region };
      const error = this.#wasAccepted ? goneIsExpired(awsError(thrown, call), call) : awsError(thrown, call);
      if (isExpired(error) && identity === this.#identity) this.#forget();
      throw error;
    }
  }

  #ownIdentity(): IdentityProvider {
    return identityOf(this.access, this.homeRegion, this.#requestHandler);
  }

  /** The SDK keeps what a provider once gave it, as long as that says no time at which it expires. */
  #forget(): void {
    this.#identity = this.#ownIdentity();
    for (const clients of this.#made) clients.clear();
  }

  /** One client of a service per region, made when it is first needed. */
  perRegion<Client>(make: (settings: ClientSettings) => Client): (region: string) => Client {
    const clients = new Map<string, Client>();
    this.#made.push(clients);
    return (region) => {
      const client = clients.get(region) ?? make(this.#settings(region));
      clients.set(region, client);
      return client;
    };
  }

  #settings(region: string): ClientSettings {
    return {
      region,
      credentials: this.#identity,
      ...defined({ endpoint: this.access.endpoint }),
      // Adaptive: once throttled, the client slows all its calls down instead of only repeating the refused one.
      retryMode: 'adaptive',
      maxAttempts: 5,
      requestHandler: this.#requestHandler,
    };
  }
}
