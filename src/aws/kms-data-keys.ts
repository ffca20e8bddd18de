import { DecryptCommand, KMSClient } from '@aws-sdk/client-kms';
import { malformedAnswer } from '../errors/aws.js';
import type { DataKeys } from '../ports/data-keys.js';
import type { AwsClients } from './clients.js';

const action = 'kms:Decrypt';

/** AWS KMS, in the region of each key. */
export class KmsDataKeys implements DataKeys {
  readonly #clients: AwsClients;
  readonly #client: (region: string) => KMSClient;

  constructor(clients: AwsClients) {
    this.#clients = clients;
    this.#client = clients.perRegion((settings) => new KMSClient(settings));
  }

  /** Throws the errors of errors/aws.ts. */
  async decrypt({ key, ciphertext, context }: Parameters<DataKeys['decrypt']>[0]): Promise<Uint8Array> {
    const region = key.split(':')[3] ?? this.#clients.homeRegion;
    const { Plaintext: plaintext } = await this.#clients.call(action, region, () =>
      this.#client(region).send(
        new DecryptCommand({
          CiphertextBlob: Buffer.from(ciphertext, 'base64'),
          KeyId: key,
          EncryptionContext: { ...context },
        }),
      ),
    );
    if (plaintext === undefined) throw malformedAnswer(action, region, 'no plaintext');
    return plaintext;
  }
}
