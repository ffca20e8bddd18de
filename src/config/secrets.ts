import { z } from 'zod';
import { secretNotSet } from '../errors/secrets.js';
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
}

/** `secrets` in adfpush.yml, as it stands there. */
export type DeclaredSecrets = z.infer<typeof secretsSchema>;

const sourceSchema = z.strictObject({
  env: z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, { error: 'must be the name of an environment variable' }),
});

/**
 * Names of variables whose values are secret, whatever layer gives them. As a mapping it may also say where a value comes from:
 * `{ db_password: { env: DB_PASSWORD } }`; an empty one means that some layer gives it, as in the list.
 */
export const secretsSchema = z.union([
  z.array(variableName),
  z.record(variableName, z.union([sourceSchema, z.null()])),
]);

/** The declared names. */
export const secretNames = (declared: DeclaredSecrets): readonly string[] =>
  Array.isArray(declared) ? declared : Object.keys(declared);

/**
 * The variables that come from the environment, as a layer of data. One that is not set there is an error when it is used, and
 * not before: not every command needs every secret. Throws `secret.not_set` then.
 */
export function secretsLayer(
  file: string,
  declared: DeclaredSecrets,
  locate: Locate,
  { keeper, environment }: SecretSources,
): VariablesFile {
  const values: Record<string, unknown> = {};
  for (const [name, source] of Array.isArray(declared) ? [] : Object.entries(declared)) {
    if (source === null) continue;
    const value = environment(source.env);
    if (value !== undefined) keeper.add(new Secret(value), name);
    const { at, sourceLine } = placeOf({ locate }, ['secrets', name], 'value');
    const get = (): string => {
      if (value === undefined) throw secretNotSet(name, source.env, at, sourceLine);
      return value;
    };
    Object.defineProperty(values, name, { enumerable: true, get });
  }
  return { name: `secrets of ${file}`, values, locate: locateWithin(locate, ['secrets']), literal: true };
}
