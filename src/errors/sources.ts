import { defined } from '../model/defined.js';
import type { Place } from '../model/source.js';
import { AdfError } from './adf-error.js';

/** A file of the control side that a task names is in none of the places where it is looked up. */
export const sourceMissing = (src: string, places: readonly string[], at?: Place): AdfError =>
  new AdfError({
    code: 'file.source_missing',
    class: 'invalid',
    message: `There is no "${src}": ${places.join(', ')} ${places.length === 1 ? 'does' : 'do'} not exist.`,
    hint: 'It is looked up beside the playbook, then in the project.',
    ...defined({ at }),
  });

/** It was there when it was looked up. */
export const sourceGone = (path: string): AdfError =>
  new AdfError({
    code: 'file.source_missing',
    class: 'invalid',
    message: `"${path}" is no longer there.`,
    hint: 'Leave the project alone while it is deployed.',
  });

/** A folder, where one file is meant. */
export const sourceNotAFile = (path: string, hint: string): AdfError =>
  new AdfError({
    code: 'file.source_kind',
    class: 'invalid',
    message: `"${path}" is no ordinary file.`,
    hint,
  });
