import { defined } from '../model/defined.js';
import { AdfError, type ErrorPlace } from './adf-error.js';
import { formatPlace, type Place } from '../model/source.js';
import { enumerate, nearest, suggest } from './nearest.js';

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

/** Of a deploy: `returned` is where a task put the host back in service before. */
export const swappedInService = (
  targetGroup: string,
  returned: Place | undefined,
  place: ErrorPlace,
): AdfError =>
  invalid(
    'playbook.swapped_in_service',
    `this task would replace containers of a host that is in service in ${targetGroup}, which is refused${returned === undefined ? ': no task before it drains the host' : `: ${formatPlace(returned)} put it back`}`,
    place,
    'Put a task before it: elb_target: { state: drained, target_groups: … }. A group behind no load balancer says target_groups: none.',
  );

/** Of a deploy. */
export const neverReturned = (targetGroup: string, place: ErrorPlace): AdfError =>
  invalid(
    'playbook.never_returned',
    `this task takes the host out of ${targetGroup}, and when its containers are replaced no task puts it back`,
    place,
    'Put a task at the end: elb_target: { state: in_service, target_groups: … }.',
  );

/** `way` leads from the file that is imported again back to itself. */
export const importCycle = (way: readonly string[], place: ErrorPlace): AdfError =>
  invalid(
    'playbook.import_cycle',
    `${way[0] ?? ''} imports itself: ${way.join(' imports ')}`,
    place,
    'Take one of these imports out.',
  );

/** `looked` are the paths where it was looked for, `known` the files beside the first of them. */
export const tasksNotFound = (
  path: string,
  looked: readonly string[],
  known: readonly string[],
  place: ErrorPlace,
): AdfError => {
  const near = nearest(path.split('/').at(-1) ?? path, known);
  const where = `It was looked for as ${looked.join(', ')}.`;
  return invalid(
    'playbook.tasks_not_found',
    `there is no file of tasks "${path}"`,
    place,
    near === undefined ? where : `Did you mean "${near}"? ${where}`,
  );
};

/** `keyword` is `loop`, or another that makes one. */
export const loopOnImport = (keyword: string, kind: string, instead: string, place: ErrorPlace): AdfError =>
  invalid(
    'playbook.loop_on_import',
    `"${keyword}" cannot be on ${kind}: it is read once, before there are variables`,
    place,
    `Use ${instead}, which runs for each item.`,
  );

/** A file or a role that includes itself, and whose conditions never end that. */
export const includeTooDeep = (what: string, deepest: number, place: ErrorPlace): AdfError =>
  invalid(
    'playbook.include_too_deep',
    `${what} is included within itself, more than ${deepest} includes deep`,
    place,
    'Give the include a condition that ends it.',
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

/** `expected` completes "must be …". */
export const wrongKeywordValue = (
  keyword: string,
  expected: string,
  given: string,
  place: ErrorPlace,
  hint?: string,
): AdfError => invalid('playbook.wrong_value', `"${keyword}" must be ${expected}, not ${given}`, place, hint);

/** `fault` is the end of a sentence about the name. */
export const badVariableName = (name: string, keyword: string, fault: string, place: ErrorPlace): AdfError =>
  invalid('playbook.variable_name', `"${name}" in "${keyword}" ${fault}`, place);

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
  reason?: string,
): AdfError =>
  invalid(
    'playbook.unknown_argument',
    `${module} has no argument "${argument}"`,
    place,
    reason ?? suggest(argument, known, 'It has'),
  );

export const argumentsNotAMapping = (
  module: string,
  given: string,
  known: readonly string[],
  place: ErrorPlace,
  hint?: string,
): AdfError =>
  invalid(
    'playbook.arguments',
    `the arguments of ${module} must be a mapping, not ${given}`,
    place,
    hint ??
      (known.length === 0
        ? `Write "${module}:", and below it each argument as "name: value".`
        : `Write "${module}:", and below it "${known[0] ?? ''}: …".`),
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

/** `--start-at-task` names a task that no play has. */
export const noSuchTask = (name: string, known: readonly string[]): AdfError =>
  invalid(
    'playbook.no_such_task',
    `no play has a task with the name "${name}" to start at`,
    {},
    suggest(name, known, 'There are'),
  );

/** `flag` is --tags or --skip-tags. */
export const unknownTag = (flag: string, tag: string, known: readonly string[]): AdfError =>
  invalid(
    'playbook.unknown_tag',
    `${flag} ${tag}: no task of the playbook has this tag`,
    {},
    suggest(tag, known, 'There are') ?? 'No task has any tag.',
  );

export const nothingSelected = (known: readonly string[]): AdfError =>
  invalid(
    'playbook.nothing_selected',
    'no task of the playbook is left by --tags and --skip-tags',
    {},
    known.length === 0 ? 'No task has any tag.' : `There are: ${enumerate(known)}.`,
  );

export const retriesWithoutUntil = (keyword: string, place: ErrorPlace): AdfError =>
  invalid(
    'playbook.retries_without_until',
    `"${keyword}" does nothing without "until"`,
    place,
    'Add until: !result.failed, with register: result.',
  );

/** `poll` is in milliseconds. */
export const asyncOfNoCommand = (
  modules: readonly string[],
  poll: number | undefined,
  place: ErrorPlace,
): AdfError =>
  invalid(
    'playbook.async',
    `"async" is of tasks that run a command: ${enumerate(modules)}`,
    place,
    poll === 0
      ? 'Take async and poll out: the task is waited for, and with strategy: free the other hosts go on meanwhile. What is to run beside other tasks is a command.'
      : 'Write timeout for the time that another task may take.',
  );

export const pollWithoutAsync = (place: ErrorPlace): AdfError =>
  invalid(
    'playbook.poll_without_async',
    '"poll" does nothing without "async"',
    place,
    'Write async with the time that the command may take: async: 1h.',
  );

/** `place` is the name's. */
export const unknownDelegate = (name: string, place: ErrorPlace): AdfError =>
  invalid(
    'playbook.unknown_delegate',
    `delegate_to names "${name}", which is no host of the environment`,
    place,
    'Write the name or the id of a host of the inventory, or localhost.',
  );

/** What its tasks take from a host is only given back to hosts of the play. */
export const cannotDelegate = (module: string, place: ErrorPlace): AdfError =>
  invalid(
    'playbook.cannot_delegate',
    `${module} cannot be delegated: what it takes out of service belongs to the turn of its own host`,
    place,
    'Give that host a play of its own.',
  );

export const windowAndBatches = (place: ErrorPlace): AdfError =>
  invalid(
    'playbook.window_and_batches',
    '"max_unavailable" is a sliding window, and "serial" beside it asks for batches',
    place,
    'Keep one of the two.',
  );

/** `at` is the task. */
export const changesInDryRun = (module: string, at: Place): AdfError =>
  invalid(
    'playbook.changes_in_dry_run',
    `check_mode: false would run ${module} for real in a dry run, which may change nothing`,
    { at },
    'Take check_mode out: a dry run then tells what the task would change.',
  );

export const varsFileMissing = (path: string, at: Place | undefined): AdfError =>
  new AdfError({
    code: 'playbook.vars_file_missing',
    class: 'invalid',
    message: `The vars file "${path}" does not exist.`,
    hint: "Paths are relative to the project's folder.",
    ...defined({ at }),
  });

/** No person is asked, `--extra-vars` do not give the variable, and the prompt has no default. */
export const promptUnanswered = (name: string, isPrivate: boolean, place: ErrorPlace): AdfError =>
  invalid(
    'playbook.no_answer',
    `nothing answers the prompt for "${name}": a person is asked on a terminal, and never by a deploy`,
    place,
    isPrivate
      ? `Give it with -e @FILE, where FILE has "${name}: …": what is private should not stand on a command line, as in -e ${name}=….`
      : `Give it with -e ${name}=VALUE, or write a default for it.`,
  );

export const varsFilesNotTexts = (at: Place | undefined): AdfError =>
  new AdfError({
    code: 'playbook.vars_files',
    class: 'invalid',
    message: 'vars_files must be a list of paths.',
    ...defined({ at }),
  });
