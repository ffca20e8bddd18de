import { defined } from '../model/defined.js';
import { AdfError, type ErrorPlace } from './adf-error.js';
import { nearest, suggest } from './nearest.js';

const invalid = (code: string, message: string, place: ErrorPlace, hint?: string): AdfError =>
  new AdfError({ code, class: 'invalid', message, ...place, ...defined({ hint }) });

/** `looked` are the folders where it was looked for. */
export function roleNotFound(
  name: string,
  known: readonly string[],
  looked: readonly string[],
  place: ErrorPlace,
): AdfError {
  const near = suggest(name, [...new Set(known)].sort(), 'There are');
  const where = `It was looked for in ${looked.join(', ')}.`;
  return invalid(
    'role.not_found',
    `there is no role "${name}"`,
    place,
    near === undefined ? where : `${near} ${where}`,
  );
}

/** `part` is the folder of the role, `asked` what its `…_from` says. */
export function roleFileNotFound(
  role: string,
  part: string,
  asked: string,
  known: readonly string[],
  looked: readonly string[],
  place: ErrorPlace,
): AdfError {
  const near = suggest(asked, known, 'There are') ?? `It was looked for as ${looked.join(', ')}.`;
  return invalid(
    'role.file_not_found',
    `the role "${role}" has no file "${asked}" in its ${part}`,
    place,
    near,
  );
}

/** `way` leads from the folder of a role back to itself. */
export const roleCycle = (way: readonly string[], place: ErrorPlace): AdfError =>
  invalid(
    'role.cycle',
    `${way[0] ?? ''} depends on itself: ${way.join(' depends on ')}`,
    place,
    'Take one of these dependencies out.',
  );

/** A key in an entry of `roles` that is no keyword: old playbooks give variables so. */
export const roleParameter = (
  key: string,
  role: string,
  known: readonly string[],
  place: ErrorPlace,
  hint?: string,
): AdfError => {
  const near = hint === undefined ? nearest(key, known) : undefined;
  const asVariable = `A variable of the role goes below vars: { role: ${role}, vars: { ${key}: … } }.`;
  return invalid(
    'role.parameter',
    `unknown keyword "${key}" of the role "${role}"`,
    place,
    near === undefined
      ? [hint, asVariable].filter((one) => one !== undefined).join(' ')
      : `Did you mean "${near}"?`,
  );
};

export const templateInRole = (keyword: string, owner: string, place: ErrorPlace): AdfError =>
  invalid(
    'role.template',
    `"${keyword}" of ${owner} cannot be a template: it is read before there are variables`,
    place,
    'Use include_role, which is read while the playbook runs.',
  );
