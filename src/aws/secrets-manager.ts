import {
  GetSecretValueCommand,
  InvalidRequestException,
  ResourceNotFoundException,
  SecretsManagerClient,
  type GetSecretValueCommandOutput,
} from '@aws-sdk/client-secrets-manager';
import pLimit from 'p-limit';
import { defined } from '../model/defined.js';
import type { SecretBackend, SecretContent } from '../ports/secret-backend.js';
import type { AwsClients } from './clients.js';

const action = 'secretsmanager:GetSecretValue';

/** Calls under way at a time. */
const atOnce = 8;

export interface SecretsManagerOptions {
  readonly region: string;
  readonly prefix?: string;
  /** The staging label of the version that is read; AWSCURRENT when absent. */
  readonly stage?: string;
}

/** AWS Secrets Manager. */
export class SecretsManager implements SecretBackend {
  readonly description: string;
  readonly #clients: AwsClients;
  readonly #client: (region: string) => SecretsManagerClient;
  readonly #options: SecretsManagerOptions;
  readonly #inTurn = pLimit(atOnce);

  constructor(clients: AwsClients, options: SecretsManagerOptions) {
    const { region, stage } = options;
    this.description = `Secrets Manager in ${region}${stage === undefined ? '' : ` (${stage})`}`;
    this.#clients = clients;
    this.#client = clients.perRegion((settings) => new SecretsManagerClient(settings));
    this.#options = options;
  }

  nameOf(name: string): string {
    return `${this.#options.prefix ?? ''}${name}`;
  }

  /** Throws the errors of errors/aws.ts. */
  async fetch(names: readonly string[]): Promise<ReadonlyMap<string, SecretContent>> {
    const asked = names.map((name) =>
      this.#inTurn(async () => {
        const answer = await this.#ask(this.nameOf(name));
        return answer === undefined ? [] : [[name, contentOf(answer)] as const];
      }),
    );
    return new Map((await Promise.all(asked)).flat());
  }

  /** Undefined where there is no such secret, or no version of it with the staging label. */
  #ask(id: string): Promise<GetSecretValueCommandOutput | undefined> {
    const { region, stage } = this.#options;
    return this.#clients.call(action, region, async () => {
      try {
        const command = new GetSecretValueCommand({ SecretId: id, ...defined({ VersionStage: stage }) });
        return await this.#client(region).send(command);
      } catch (error) {
        if (error instanceof ResourceNotFoundException || isMarkedForDeletion(error)) return undefined;
        throw error;
      }
    });
  }
}

/** One that is marked for deletion is as good as gone: its value is not given any more. */
const isMarkedForDeletion = (error: unknown): boolean =>
  error instanceof InvalidRequestException && /marked for deletion/i.test(error.message);

const contentOf = ({ SecretString: text }: GetSecretValueCommandOutput): SecretContent =>
  text === undefined ? { kind: 'unusable', why: 'binary' } : { kind: 'text', text };
