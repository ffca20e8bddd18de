/** What a backend keeps under a name. */
export type SecretContent =
  /** A text as it is kept, byte for byte. */
  | { readonly kind: 'text'; readonly text: string }
  /** A value of a decrypted document: a mapping, a list or a scalar. */
  | { readonly kind: 'document'; readonly value: unknown }
  /** It is there, and cannot be given to anything that takes text. */
  | { readonly kind: 'unusable'; readonly why: 'not_text' | 'encrypted' | 'binary' };

/** One place where secrets are kept under names. */
export interface SecretBackend {
  /** For people, as a place: `SSM Parameter Store in eu-west-1`. */
  readonly description: string;
  /** The name that it is asked for when a template says `name`: with its prefix, for instance. */
  nameOf(name: string): string;
  /**
   * What it keeps under these names of templates; a name that it does not know is absent from the answer. Throws what keeps it from
   * being asked: no access, a file that cannot be decrypted.
   */
  fetch(names: readonly string[]): Promise<ReadonlyMap<string, SecretContent>>;
}
