import type { ErrorPlace } from '../errors/adf-error.js';
import type { Locate, Place, ValuePath } from '../model/source.js';
import { Lines } from './lines.js';

/** A value of a user's file that is to be checked. `YamlDocument` is one; so is a rendered variable. */
export interface Located {
  readonly value: unknown;
  /** Locates by the path from `value`. Absent for values that stand in no file. */
  readonly locate?: Locate | undefined;
}

/** Where a part of a value stands, or its key, with its line; nothing for what stands in no file. */
export function placeOf(
  locate: Locate | undefined,
  path: ValuePath = [],
  part: 'value' | 'key' = 'value',
): ErrorPlace {
  const at = locate?.(path, part);
  return at === undefined ? {} : withLine(at, locate?.text);
}

/** A place and, when the file's text is known, its line for the caret. */
function withLine(at: Place, text: string | undefined): ErrorPlace {
  const sourceLine = text === undefined ? undefined : new Lines(at.file, text).line(at.line);
  return sourceLine === undefined ? { at } : { at, sourceLine };
}
