import { AutoScalingClient } from '@aws-sdk/client-auto-scaling';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { EC2Client } from '@aws-sdk/client-ec2';
import { EC2InstanceConnectClient } from '@aws-sdk/client-ec2-instance-connect';
import { ECRClient } from '@aws-sdk/client-ecr';
import { ElasticLoadBalancingV2Client } from '@aws-sdk/client-elastic-load-balancing-v2';
import { STSClient } from '@aws-sdk/client-sts';
import { awsError, goneIsExpired, isExpired } from '../errors/aws.js';
import { defined } from '../model/defined.js';
import type { CloudAccess } from './cloud-access.js';
import { identityOf, type IdentityProvider } from './credentials.js';

/** What all clients have in common. Times are milliseconds. */
interface ClientSettings {
  readonly region: string;
  readonly credentials: IdentityProvider;
  readonly endpoint?: string;
  readonly retryMode: string;
  readonly maxAttempts: number;
  readonly requestHandler: {
    readonly connectionTimeout: number;
    readonly requestTimeout: number;
    readonly throwOnRequestTimeout: boolean;
  };
}

/** One client per service and region, made when it is first needed. */
export class AwsClients {
  /** Where the account's identity is asked for. */
  readonly homeRegion: string;
  readonly dynamoDb: (region: string) => DynamoDBClient;
  readonly autoScaling: (region: string) => AutoScalingClient;
  readonly ec2: (region: string) => EC2Client;
  readonly ec2InstanceConnect: (region: string) => EC2InstanceConnectClient;
  readonly ecr: (region: string) => ECRClient;
  readonly elb: (region: string) => ElasticLoadBalancingV2Client;
  readonly sts: (region: string) => STSClient;
  #identity: IdentityProvider;
  /** AWS has accepted the identity, in this run. */
  #wasAccepted = false;
  readonly #made: Map<string, unknown>[] = [];

  constructor(
    readonly access: CloudAccess,
    identity?: IdentityProvider,
  ) {
    const { AWS_REGION, AWS_DEFAULT_REGION } = process.env;
    this.homeRegion = access.region ?? AWS_REGION ?? AWS_DEFAULT_REGION ?? 'us-east-1';
    this.#identity = identity ?? identityOf(access, this.homeRegion);
    this.dynamoDb = this.#perRegion((settings) => {
      // A lease's calls are few and cannot wait: one that was throttled must not hold up the next ones.
      return new DynamoDBClient({ ...settings, retryMode: 'standard' });
    });
    this.autoScaling = this.#perRegion((settings) => new AutoScalingClient(settings));
    this.ec2 = this.#perRegion((settings) => new EC2Client(settings));
    this.ec2InstanceConnect = this.#perRegion((settings) => new EC2InstanceConnectClient(settings));
    this.ecr = this.#perRegion((settings) => new ECRClient(settings));
    this.elb = this.#perRegion((settings) => new ElasticLoadBalancingV2Client(settings));
    this.sts = this.#perRegion((settings) => new STSClient(settings));
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

  /** The SDK keeps what a provider once gave it, as long as that says no time at which it expires. */
  #forget(): void {
    this.#identity = identityOf(this.access, this.homeRegion);
    for (const clients of this.#made) clients.clear();
  }

  #perRegion<Client>(make: (settings: ClientSettings) => Client): (region: string) => Client {
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
      requestHandler: { connectionTimeout: 5_000, requestTimeout: 30_000, throwOnRequestTimeout: true },
    };
  }
}
