import { armor, Decrypter } from 'age-encryption';
import { errorsOf } from '../../errors/adf-error.js';
import { noKeyForSops } from '../../errors/sops.js';
import type { DataKeys } from '../../ports/data-keys.js';
import type { SopsFile } from './sops-file.js';

/** What can open a file of sops. */
export interface SopsKeys {
  /** Private keys of age, `AGE-SECRET-KEY-1…`. */
  readonly identities: readonly string[];
  /** AWS KMS; opened for a file that is encrypted for one of its keys, and that no age key opens. */
  readonly kms: () => Promise<DataKeys>;
}

/** The key that all values of the file are encrypted with. Throws `sops.key`. */
export async function dataKeyOf({ file, metadata }: SopsFile, keys: SopsKeys): Promise<Uint8Array> {
  const group = metadata.key_groups?.[0] ?? metadata;
  const [age, kms] = [group.age ?? [], group.kms ?? []];
  const tried: string[] = [];
  for (const { enc } of age) {
    const key = await openByAge(enc, keys.identities);
    if (key !== undefined) return key;
  }
  if (age.length > 0 && keys.identities.length === 0) tried.push('there is no age key here');
  for (const { arn, enc, context } of kms) {
    try {
      return await (await keys.kms()).decrypt({ key: arn, ciphertext: enc, context: context ?? {} });
    } catch (error) {
      tried.push(errorsOf(error)[0].message.replace(/\.$/, ''));
    }
  }
  const others = (['pgp', 'gcp_kms', 'azure_kv', 'hc_vault'] as const).filter(
    (kind) => (group[kind]?.length ?? 0) > 0,
  );
  const recipients = [
    ...age.map(({ recipient }) => recipient),
    ...kms.map(({ arn }) => arn),
    ...others.map((kind) => `keys of ${kind}, which are not used here`),
  ];
  throw noKeyForSops(file, recipients, tried);
}

async function openByAge(armored: string, identities: readonly string[]): Promise<Uint8Array | undefined> {
  if (identities.length === 0) return undefined;
  const decrypter = new Decrypter();
  for (const identity of identities) decrypter.addIdentity(identity);
  try {
    return await decrypter.decrypt(armor.decode(armored));
  } catch {
    // None of the keys is that of this recipient.
    return undefined;
  }
}
