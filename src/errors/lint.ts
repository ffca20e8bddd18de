import { defined } from '../model/defined.js';
import { AdfError, type ErrorPlace } from './adf-error.js';

/** What `lint` alone finds. Those that are warnings are told with that severity, and make no run fail. */
const found = (code: string, message: string, place: ErrorPlace, hint: string): AdfError =>
  new AdfError({
    code: `lint.${code}`,
    class: 'invalid',
    message,
    ...defined({ at: place.at, sourceLine: place.sourceLine }),
    hint,
  });

export const emptyFile = (file: string): AdfError =>
  found(
    'empty_file',
    `${file} is empty.`,
    { at: { file, line: 1, column: 1 } },
    'Write something into it, or remove it.',
  );

export const commandOfModule = (command: string, module: string, place: ErrorPlace): AdfError =>
  found(
    'command_of_module',
    `${command} is what the module ${module} does.`,
    place,
    `${module} looks first and changes only what differs, tells it in a dry run, and knows how it ended: adfpush module ${module}.`,
  );

export const shellNotNeeded = (place: ErrorPlace): AdfError =>
  found(
    'shell_not_needed',
    'Nothing in this script needs a shell.',
    place,
    'Write command instead of shell: no value can then be taken for something else.',
  );

export const ignoredTraffic = (module: string, place: ErrorPlace): AdfError =>
  found(
    'ignored_traffic',
    `A failure of ${module} is ignored here, and the turn goes on as if the host had left or come back.`,
    place,
    'Take ignore_errors away, or use block and rescue.',
  );

export const unsureGroup = (name: string, near: string, place: ErrorPlace): AdfError =>
  found(
    'unsure_group',
    `No file of the project says anything of a group "${name}".`,
    place,
    `Did you mean "${near}"? If hosts are tagged so, all is well.`,
  );

export const noFileToLint = (path: string): AdfError =>
  new AdfError({
    code: 'cli.no_such_file',
    class: 'invalid',
    message: `There is no file or folder ${path}.`,
    hint: 'Name files of the project, or give none to check all of it.',
  });
