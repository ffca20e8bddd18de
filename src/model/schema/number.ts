import { parsed } from './parsed.js';

/** A whole number within bounds; digits in a text count, since templates and tags give text. */
export const wholeNumberSchema = (least: number, most = Number.MAX_SAFE_INTEGER) =>
  parsed((value, refuse) => {
    const read = typeof value === 'string' && /^\s*-?\d+\s*$/.test(value) ? Number(value) : value;
    if (typeof read === 'number' && Number.isSafeInteger(read) && read >= least && read <= most) return read;
    const range = most === Number.MAX_SAFE_INTEGER ? `of at least ${least}` : `from ${least} to ${most}`;
    refuse(`must be a whole number ${range}, not ${shown(value)}`);
    return least;
  }).meta({ type: 'whole number' });

export const portSchema = wholeNumberSchema(1, 65_535);

/** A wrong scalar as it is named in a message. */
export const shown = (value: unknown): string =>
  typeof value === 'string'
    ? JSON.stringify(value)
    : typeof value === 'number' || typeof value === 'boolean'
      ? String(value)
      : value === null
        ? 'nothing'
        : Array.isArray(value)
          ? 'a list'
          : 'a mapping';
