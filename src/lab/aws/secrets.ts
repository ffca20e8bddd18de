import { createHash, randomUUID } from 'node:crypto';
import type { Cloud } from './cloud.js';
import { AwsFault } from './fault.js';
import type { Action, Xml } from './query.js';

/** A parameter of SSM. */
export interface LabParameter {
  readonly value: string;
  readonly type: 'String' | 'StringList' | 'SecureString';
}

/** A secret of Secrets Manager, by the staging labels of its versions. */
export interface LabSecret {
  readonly versions: Readonly<Record<string, string | Uint8Array>>;
}

/** What the lab's account keeps in SSM Parameter Store and in Secrets Manager. */
export class KeptSecrets {
  /** By name; each version in its order. */
  readonly parameters = new Map<string, readonly LabParameter[]>();
  readonly secrets = new Map<string, LabSecret>();
  /** Ciphertexts of KMS, in base64, and what they hold. */
  readonly ciphertexts = new Map<string, Uint8Array>();

  putParameter(name: string, parameter: LabParameter): void {
    this.parameters.set(name, [...(this.parameters.get(name) ?? []), parameter]);
  }
}

/** As many names as one call takes. Source: the API reference of GetParameters. */
const mostNames = 10;

const getParameters: Action = (query, { cloud, region }) => {
  const names = query.list('Names');
  if (names.length > mostNames || new Set(names).size < names.length) {
    throw new AwsFault('ValidationException', `1 validation error detected: Value at 'names' is invalid`);
  }
  const decrypted = query.text('WithDecryption') === 'true';
  const found = names.map((asked) => parameterOf(asked, decrypted, cloud, region));
  return {
    Parameters: found.filter((one) => typeof one === 'object'),
    InvalidParameters: found.filter((one) => typeof one === 'string'),
  };
};

/** The name itself when there is none. */
function parameterOf(asked: string, decrypted: boolean, cloud: Cloud, region: string): Xml {
  const [, name = '', version] = /^(.+?)(?::(\d+))?$/.exec(asked) ?? [];
  const versions = region === cloud.region ? (cloud.kept.parameters.get(name) ?? []) : [];
  const parameter = version === undefined ? versions.at(-1) : versions[Number(version) - 1];
  if (parameter === undefined) return asked;
  const isEncrypted = parameter.type === 'SecureString' && !decrypted;
  return {
    Name: name,
    ...(version === undefined ? {} : { Selector: `:${version}` }),
    Type: parameter.type,
    // What AWS answers without WithDecryption: no error, but the ciphertext.
    Value: isEncrypted
      ? `AQICAH${createHash('sha256').update(parameter.value).digest('base64')}`
      : parameter.value,
    Version: versions.indexOf(parameter) + 1,
    ARN: `arn:aws:ssm:${region}:${cloud.account}:parameter/${name.replace(/^\//, '')}`,
    DataType: 'text',
  };
}

const getSecretValue: Action = (query, { cloud, region }) => {
  const id = query.required('SecretId');
  const stage = query.text('VersionStage') ?? 'AWSCURRENT';
  const secret = region === cloud.region ? cloud.kept.secrets.get(id) : undefined;
  if (secret === undefined) {
    throw new AwsFault('ResourceNotFoundException', "Secrets Manager can't find the specified secret.");
  }
  const value = secret.versions[stage];
  if (value === undefined) {
    const message = `Secrets Manager can't find the specified secret value for staging label: ${stage}`;
    throw new AwsFault('ResourceNotFoundException', message);
  }
  return {
    ARN: `arn:aws:secretsmanager:${region}:${cloud.account}:secret:${id}-a1b2c3`,
    Name: id,
    VersionId: randomUUID(),
    VersionStages: [stage],
    ...(typeof value === 'string'
      ? { SecretString: value }
      : { SecretBinary: Buffer.from(value).toString('base64') }),
  };
};

const decrypt: Action = (query, { cloud }) => {
  const plaintext = cloud.kept.ciphertexts.get(query.required('CiphertextBlob'));
  if (plaintext === undefined) throw new AwsFault('InvalidCiphertextException', '');
  return { Plaintext: Buffer.from(plaintext).toString('base64'), EncryptionAlgorithm: 'SYMMETRIC_DEFAULT' };
};

export const ssmActions: Readonly<Record<string, Action>> = { GetParameters: getParameters };
export const secretsManagerActions: Readonly<Record<string, Action>> = { GetSecretValue: getSecretValue };
export const kmsActions: Readonly<Record<string, Action>> = { Decrypt: decrypt };
