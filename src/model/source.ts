/** A place in a user's file. Line and column count from 1. */
export interface Place {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** The way from a document's root to a value in it: `['container', 'ports', 0]`. */
export type ValuePath = readonly (string | number)[];

/**
 * Tells where in a file a value stands (or, when asked for it, the key of that value); the nearest known parent's
 * place when the value itself has none.
 */
export interface Locate {
  (path: ValuePath, part?: 'value' | 'key'): Place | undefined;
  /** The whole file, where it is known: with it an error points inside a string, and shows the line. */
  readonly text?: string;
}

/** Locates values by their path from `base`, instead of from the document's root. */
export function locateWithin(locate: Locate, base: ValuePath): Locate {
  const within: Locate = (path, part) => locate([...base, ...path], part);
  return locate.text === undefined ? within : Object.assign(within, { text: locate.text });
}

export const formatPlace = ({ file, line, column }: Place): string => `${file}:${line}:${column}`;
