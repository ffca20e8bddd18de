import type { SecretVariables } from '../config/variables-file.js';
import type { Lookups } from '../model/lookups.js';
import type { Locate, Place } from '../model/source.js';
import type { UnknownValue } from '../model/unknown.js';

/** One source of variables. */
export interface Layer {
  /** As `inventory vars --explain` shows it: `group_vars/api`, `extra vars`. */
  readonly name: string;
  readonly values: Readonly<Record<string, unknown>>;
  /** Where a value stands in a user's file; layers that come from no file have none. */
  readonly locate?: Locate;
  /** True for values from a host or the cloud: data, never compiled as templates. */
  readonly literal?: boolean;
  /** True when a mapping of it that is a setting (`rollout: { bake: … }`) says only what differs from the layers below. */
  readonly merges?: boolean;
  /** What any other name may mean, since it is not known which ones are set. */
  readonly otherwise?: UnknownValue;
  /** The variables that are secret, whatever layer gives them. */
  readonly secrets?: SecretVariables;
  /** What functions of templates look up: the environment of adfpush, and the project's files. */
  readonly lookups?: Lookups;
}

/** Where the value of a variable came from. */
export interface Origin {
  readonly layer: string;
  readonly at?: Place;
}
