import { AdfError } from './adf-error.js';

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

export const unexpectedArguments = (command: string, words: readonly string[], hint?: string): AdfError =>
  new AdfError({
    code: 'cli.unexpected_argument',
    class: 'invalid',
    message: `adfpush ${command} does not take ${words.map((word) => `"${word}"`).join(', ')}.`,
    hint: hint ?? `adfpush ${command} --help shows what it takes.`,
  });

/** What oclif's parser says in its own words: a missing value, a number out of range. */
export const invalidFlags = (command: string, message: string): AdfError =>
  new AdfError({
    code: 'cli.invalid_flags',
    class: 'invalid',
    message,
    hint: `adfpush ${command} --help lists its flags.`,
  });

export const missingEnvironment = (environments: readonly string[]): AdfError =>
  new AdfError({
    code: 'cli.missing_env',
    class: 'invalid',
    message: '--env is missing: which environment?',
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
    hint: `adfpush inventory graph --env ${environment} shows the groups; then adfpush ${command} --group NAME.`,
  });

export const missingCommandLine = (): AdfError =>
  new AdfError({
    code: 'cli.missing_command_line',
    class: 'invalid',
    message: 'There is no command to run on the hosts.',
    hint: 'It stands after two dashes: adfpush exec --group api --env prod -- uptime',
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
    hint: 'Write key=value, JSON such as \'{"key": [1, 2]}\', or @file.yml.',
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
    message: `${flag} asks on the terminal, and nobody answered there.`,
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
