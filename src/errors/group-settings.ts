import { defined } from '../model/defined.js';
import { AdfError, type ErrorPlace } from './adf-error.js';

const invalid = (code: string, message: string, where: ErrorPlace, hint: string): AdfError =>
  new AdfError({
    code: `group.${code}`,
    class: 'invalid',
    message,
    ...defined({ at: where.at, sourceLine: where.sourceLine }),
    hint,
  });

/** `where` is a place in the file where the group's other variables stand. */
export const missingSetting = (name: string, where: ErrorPlace, hint: string): AdfError =>
  invalid('missing_setting', `The group has no \`${name}\`.`, where, hint);

export const twoContainerSettings = (where: ErrorPlace): AdfError =>
  invalid(
    'two_container_settings',
    'The group has both `container` and `containers`.',
    where,
    'Keep `container` for one, or `containers` for a list of them.',
  );

export const noContainers = (where: ErrorPlace): AdfError =>
  invalid(
    'no_containers',
    '`containers` must be a list of at least one container.',
    where,
    'Write one `- name: …` for each.',
  );

export const nameTwice = (name: string, where: ErrorPlace): AdfError =>
  invalid('name_twice', `Two containers have the name "${name}".`, where, 'Give each a name of its own.');

export const portTwice = (port: string, names: readonly [string, string], where: ErrorPlace): AdfError =>
  invalid(
    'port_twice',
    `The containers "${names[0]}" and "${names[1]}" both publish port ${port} of the host.`,
    where,
    'Publish one of them on another port.',
  );
