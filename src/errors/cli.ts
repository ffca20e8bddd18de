import { defined } from '../model/defined.js';
import { AdfError } from './adf-error.js';
import { suggest } from './nearest.js';

/** The errors of the command line. All are of class `invalid`: nothing was changed. */

const reasonOf = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause));

export const reportFileUnwritable = (flag: string, path: string, cause: unknown): AdfError =>
  new AdfError({
    code: 'cli.report_file',
    class: 'invalid',
    message: `${flag} ${path}: cannot be written: ${reasonOf(cause)}.`,
    hint: 'Nothing was changed. Name a file in a folder that exists and that you may write to.',
    cause,
  });

export const unknownCommand = (words: string, known: readonly string[], suggestion?: string): AdfError =>
  new AdfError({
    code: 'cli.unknown_command',
    class: 'invalid',
    message: `There is no command "${words}".`,
    hint:
      suggestion === undefined
        ? `Commands: ${known.join(', ')}.`
        : `Did you mean "${suggestion}"? Commands: ${known.join(', ')}.`,
  });

/** A topic without one of its commands. */
export const incompleteCommand = (topic: string, known: readonly string[]): AdfError =>
  new AdfError({
    code: 'cli.incomplete_command',
    class: 'invalid',
    message: `"${topic}" alone is no command.`,
    hint: `There are ${known.join(', ')}.`,
  });

/** `meant` are the same words with the command in front, where there is one among them. */
export const commandComesFirst = (
  words: readonly string[],
  meant: readonly string[] | undefined,
  known: readonly string[],
): AdfError =>
  new AdfError({
    code: 'cli.command_first',
    class: 'invalid',
    message: `${words[0] ?? ''} stands where the command belongs.`,
    hint:
      meant === undefined
        ? `Commands: ${known.join(', ')}. Their flags come after them; --version and --help stand alone.`
        : `Did you mean adfpush ${meant.join(' ')}?`,
  });

export const exitCodeWithoutCheck = (): AdfError =>
  new AdfError({
    code: 'cli.exit_code_without_check',
    class: 'invalid',
    message: '--exit-code needs --check: it makes a dry run end with 6 when something would change.',
    hint: 'Nothing was changed. Add --check, or leave --exit-code out.',
  });

export const repeatedGroup = (group: string): AdfError =>
  new AdfError({
    code: 'cli.repeated_group',
    class: 'invalid',
    message: `--group names "${group}" more than once.`,
    hint: 'Nothing was changed. Name each group once.',
  });

export const unknownFlags = (
  command: string,
  flags: readonly { readonly flag: string; readonly suggestion?: string }[],
): AdfError =>
  new AdfError({
    code: 'cli.unknown_flag',
    class: 'invalid',
    message: `adfpush ${command} has no flag ${flags.map(({ flag }) => flag).join(', ')}.`,
    hint: [
      ...flags.flatMap(({ suggestion }) => (suggestion === undefined ? [] : [`Did you mean ${suggestion}?`])),
      `adfpush ${command} --help lists its flags.`,
    ].join(' '),
  });

export const invalidMoment = (flag: string, value: string): AdfError =>
  new AdfError({
    code: 'cli.invalid_moment',
    class: 'invalid',
    message: `${flag} ${value} is neither a duration nor a time.`,
    hint: 'Write it like 10m, or 2026-01-31T12:00:00Z.',
  });

/** `fault` is a predicate: `has a group without its end`. */
export const invalidPattern = (flag: string, value: string, fault: string): AdfError =>
  new AdfError({
    code: 'cli.invalid_pattern',
    class: 'invalid',
    message: `${flag} ${value} is no regular expression: it ${fault}.`,
    hint: 'It is read as Python and grep -E read it; a \\ stands before what is meant as it is.',
  });

export const intervalTooShort = (flag: string, value: string): AdfError =>
  new AdfError({
    code: 'cli.interval_too_short',
    class: 'invalid',
    message: `${flag} ${value} is too short.`,
    hint: 'It must be at least 100ms.',
  });

export const unexpectedArguments = (command: string, words: readonly string[], hint?: string): AdfError =>
  new AdfError({
    code: 'cli.unexpected_argument',
    class: 'invalid',
    message: `adfpush ${command} does not take ${words.map((word) => `"${word}"`).join(', ')}.`,
    hint: hint ?? `adfpush ${command} --help shows what it takes.`,
  });

export const missingArguments = (
  command: string,
  missing: readonly { readonly name: string; readonly description?: string }[],
): AdfError =>
  new AdfError({
    code: 'cli.missing_argument',
    class: 'invalid',
    message: `adfpush ${command} needs ${missing.map(({ name }) => name.toUpperCase()).join(' and ')}.`,
    hint: [
      ...missing.flatMap(({ name, description }) =>
        description === undefined ? [] : [`${name.toUpperCase()}: ${description}.`],
      ),
      `adfpush ${command} --help shows what it takes.`,
    ].join(' '),
  });

/** What oclif's parser says in its own words: a missing value, a number out of range. */
export const invalidFlags = (command: string, message: string): AdfError =>
  new AdfError({
    code: 'cli.invalid_flags',
    class: 'invalid',
    message,
    hint: `adfpush ${command} --help lists its flags.`,
  });

export const missingEnvironment = (environments: readonly string[], flag = '--env'): AdfError =>
  new AdfError({
    code: 'cli.missing_env',
    class: 'invalid',
    message: `${flag} is missing: which environment?`,
    hint:
      environments.length === 0
        ? 'This project has no environments. Each is a file in inventory/, such as inventory/prod.yml. Is --project right?'
        : `Environments of this project: ${environments.join(', ')}.`,
  });

export const missingGroup = (command: string, environment: string): AdfError =>
  new AdfError({
    code: 'cli.missing_group',
    class: 'invalid',
    message: '--group is missing: which group of hosts?',
    hint: `adfpush inventory graph --env ${environment} shows the groups; then adfpush ${command} --group NAME --env ${environment}.`,
  });

export const missingCommandLine = (): AdfError =>
  new AdfError({
    code: 'cli.missing_command_line',
    class: 'invalid',
    message: 'There is no command to run on the hosts.',
    hint: 'It stands after two dashes: adfpush exec --group api --env prod -- uptime. Or name a script of this machine with --script.',
  });

export function unknownModuleName(name: string, known: readonly string[]): AdfError {
  const hint = suggest(name, known, 'There are');
  return new AdfError({
    code: 'cli.unknown_module',
    class: 'invalid',
    message: `There is no module "${name}".`,
    ...defined({ hint }),
  });
}

export function unknownSchema(kind: string, known: readonly string[]): AdfError {
  const hint = suggest(kind, known, 'There are');
  return new AdfError({
    code: 'cli.unknown_schema',
    class: 'invalid',
    message: `There is no schema for "${kind}".`,
    ...defined({ hint }),
  });
}

export const kindNeeded = (known: readonly string[]): AdfError =>
  new AdfError({
    code: 'cli.schema_kind',
    class: 'invalid',
    message: 'The schema of which kind of file?',
    hint: `Name one of ${known.join(', ')}; or write all of them: adfpush schema --write DIR.`,
  });

export const filesInTheWay = (folder: string, paths: readonly string[]): AdfError =>
  new AdfError({
    code: 'cli.files_in_the_way',
    class: 'invalid',
    message: `In ${folder} there is already ${paths.join(', ')}.`,
    hint: 'Nothing was written. Name another folder, or move these files away.',
  });

export const unknownShell = (shell: string, known: readonly string[]): AdfError =>
  new AdfError({
    code: 'cli.unknown_shell',
    class: 'invalid',
    message: `There is no completion for "${shell}".`,
    hint: `There is one for ${known.join(', ')}.`,
  });

export const invalidDuration = (flag: string, value: string): AdfError =>
  new AdfError({
    code: 'cli.invalid_duration',
    class: 'invalid',
    message: `${flag} ${value}: not a duration.`,
    hint: 'Write it as 90s, 10m or 1h30m; a bare number is seconds.',
  });

export const invalidList = (flag: string, value: string): AdfError =>
  new AdfError({
    code: 'cli.empty_name',
    class: 'invalid',
    message: `${flag} "${value}": there is an empty name in the list.`,
    hint: `Write names with commas between them: ${flag} api,worker`,
  });

export const invalidExtraVars = (value: string, reason: string): AdfError =>
  new AdfError({
    code: 'cli.extra_vars',
    class: 'invalid',
    message: `--extra-vars ${value}: ${reason}.`,
    hint: `Write key=value, JSON such as '{"key": [1, 2]}', or @file.yml. A value with spaces has quotes of its own: 'key="two words"'.`,
  });

export const invalidExtraVarsFile = (file: string, reason: string): AdfError =>
  new AdfError({
    code: 'cli.extra_vars_file',
    class: 'invalid',
    message: `--extra-vars @${file}: ${reason}.`,
    hint: 'The file must hold a mapping of variables, in YAML or JSON.',
  });

export const missingProject = (folder: string): AdfError =>
  new AdfError({
    code: 'cli.missing_project',
    class: 'invalid',
    message: `--project ${folder}: there is no such folder.`,
    hint: 'Name the folder that holds adfpush.yml and inventory/.',
  });

export const nobodyToAsk = (flag: string, variable: string): AdfError =>
  new AdfError({
    code: 'cli.nobody_to_ask',
    class: 'invalid',
    message: `${flag} asks on the terminal, and got no answer there.`,
    hint: `In a build job, set the environment variable ${variable} instead.`,
  });

export const becomePasswordInvalid = (variable: string): AdfError =>
  new AdfError({
    code: 'cli.become_password',
    class: 'invalid',
    message: 'The password for become has a line break in it, and sudo reads one line.',
    hint: `Set ${variable} without one at its end: $(cat FILE) leaves it out.`,
  });

/** `what` is the flag, the argument or the variable. */
export const emptyValue = (what: string): AdfError =>
  new AdfError({
    code: 'cli.empty_value',
    class: 'invalid',
    message: `${what} is empty.`,
    hint: `Give it a value, or leave it out. A shell variable that is not set expands to nothing.`,
  });

export const variableNotBoolean = (variable: string, value: string): AdfError =>
  new AdfError({
    code: 'cli.variable',
    class: 'invalid',
    message: `${variable}=${value}: neither yes nor no.`,
    hint: 'Write true or false; left empty it counts as not given.',
  });

/** A warning: the variable changes nothing. */
export const unknownVariable = (variable: string, suggestion: string | undefined): string =>
  `${variable} is set, and adfpush has no such variable: it changes nothing.${
    suggestion === undefined
      ? ' Variables are named as flags are: ADFPUSH_LOCK_WAIT for --lock-wait.'
      : ` Did you mean ${suggestion}?`
  }`;

export const unreadableLimitFile = (path: string, cause: unknown): AdfError =>
  new AdfError({
    code: 'cli.limit_file',
    class: 'invalid',
    message: `--limit @${path}: cannot be read: ${reasonOf(cause)}.`,
    hint: 'After @ stands a file with a pattern on each line, or retry: the hosts that failed in the last playbook.',
    cause,
  });

/** A limit of no pattern at all must not mean all hosts. */
export const retryStandsAlone = (): AdfError =>
  new AdfError({
    code: 'cli.limit_retry',
    class: 'invalid',
    message: '--limit @retry cannot be given together with another --limit.',
    hint: 'Nothing was changed. Give one of them.',
  });

export const emptyLimitFile = (path: string): AdfError =>
  new AdfError({
    code: 'cli.limit_file',
    class: 'invalid',
    message: `--limit @${path}: the file names no host.`,
    hint: 'Write a pattern on each line, or leave the flag out for all hosts.',
  });

export const scriptNotAFile = (path: string, isThere: boolean): AdfError =>
  new AdfError({
    code: 'cli.script_file',
    class: 'invalid',
    message: `--script ${path}: ${isThere ? 'this is no file' : 'there is no such file on this machine'}.`,
    hint: 'It is a script of this machine, which is run on the hosts: a path from the folder you are in. Its arguments stand after --.',
  });

export const invalidBecomeUser = (user: string): AdfError =>
  new AdfError({
    code: 'cli.become_user',
    class: 'invalid',
    message: `--become-user ${user}: this is not the name of a user.`,
    hint: 'Write the name of a user of the hosts, such as postgres.',
  });
