import type { Pattern } from '../model/pattern/pattern.js';
import { applyMode, type FileMode } from '../model/schema/file-mode.js';
import type { StatLine } from './stat-values.js';

/** Something that is in a folder of the host. */
export interface FoundEntry {
  readonly path: string;
  readonly name: string;
  readonly stat: StatLine;
}

interface Wanted {
  readonly file_type: 'file' | 'directory' | 'link' | 'any';
  readonly hidden: boolean;
  /** Seconds; negative for what is younger. */
  readonly age?: number | undefined;
  readonly age_stamp: 'mtime' | 'atime' | 'ctime';
  /** Bytes; negative for what is smaller. */
  readonly size?: number | undefined;
  readonly mode?: FileMode | undefined;
  readonly exact_mode: boolean;
}

const kindBits = { file: 0o10, directory: 0o04, link: 0o12 } as const;

/** Whether an entry is one that is looked for. `now` is the host's own time, in seconds since 1970. */
export function filterOf(
  wanted: Wanted,
  patterns: readonly Pattern[],
  excludes: readonly Pattern[],
  now: number,
): (entry: FoundEntry) => boolean {
  const { file_type: type, hidden, age, size, mode } = wanted;
  return ({ name, stat }) =>
    (type === 'any' || stat.bits >> 12 === kindBits[type]) &&
    (hidden || !name.startsWith('.')) &&
    (patterns.length === 0 || patterns.some((pattern) => matchesFromStart(pattern, name))) &&
    !excludes.some((pattern) => matchesFromStart(pattern, name)) &&
    (age === undefined || isBeyond(now - stat[wanted.age_stamp], age)) &&
    // As in Ansible, only files have a size that counts.
    (size === undefined || stat.bits >> 12 !== kindBits.file || isBeyond(stat.size, size)) &&
    (mode === undefined || hasMode(stat.bits & 0o7777, applyMode(mode, 0, false), wanted.exact_mode));
}

/** As Python's `match`: the leftmost match begins with the text, if any does. */
export const matchesFromStart = (pattern: Pattern, text: string): boolean =>
  pattern.firstIn([text])[0]?.start === 0;

/** At least so much; at most so much when the limit is negative. */
const isBeyond = (value: number, limit: number): boolean => (limit < 0 ? value <= -limit : value >= limit);

const hasMode = (bits: number, wanted: number, exact: boolean): boolean =>
  exact ? bits === wanted : (bits & wanted) !== 0;
