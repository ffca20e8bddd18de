/** A place in a user's file. Line and column count from 1. */
export interface Position {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** The way from a document's root to a value in it: `['container', 'ports', 0]`. */
export type ValuePath = readonly (string | number)[];

/** Tells where in a file a value stands; the nearest known parent's place when the value itself has none. */
export type Locate = (path: ValuePath) => Position | undefined;

export const formatPosition = ({ file, line, column }: Position): string => `${file}:${line}:${column}`;
