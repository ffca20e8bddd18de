import type { Position } from '../model/source.js';
import { AdfError } from './adf-error.js';

const invalid = (code: string, message: string, at: Position | undefined, hint: string): AdfError =>
  new AdfError({
    code: `group.${code}`,
    class: 'invalid',
    message,
    ...(at === undefined ? {} : { at }),
    hint,
  });

/** `at` is a place in the file where the group's other variables stand. */
export const missingSetting = (name: string, at: Position | undefined, hint: string): AdfError =>
  invalid('missing_setting', `The group has no \`${name}\`.`, at, hint);

export const twoContainerSettings = (at: Position | undefined): AdfError =>
  invalid(
    'two_container_settings',
    'The group has both `container` and `containers`.',
    at,
    'Keep `container` for one, or `containers` for a list of them.',
  );

export const noContainers = (at: Position | undefined): AdfError =>
  invalid(
    'no_containers',
    '`containers` must be a list of at least one container.',
    at,
    'Write one `- name: …` for each.',
  );

export const nameTwice = (name: string, at: Position | undefined): AdfError =>
  invalid('name_twice', `Two containers have the name "${name}".`, at, 'Give each a name of its own.');

export const portTwice = (
  port: string,
  names: readonly [string, string],
  at: Position | undefined,
): AdfError =>
  invalid(
    'port_twice',
    `The containers "${names[0]}" and "${names[1]}" both publish port ${port} of the host.`,
    at,
    'Publish one of them on another port.',
  );
