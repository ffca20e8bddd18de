import type { EpochMilliseconds } from './duration.js';

const shape = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)$/;

/** An RFC 3339 time in UTC with nine digits behind the point; undefined for what is none, and for the year 1, Docker's "never". */
export function logTime(text: string): string | undefined {
  const [, seconds, fraction = '', zone] = shape.exec(text) ?? [];
  if (seconds === undefined || zone === undefined || seconds.startsWith('0001')) return undefined;
  const utc = zone === 'Z' ? seconds : new Date(Date.parse(`${seconds}${zone}`)).toISOString().slice(0, 19);
  return `${utc}.${fraction.padEnd(9, '0')}Z`;
}

export const logTimeOf = (at: EpochMilliseconds): string =>
  `${new Date(Math.max(0, at)).toISOString().slice(0, 23)}000000Z`;

/** As Docker takes it in a query: seconds since 1970, with nine digits behind the point. */
export const unixTime = (time: string): string =>
  `${Date.parse(`${time.slice(0, 19)}Z`) / 1_000}.${time.slice(20, 29)}`;

/** So many milliseconds before. */
export function earlier(time: string, by: number): string {
  const at = new Date(Date.parse(`${time.slice(0, 23)}Z`) - by).toISOString();
  return `${at.slice(0, 23)}${time.slice(23)}`;
}
