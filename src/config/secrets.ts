import { isUtf8 } from 'node:buffer';
import { z } from 'zod';
import type { AdfError, ErrorPlace } from '../errors/adf-error.js';
import { secretFileMissing, secretNotSet, secretUnusable } from '../errors/secrets.js';
import { defined } from '../model/defined.js';
import { isEncrypted } from '../model/environment-text.js';
import { textSchema } from '../model/schema/text.js';
import { Secret } from '../model/secret.js';
import type { SecretKeeper } from '../ports/secret-keeper.js';
import { locateWithin, type Locate } from '../model/source.js';
import { placeOf } from './located.js';
import type { SecretLookup } from './named-secrets.js';
import { secretBackendSchema, type SecretBackendSettings } from './secret-backends.js';
import type { VariablesFile } from './variables-file.js';
import { variableNameSchema } from '../model/schema/variables.js';

/** Where a project's secrets come from, and who keeps them. */
export interface SecretSources {
  readonly keeper: SecretKeeper;
  /** An environment variable of adfpush; undefined when it is not set. */
  readonly environment: (name: string) => string | undefined;
  /** A file by its path, absolute or within the project; undefined when it is not there. Absent where there are no files. */
  readonly file?: (path: string) => Uint8Array | undefined;
  /** What `{{ secret "name" }}` means. Absent where there are none. */
  readonly named?: SecretLookup;
}

/** `secrets` in adfpush.yml. */
export interface DeclaredSecrets {
  /** The variables that are secret, and where the value of one comes from; null where some layer gives it. */
  readonly variables: ReadonlyMap<string, Source | null>;
  /** Where `{{ secret "name" }}` is looked for, in this order; empty where nothing is said of it. */
  readonly backends: readonly SecretBackendSettings[];
}

const sourceSchema = z
  .strictObject({
    env: z
      .string()
      .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, { error: 'must be the name of an environment variable' })
      .exactOptional(),
    file: textSchema.exactOptional(),
  })
  .refine(({ env, file }) => (env === undefined) !== (file === undefined), {
    error: 'must be { env: VARIABLE } or { file: PATH }',
  });

type Source = z.infer<typeof sourceSchema>;

/**
 * Names of variables whose values are secret, whatever layer gives them. As a mapping it may also say where a value comes from:
 * `{ db_password: { env: DB_PASSWORD } }`, `{ file: /run/secrets/db }`; an empty one means that some layer gives it, as in the list.
 * A mapping with `backend`, alone or in the list, says where `{{ secret "name" }}` is looked for.
 */
export const secretsSchema = z
  .union([
    z.array(z.union([variableNameSchema, secretBackendSchema])),
    secretBackendSchema,
    z.record(variableNameSchema, z.union([sourceSchema, z.null()])),
  ])
  .transform((given): DeclaredSecrets => {
    if (Array.isArray(given)) {
      return {
        variables: new Map(given.filter((item) => typeof item === 'string').map((name) => [name, null])),
        backends: given.filter((item) => typeof item === 'object'),
      };
    }
    if (isBackend(given)) return { variables: new Map(), backends: [given] };
    return { variables: new Map(Object.entries(given)), backends: [] };
  })
  .meta({ type: 'list or mapping' });

const isBackend = (
  given: SecretBackendSettings | Record<string, Source | null>,
): given is SecretBackendSettings => typeof given['backend'] === 'string';

/**
 * The variables that come from the environment or from a file, as a layer of data: byte for byte, but for one final newline of a file. One
 * that is not there, or is no text, is an error when it is used, and not before: not every command needs every secret. Throws
 * `secret.not_set`, `secret.file_missing`, `secret.not_text` and `secret.encrypted` then.
 */
export function secretsLayer(
  file: string,
  declared: DeclaredSecrets,
  locate: Locate,
  sources: SecretSources,
): VariablesFile {
  const values: Record<string, unknown> = {};
  for (const [name, source] of declared.variables) {
    if (source === null) continue;
    const value = valueFrom(name, source, sources, placeOfSource(locate, name));
    if (typeof value === 'string') sources.keeper.add(new Secret(value), name);
    const get = (): string => {
      if (typeof value !== 'string') throw value;
      return value;
    };
    Object.defineProperty(values, name, { enumerable: true, get });
  }
  return { name: `secrets of ${file}`, values, locate: locateWithin(locate, ['secrets']), literal: true };
}

function placeOfSource(locate: Locate, name: string): ErrorPlace {
  const { at, sourceLine } = placeOf(locate, ['secrets', name]);
  return { ...defined({ at, sourceLine }) };
}

/** The value, or what is to be thrown when it is used. */
function valueFrom(
  name: string,
  { env, file = '' }: Source,
  sources: SecretSources,
  place: ErrorPlace,
): string | AdfError {
  if (env !== undefined) {
    const value = sources.environment(env);
    if (value === undefined) return secretNotSet(name, env, place);
    // Node reads bytes that are no UTF-8 as this character.
    return value.includes('\uFFFD') ? secretUnusable(name, 'not_text', place) : decrypted(name, value, place);
  }
  const bytes = sources.file?.(file);
  if (bytes === undefined) return secretFileMissing(name, file, place);
  if (!isUtf8(bytes)) return secretUnusable(name, 'not_text', place);
  return decrypted(name, Buffer.from(bytes).toString().replace(/\n$/, ''), place);
}

const decrypted = (name: string, value: string, place: ErrorPlace): string | AdfError =>
  isEncrypted(value) ? secretUnusable(name, 'encrypted', place) : value;
