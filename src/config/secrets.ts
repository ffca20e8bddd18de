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
import { variableName, type VariablesFile } from './variables-file.js';

/** Where a project's secrets come from, and who keeps them. */
export interface SecretSources {
  readonly keeper: SecretKeeper;
  /** An environment variable of adfpush; undefined when it is not set. */
  readonly environment: (name: string) => string | undefined;
  /** A file by its path, absolute or within the project; undefined when it is not there. Absent where there are no files. */
  readonly file?: (path: string) => Uint8Array | undefined;
}

/** `secrets` in adfpush.yml, as it stands there. */
export type DeclaredSecrets = z.infer<typeof secretsSchema>;

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

/**
 * Names of variables whose values are secret, whatever layer gives them. As a mapping it may also say where a value comes from:
 * `{ db_password: { env: DB_PASSWORD } }`, `{ file: /run/secrets/db }`; an empty one means that some layer gives it, as in the list.
 */
export const secretsSchema = z.union([
  z.array(variableName),
  z.record(variableName, z.union([sourceSchema, z.null()])),
]);

/** The declared names. */
export const secretNames = (declared: DeclaredSecrets): readonly string[] =>
  Array.isArray(declared) ? declared : Object.keys(declared);

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
  for (const [name, source] of Array.isArray(declared) ? [] : Object.entries(declared)) {
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
  { env, file = '' }: z.infer<typeof sourceSchema>,
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
