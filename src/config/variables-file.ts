import type { Lookups } from '../model/lookups.js';
import { variablesSchema } from '../model/schema/variables.js';
import type { SecretKeeper } from '../ports/secret-keeper.js';
import { locateWithin, type Locate, type ValuePath } from '../model/source.js';
import type { SecretLookup } from './named-secrets.js';
import { validate, type Located } from './validate.js';

/** A mapping of variables in a user's file, not rendered yet. One layer of variables. */
export interface VariablesFile {
  /** As people are told where a value came from: `group_vars/api`, `adfpush.yml`. */
  readonly name: string;
  readonly values: Readonly<Record<string, unknown>>;
  /** Locates by the path from a variable's name. */
  readonly locate: Locate;
  /** True for values that are data, never compiled as templates. */
  readonly literal?: boolean;
  /** The variables that are secret, whatever layer gives them. */
  readonly secrets?: SecretVariables;
  /** What functions of templates look up: the environment of adfpush, and the project's files. */
  readonly lookups?: Lookups;
}

/** Which variables are secret, and who keeps their values from being shown. */
export interface SecretVariables {
  readonly names: ReadonlySet<string>;
  readonly keeper: SecretKeeper;
  /** What `{{ secret "name" }}` means; absent where there are none. */
  readonly named?: SecretLookup;
}

/** A file that is all variables; an empty one has none. */
export const readVariablesFile = (
  name: string,
  document: Located & { readonly locate: Locate },
): VariablesFile => ({
  name,
  values: document.value === null ? {} : validate(variablesSchema, document),
  locate: document.locate,
});

/** The variables under a key of a file. */
export const variablesWithin = (
  name: string,
  values: Readonly<Record<string, unknown>>,
  locate: Locate,
  base: ValuePath,
): VariablesFile => ({ name, values, locate: locateWithin(locate, base) });
