import { AwsFault } from './fault.js';

export interface Page<T> {
  readonly entries: readonly T[];
  /** Absent on the last page. */
  readonly next?: string;
}

/** One page of a list; a token is opaque to clients and stands for where the next page starts. Throws `InvalidToken`. */
export function pageOf<T>(all: readonly T[], token: string | undefined, size: number): Page<T> {
  const start = token === undefined ? 0 : positionOf(token);
  const end = start + size;
  const entries = all.slice(start, end);
  return end < all.length ? { entries, next: tokenOf(end) } : { entries };
}

const tokenOf = (position: number): string => Buffer.from(`lab:${position}`).toString('base64url');

function positionOf(token: string): number {
  const match = /^lab:(\d+)$/.exec(Buffer.from(token, 'base64url').toString());
  if (match === null) throw new AwsFault('InvalidNextToken', `The token '${token}' is invalid`);
  return Number(match[1]);
}
