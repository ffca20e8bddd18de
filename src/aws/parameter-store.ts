import { GetParametersCommand, SSMClient, type Parameter } from '@aws-sdk/client-ssm';
import { malformedAnswer } from '../errors/aws.js';
import type { SecretBackend, SecretContent } from '../ports/secret-backend.js';
import type { AwsClients } from './clients.js';

const action = 'ssm:GetParameters';

/** As many names as one call takes. Source: the API reference of GetParameters. */
const atOnce = 10;

export interface ParameterStoreOptions {
  readonly region: string;
  readonly prefix?: string;
}

/** AWS SSM Parameter Store. A name may have a version or a label, `db:3`. */
export class ParameterStore implements SecretBackend {
  readonly description: string;
  readonly #clients: AwsClients;
  readonly #client: (region: string) => SSMClient;
  readonly #region: string;
  readonly #prefix: string;

  constructor(clients: AwsClients, { region, prefix = '' }: ParameterStoreOptions) {
    this.description = `SSM Parameter Store in ${region}`;
    this.#clients = clients;
    this.#client = clients.perRegion((settings) => new SSMClient(settings));
    this.#region = region;
    this.#prefix = prefix;
  }

  nameOf(name: string): string {
    return this.#prefix + name;
  }

  /** Throws the errors of errors/aws.ts. */
  async fetch(names: readonly string[]): Promise<ReadonlyMap<string, SecretContent>> {
    const found = new Map<string, SecretContent>();
    for (let start = 0; start < names.length; start += atOnce) {
      const batch = names.slice(start, start + atOnce);
      const answered = await this.#ask(batch.map((name) => this.nameOf(name)));
      for (const name of batch) {
        const parameter = answered.get(this.nameOf(name));
        if (parameter !== undefined) found.set(name, contentOf(parameter, this.#region));
      }
    }
    return found;
  }

  /** By the names that were asked for; those of the answer's `InvalidParameters` are absent. */
  async #ask(names: readonly string[]): Promise<ReadonlyMap<string, Parameter>> {
    const { Parameters: parameters = [] } = await this.#clients.call(action, this.#region, () =>
      this.#client(this.#region).send(
        // Without WithDecryption the answer is the ciphertext, and no error.
        new GetParametersCommand({ Names: [...new Set(names)], WithDecryption: true }),
      ),
    );
    return new Map(
      parameters.flatMap((parameter) => {
        const { Name: name = '', Selector: selector = '', ARN: arn = '' } = parameter;
        return [`${name}${selector}`, `${arn}${selector}`].map((asked) => [asked, parameter] as const);
      }),
    );
  }
}

function contentOf({ Value: text, Name: name = '' }: Parameter, region: string): SecretContent {
  if (text === undefined) throw malformedAnswer(action, region, `no value of ${name}`);
  return { kind: 'text', text };
}
