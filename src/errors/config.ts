import { defined } from '../model/defined.js';
import { formatPlace, type Place } from '../model/source.js';
import { AdfError, type ErrorPlace } from './adf-error.js';
import { enumerate, suggest } from './nearest.js';

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

/** Text that is not YAML. `reason` is the parser's own. */
export const yamlSyntax = (reason: string, where: ErrorPlace, hint?: string): AdfError =>
  new AdfError({
    code: 'config.yaml_syntax',
    class: 'invalid',
    message: `This is not valid YAML: ${reason}.`,
    ...where,
    ...defined({ hint }),
  });

export const duplicateKey = (key: string, first: Place | undefined, where: ErrorPlace): AdfError =>
  new AdfError({
    code: 'config.duplicate_key',
    class: 'invalid',
    message:
      first === undefined
        ? `The key "${key}" stands here twice.`
        : `The key "${key}" stands here twice, first at ${formatPlace(first)}.`,
    ...where,
    hint: 'Keep one of the two.',
  });

/** A number whose digits would be lost: `0123`, `1.10`, `12e4`. */
export const ambiguousNumber = (text: string, read: string, where: ErrorPlace): AdfError =>
  new AdfError({
    code: 'config.ambiguous_number',
    class: 'invalid',
    message: `${text} without quotes is the number ${read}.`,
    ...where,
    hint: `Write "${text}" if the text is meant, or ${read} if the number is.`,
  });

/** A value that does not fit. `message` is a whole sentence that names it. */
export const invalidValue = (message: string, where: ErrorPlace, hint?: string): AdfError =>
  new AdfError({
    code: 'config.invalid_value',
    class: 'invalid',
    message,
    ...where,
    ...defined({ hint }),
  });

/** A variable that nothing uses, named almost as a setting of a group. */
export const misspeltSetting = (name: string, near: string, where: ErrorPlace): AdfError =>
  new AdfError({
    code: 'config.misspelt_setting',
    class: 'invalid',
    message: `\`${name}\` is no setting, and no template or condition of the project uses such a variable.`,
    ...where,
    hint: `Did you mean "${near}"?`,
  });

/** A variable that nothing uses, named as a key of `rollout`. */
export const misplacedSetting = (name: string, where: ErrorPlace): AdfError =>
  new AdfError({
    code: 'config.misplaced_setting',
    class: 'invalid',
    message: `\`${name}\` has no effect here: it is a key of \`rollout\`.`,
    ...where,
    hint: `Write rollout: { ${name}: … }.`,
  });

export const missingKey = (name: string, where: ErrorPlace, hint?: string): AdfError =>
  new AdfError({
    code: 'config.missing_key',
    class: 'invalid',
    message: `\`${name}\` is missing.`,
    ...where,
    ...defined({ hint }),
  });

export function unknownKey(
  key: string,
  known: readonly string[],
  inside: string,
  where: ErrorPlace,
): AdfError {
  const hint = suggest(key, known, 'Known here');
  return new AdfError({
    code: 'config.unknown_key',
    class: 'invalid',
    message: `Unknown key \`${key}\`${inside === '' ? '' : ` in \`${inside}\``}.`,
    ...where,
    ...defined({ hint }),
  });
}

export const unknownEnvironment = (name: string, existing: readonly string[]): AdfError =>
  new AdfError({
    code: 'config.unknown_environment',
    class: 'invalid',
    message: `There is no environment "${name}": no file inventory/${name}.yml.`,
    hint:
      existing.length === 0
        ? 'This folder has no inventory/*.yml at all; is it the root of a project?'
        : (suggest(name, existing, 'Environments here') ?? `Environments here: ${enumerate(existing)}.`),
  });

/** `prod.yml` and `prod.yaml`: which of the two counts must not depend on luck. */
export const twoFiles = (paths: readonly string[]): AdfError =>
  new AdfError({
    code: 'config.two_files',
    class: 'invalid',
    message: `Two files say the same thing: ${paths.join(' and ')}.`,
    hint: 'Keep one of them.',
  });

export const variablesFolder = (path: string): AdfError =>
  new AdfError({
    code: 'config.variables_folder',
    class: 'invalid',
    message: `${path} is a folder; adfpush reads one file, ${path}.yml.`,
    hint: 'Put the variables into that one file.',
  });

/** What the codes of the system mean, and what to do: its own messages repeat the path. */
const troubles: Readonly<Record<string, readonly [reason: string, hint: string]>> = {
  ELOOP: ['it is a symbolic link that leads back to itself', 'Let it lead to a file.'],
  EACCES: ['this user may not read it', 'Check the permissions of the file, and of the folders above it.'],
  ENAMETOOLONG: ['its name is too long', 'Give it a shorter name.'],
};

function troubleOf(cause: unknown): readonly [reason: string, hint: string] {
  if (!(cause instanceof Error)) return [String(cause), 'Put a regular file in its place.'];
  if (!('code' in cause)) return [cause.message, 'Put a regular file in its place.'];
  return troubles[String(cause.code)] ?? [cause.message, 'Check the disk and the permissions of the file.'];
}

export function unreadableFile(path: string, cause: unknown): AdfError {
  const [reason, hint] = troubleOf(cause);
  const message = `Cannot read ${path}: ${reason}.`;
  return new AdfError({ code: 'config.unreadable_file', class: 'invalid', message, cause, hint });
}

export const fileInUtf16 = (file: string): AdfError =>
  new AdfError({
    code: 'config.not_utf8',
    class: 'invalid',
    message: `${file} is UTF-16, not UTF-8.`,
    at: { file, line: 1, column: 1 },
    hint: `Save it in UTF-8: iconv -f UTF-16 -t UTF-8 ${file} > utf8 && mv utf8 ${file}`,
  });

/** A file that is read as text, and has bytes that are none. */
export const fileNotUtf8 = (at: Place): AdfError =>
  new AdfError({
    code: 'config.not_utf8',
    class: 'invalid',
    message: `${at.file} is not UTF-8 from here on.`,
    at,
    hint: 'Save it in UTF-8. What is not text can be copied (copy), but not rendered or read as variables.',
  });

export const unwritableFile = (path: string, cause: unknown): AdfError =>
  new AdfError({
    code: 'config.unwritable_file',
    class: 'failed',
    message: `Cannot write ${path}: ${cause instanceof Error ? cause.message : String(cause)}.`,
    cause,
    hint: 'Check the permissions of its folder, and the space on this machine.',
  });
