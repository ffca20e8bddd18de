import { describeHost, type Host } from '../model/host.js';
import type { Place } from '../model/source.js';
import { AdfError } from './adf-error.js';

/** A file of the project's folder `modules` is wrong as a whole. */
const invalid = (code: string, file: string, message: string, hint: string): AdfError =>
  new AdfError({ code, class: 'invalid', message, at: { file, line: 1, column: 1 }, hint });

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** A module of the project threw an ordinary error. */
export const ownModuleFailed = (module: string, host: Host, error: unknown): AdfError =>
  new AdfError({
    code: 'module.failed',
    class: 'failed',
    message: `${module}: ${messageOf(error)}`,
    host: describeHost(host),
    cause: error,
  });

export const ownModuleName = (file: string): AdfError =>
  invalid(
    'module.name',
    file,
    `a module cannot be called like ${file}`,
    'Its name is what tasks write: small letters, digits and underscores, beginning with a letter.',
  );

/** `by` is what the name means: `a module of adfpush`, `a keyword of tasks`. */
export const ownModuleNameTaken = (file: string, name: string, by: string): AdfError =>
  invalid('module.name_taken', file, `"${name}" is ${by}`, 'Give the file another name.');

export const ownModuleTwice = (file: string, other: string): AdfError =>
  invalid('module.twice', file, `${file} and ${other} are modules of one name`, 'Take one of them away.');

/** `place` is where in the file it went wrong, as far as that is known. */
export const ownModuleNotLoaded = (file: string, error: unknown, place: Place | undefined): AdfError =>
  new AdfError({
    code: 'module.not_loaded',
    class: 'invalid',
    message: `${file} could not be loaded: ${messageOf(error)}`,
    at: place ?? { file, line: 1, column: 1 },
    hint: 'TypeScript may only be what Node can strip: no enum, no namespace, no parameter property.',
    cause: error,
  });

export const notAnOwnModule = (file: string): AdfError =>
  invalid(
    'module.not_defined',
    file,
    `${file} has no module as its default export`,
    "Write `export default defineModule({ … })`, imported from 'adfpush/module'. A file that is no module begins with an underscore.",
  );
