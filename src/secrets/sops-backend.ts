import { isUtf8 } from 'node:buffer';
import { notASopsFile, sopsFileMissing } from '../errors/sops.js';
import { Secret } from '../model/secret.js';
import type { SecretBackend, SecretContent } from '../ports/secret-backend.js';
import type { SecretKeeper } from '../ports/secret-keeper.js';
import { dataKeyOf, type SopsKeys } from './sops/data-key.js';
import { decryptTree } from './sops/decrypt-tree.js';
import { readSopsFile } from './sops/sops-file.js';

export interface SopsPlaces extends Pick<SopsKeys, 'kms'> {
  readonly variable: (name: string) => string | undefined;
  /** A file by its path, absolute or within the project; undefined when there is none. */
  readonly file: (path: string) => Uint8Array | undefined;
  /** Where sops looks for age keys when it is told of none. */
  readonly defaultKeys: string;
  readonly keeper: Pick<SecretKeeper, 'add'>;
}

/** A YAML or JSON file that sops encrypted; names are the keys at its top. It is decrypted once. */
export class SopsBackend implements SecretBackend {
  readonly description: string;
  #values: Promise<Readonly<Record<string, unknown>>> | undefined;

  constructor(
    private readonly path: string,
    private readonly places: SopsPlaces,
  ) {
    this.description = path;
  }

  nameOf(name: string): string {
    return name;
  }

  /** Throws `sops.*`, and what KMS is refused with. */
  async fetch(names: readonly string[]): Promise<ReadonlyMap<string, SecretContent>> {
    const values = await (this.#values ??= this.#decrypted());
    const known = names.filter((name) => Object.hasOwn(values, name));
    return new Map(known.map((name) => [name, { kind: 'document', value: values[name] }]));
  }

  async #decrypted(): Promise<Readonly<Record<string, unknown>>> {
    const bytes = this.places.file(this.path);
    if (bytes === undefined) throw sopsFileMissing(this.path);
    if (!isUtf8(bytes)) throw notASopsFile(this.path, 'it is not UTF-8');
    const file = readSopsFile(this.path, Buffer.from(bytes).toString());
    const key = await dataKeyOf(file, { identities: this.#identities(), kms: this.places.kms });
    return decryptTree(file, key);
  }

  /** From where sops itself takes them. */
  #identities(): readonly string[] {
    const { variable, file, defaultKeys, keeper } = this.places;
    const keyFile = variable('SOPS_AGE_KEY_FILE') ?? defaultKeys;
    const texts = [variable('SOPS_AGE_KEY'), Buffer.from(file(keyFile) ?? []).toString()];
    const lines = texts.flatMap((text) => text?.split('\n') ?? []).map((line) => line.trim());
    const identities = lines.filter((line) => line.startsWith('AGE-SECRET-KEY-'));
    for (const identity of identities) keeper.add(new Secret(identity), 'an age key');
    return identities;
  }
}
