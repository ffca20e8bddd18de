import { AdfError, AdfErrors } from '../errors/adf-error.js';
import type { Event } from './event.js';
import { defined } from '../model/defined.js';
import type { ResultError } from '../model/run-result.js';
import { formatPlace } from '../model/source.js';
import { visibleJson } from '../model/visible.js';

/** An error as it stands in documents for machines: nothing of its stack or cause. */
export const errorDocument = ({ code, message, host, task, at, hint }: AdfError): ResultError => ({
  code,
  message,
  ...defined({ host, task }),
  ...(at === undefined ? {} : { at: formatPlace(at) }),
  ...defined({ hint }),
});

/**
 * An event as one line of JSON: `at` (ISO 8601, UTC) and `type` first, then the event's own fields. Errors are
 * `{code, message, host, task, at, hint}`, `at` being `file:line:column`.
 */
export function eventToJson({ at, type, ...fields }: Event): string {
  return visibleJson({ at: new Date(at).toISOString(), type, ...fields }, (_key, value: unknown) => {
    if (value instanceof AdfErrors) return value.errors.map(errorDocument);
    if (value instanceof AdfError) return errorDocument(value);
    return value;
  });
}
