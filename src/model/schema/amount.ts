import type { Amount } from '../settings.js';
import { shown } from './number.js';
import { parsed, type Refuse } from './parsed.js';

function readAmount(value: unknown, least: number): Amount | undefined {
  const text = typeof value === 'number' ? String(value) : typeof value === 'string' ? value.trim() : '';
  if (/^\d+$/.test(text) && Number(text) >= least) return { hosts: Number(text) };
  const [, percent] = /^(\d+(?:\.\d+)?)\s*%$/.exec(text) ?? [];
  if (percent === undefined) return undefined;
  const share = Number(percent);
  return share <= 100 && (share > 0 || least === 0) ? { percent: share } : undefined;
}

const wrong = (value: unknown, least: number): readonly [string, string] => [
  `must be a number of hosts or a percentage, not ${shown(value)}`,
  `Write a whole number of at least ${least}, or a share of at most 100% such as 25%.`,
];

/** A number of hosts, `3`, or a share of them, `"25%"`. Zero is allowed. */
export const amountSchema = parsed((value, refuse): Amount => {
  const amount = readAmount(value, 0);
  if (amount === undefined) refuse(...wrong(value, 0));
  return amount ?? { hosts: 0 };
}).meta({ type: 'hosts or share' });

/** The same, but no zero. */
export const oneAmountSchema = parsed((value, refuse): Amount => {
  const amount = readAmount(value, 1);
  if (amount === undefined) refuse(...wrong(value, 1));
  return amount ?? { hosts: 1 };
}).meta({ type: 'hosts or share' });

/** The sizes of batches, one or a list; the last one repeats. Never empty, no zero. */
export const serialSchema = parsed((value, refuse): readonly Amount[] => {
  if (!Array.isArray(value)) return readSizes([value], (message, hint) => refuse(message, hint));
  if (value.length === 0) refuse('must not be an empty list', 'Write 1, 25%, or a list of them.');
  return readSizes(value, refuse);
}).meta({ type: 'hosts or share, or a list' });

function readSizes(values: readonly unknown[], refuse: Refuse): readonly Amount[] {
  return values.flatMap((value, index) => {
    const amount = readAmount(value, 1);
    if (amount === undefined) refuse(...wrong(value, 1), [index]);
    return amount === undefined ? [] : [amount];
  });
}
