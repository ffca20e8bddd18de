import type { Place } from '../errors/config.js';
import type { Locate, ValuePath } from '../model/source.js';
import { Lines } from './lines.js';

/** A value of a user's file that is to be checked. `YamlDocument` is one; so is a rendered variable. */
export interface Located {
  readonly value: unknown;
  /** Locates by the path from `value`. Absent for values that stand in no file. */
  readonly locate?: Locate | undefined;
  /** Where the keys stand; `locate` is asked for the `key` part when this is absent. */
  readonly locateKey?: Locate | undefined;
}

/** Where a part of the value stands, or its key, with its line for the caret; nothing for values that stand in no file. */
export function placeOf(
  { locate, locateKey }: Omit<Located, 'value'>,
  path: ValuePath,
  part: 'value' | 'key',
): Place {
  const at = part === 'key' && locateKey !== undefined ? locateKey(path) : locate?.(path, part);
  if (at === undefined || locate?.text === undefined) return { at };
  return { at, sourceLine: new Lines(at.file, locate.text).line(at.line) };
}
