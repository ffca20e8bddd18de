import { defined } from '../model/defined.js';
import { AdfError, type ErrorPlace } from './adf-error.js';
import type { Place } from '../model/source.js';
import { enumerate, suggest } from './nearest.js';

const invalid = (code: string, message: string, place: ErrorPlace, hint?: string): AdfError =>
  new AdfError({ code, class: 'invalid', message, ...place, ...defined({ hint }) });

/** `place` is where it is imported. */
export const playbookNotFound = (path: string, place?: ErrorPlace): AdfError =>
  invalid(
    'playbook.not_found',
    `there is no playbook ${path}`,
    place ?? {},
    `Paths are relative to the ${place === undefined ? 'project' : 'folder of the file that imports them'}.`,
  );

/** `way` leads from the file that is imported again back to itself. */
export const importCycle = (way: readonly string[], place: ErrorPlace): AdfError =>
  invalid(
    'playbook.import_cycle',
    `${way[0] ?? ''} imports itself: ${way.join(' imports ')}`,
    place,
    'Take one of these imports out.',
  );

export const emptyPlaybook = (path: string): AdfError =>
  invalid(
    'playbook.empty',
    `${path} has no plays`,
    {},
    'A playbook is a list of plays, each with hosts and tasks: "- hosts: api".',
  );

export const notAListOfPlays = (what: string, place: ErrorPlace): AdfError =>
  invalid(
    'playbook.not_a_list',
    `a playbook is a list of plays, and this is ${what}`,
    place,
    'Begin each play with a dash: "- hosts: api".',
  );

export const missingKeyword = (keyword: string, owner: string, place: ErrorPlace, hint: string): AdfError =>
  invalid('playbook.missing_keyword', `${owner} has no "${keyword}"`, place, hint);

export const unknownKeyword = (
  keyword: string,
  owner: string,
  known: readonly string[],
  place: ErrorPlace,
  hint?: string,
): AdfError =>
  invalid(
    'playbook.unknown_keyword',
    `unknown keyword "${keyword}" in ${owner}`,
    place,
    hint ?? suggest(keyword, known, 'There are'),
  );

/** A word of DESIGN.md section 5 that this version does not have yet. */
export const notSupportedYet = (keyword: string, owner: string, place: ErrorPlace, hint: string): AdfError =>
  invalid('playbook.not_supported_yet', `"${keyword}" in ${owner} is not supported yet`, place, hint);

/** `expected` completes "must be …". */
export const wrongKeywordValue = (
  keyword: string,
  expected: string,
  given: string,
  place: ErrorPlace,
  hint?: string,
): AdfError => invalid('playbook.wrong_value', `"${keyword}" must be ${expected}, not ${given}`, place, hint);

export const badVariableName = (name: string, keyword: string, place: ErrorPlace): AdfError =>
  invalid(
    'playbook.variable_name',
    `"${name}" in "${keyword}" cannot be the name of a variable`,
    place,
    'Use letters, digits and _, and no digit at the beginning.',
  );

export const noModule = (place: ErrorPlace, modules: readonly string[]): AdfError =>
  invalid('playbook.no_module', 'the task names no module', place, `There are: ${enumerate(modules, 30)}.`);

export const severalModules = (first: string, second: string, place: ErrorPlace): AdfError =>
  invalid(
    'playbook.several_modules',
    `the task names two modules, "${first}" and "${second}"`,
    place,
    'Make a task of each.',
  );

export const unknownModule = (
  name: string,
  modules: readonly string[],
  keywords: readonly string[],
  place: ErrorPlace,
  hint?: string,
): AdfError => {
  const local = name.split('.').at(-1) ?? name;
  const same = local !== name && modules.includes(local) ? `Write ${local}.` : undefined;
  return invalid(
    'playbook.unknown_module',
    `unknown module or keyword "${name}"`,
    place,
    hint ??
      same ??
      suggest(name, [...modules, ...keywords], 'There are') ??
      `There are: ${enumerate(modules)}.`,
  );
};

export const unknownArgument = (
  argument: string,
  module: string,
  known: readonly string[],
  place: ErrorPlace,
): AdfError =>
  invalid(
    'playbook.unknown_argument',
    `${module} has no argument "${argument}"`,
    place,
    suggest(argument, known, 'It has'),
  );

export const argumentsNotAMapping = (
  module: string,
  given: string,
  known: readonly string[],
  place: ErrorPlace,
): AdfError =>
  invalid(
    'playbook.arguments',
    `the arguments of ${module} must be a mapping, not ${given}`,
    place,
    known.length === 0
      ? `Write "${module}:", and below it each argument as "name: value".`
      : `Write "${module}:", and below it "${known[0] ?? ''}: …".`,
  );

export const argumentTwice = (argument: string, module: string, place: ErrorPlace): AdfError =>
  invalid(
    'playbook.argument_twice',
    `${argument} of ${module} is given twice`,
    place,
    'Take one of them out.',
  );

export const argumentsTwice = (module: string, place: ErrorPlace): AdfError =>
  invalid(
    'playbook.arguments_twice',
    `the arguments of ${module} are one variable, so that "args" can add nothing to them`,
    place,
    'Write the arguments one by one, or add to the variable.',
  );

export const unknownHandler = (name: string, known: readonly string[], place: ErrorPlace): AdfError =>
  invalid(
    'playbook.unknown_handler',
    `no handler of the play has the name "${name}" or listens to it`,
    place,
    known.length === 0 ? 'Add it below "handlers:".' : suggest(name, known, 'There are'),
  );

export const retriesWithoutUntil = (keyword: string, place: ErrorPlace): AdfError =>
  invalid(
    'playbook.retries_without_until',
    `"${keyword}" does nothing without "until"`,
    place,
    'Add until: !result.failed, with register: result.',
  );

export const varsFileMissing = (path: string, at: Place | undefined): AdfError =>
  new AdfError({
    code: 'playbook.vars_file_missing',
    class: 'invalid',
    message: `The vars file "${path}" does not exist.`,
    hint: "Paths are relative to the project's folder.",
    ...defined({ at }),
  });

export const varsFilesNotTexts = (at: Place | undefined): AdfError =>
  new AdfError({
    code: 'playbook.vars_files',
    class: 'invalid',
    message: 'vars_files must be a list of paths.',
    ...defined({ at }),
  });
