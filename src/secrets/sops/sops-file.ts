import { constructFromEvents, CORE_SCHEMA, parseEvents, realMapTag, YAMLException } from 'js-yaml';
import { z } from 'zod';
import { notASopsFile } from '../../errors/sops.js';

/** A mapping, list or scalar of the file. Mappings keep their order, which the signature depends on. */
export type SopsNode = Map<unknown, SopsNode> | SopsNode[] | string | number | boolean | null;

const textOf = z.string().default('');
const ageKeys = z.array(z.object({ recipient: textOf, enc: textOf })).nullish();
const kmsKeys = z
  .array(z.object({ arn: textOf, enc: textOf, context: z.record(z.string(), z.string()).nullish() }))
  .nullish();
const otherKeys = z.array(z.unknown()).nullish();
const keyGroup = {
  age: ageKeys,
  kms: kmsKeys,
  pgp: otherKeys,
  gcp_kms: otherKeys,
  azure_kv: otherKeys,
  hc_vault: otherKeys,
};

/** What sops says of the file under `sops`. Source: its own `stores/stores.go`. */
const metadataSchema = z.object({
  ...keyGroup,
  key_groups: z.array(z.object(keyGroup)).nullish(),
  lastmodified: z.string(),
  mac: z.string(),
  unencrypted_suffix: z.string().optional(),
  encrypted_suffix: z.string().optional(),
  unencrypted_regex: z.string().optional(),
  encrypted_regex: z.string().optional(),
  unencrypted_comment_regex: z.string().optional(),
  encrypted_comment_regex: z.string().optional(),
  mac_only_encrypted: z.union([z.boolean(), z.stringbool()]).optional(),
});
export type SopsMetadata = z.output<typeof metadataSchema>;

/** A file as sops wrote it, still encrypted. */
export interface SopsFile {
  readonly file: string;
  readonly tree: ReadonlyMap<unknown, SopsNode>;
  readonly metadata: SopsMetadata;
}

/** JSON is read as YAML, which it is a part of: so that keys keep their order. */
const schema = CORE_SCHEMA.withTags(realMapTag);

/** Throws `sops.format`. */
export function readSopsFile(file: string, text: string): SopsFile {
  const [root, ...others] = documentsOf(file, text);
  if (others.length > 0) throw notASopsFile(file, 'it holds several documents');
  if (!(root instanceof Map)) throw notASopsFile(file, 'it is no mapping');
  const tree = new Map(root as Map<unknown, SopsNode>);
  const said = tree.get('sops');
  if (said === undefined) throw notASopsFile(file, 'it has no key `sops`, so it is not encrypted by it');
  tree.delete('sops');
  const metadata = metadataSchema.safeParse(plain(said));
  if (!metadata.success) throw notASopsFile(file, z.prettifyError(metadata.error).split('\n')[0] ?? '');
  const { data } = metadata;
  if ((data.key_groups?.length ?? 0) > 1)
    throw notASopsFile(file, 'its key is split over several key groups');
  if (data.encrypted_comment_regex !== undefined || data.unencrypted_comment_regex !== undefined) {
    throw notASopsFile(file, 'comments in it say what is encrypted');
  }
  return { file, tree, metadata: data };
}

function documentsOf(file: string, text: string): readonly unknown[] {
  const source = text.replace(/^\uFEFF/, '');
  try {
    return constructFromEvents(parseEvents(source, { filename: file }), { source, schema });
  } catch (error) {
    if (error instanceof YAMLException) throw notASopsFile(file, error.reason);
    throw error;
  }
}

/** The same as objects, for what has no order. */
function plain(node: SopsNode): unknown {
  if (node instanceof Map) {
    return Object.fromEntries([...node].map(([key, value]) => [String(key), plain(value)]));
  }
  return Array.isArray(node) ? node.map((item) => plain(item)) : node;
}
