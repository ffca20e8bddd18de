import { z } from 'zod';
import { environmentFault, type EnvironmentFault } from '../environment-text.js';
import { Secret } from '../secret.js';
import { isMapping, parsed, type Refuse } from './parsed.js';

/** Text that says something. */
export const textSchema = z.string().trim().min(1, { abort: true });

/** A scalar as text: numbers and booleans are written as YAML writes them. Undefined for anything else. */
export const scalarText = (value: unknown): string | undefined =>
  typeof value === 'string'
    ? value
    : typeof value === 'number' || typeof value === 'boolean'
      ? String(value)
      : undefined;

/** One text or a list of them. */
export const textsSchema = parsed((value, refuse) => {
  const items: readonly unknown[] = Array.isArray(value) ? value : [value];
  return items.flatMap((item, index) => {
    if (typeof item === 'string' && item.trim() !== '') return [item.trim()];
    refuse('must be text', undefined, Array.isArray(value) ? [index] : []);
    return [];
  });
}).meta({ type: 'list of texts' });

/**
 * Names with text values, as a mapping or as a list of `name=value`; numbers and booleans become text, and a secret is
 * taken out of its wrapping: the result is as secret as what went in.
 */
export const pairsSchema = (example: string) =>
  parsed((value, refuse): Readonly<Record<string, string>> => readPairs(value, example, refuse)).meta({
    type: 'mapping or list',
  });

/** As `pairsSchema`, for variables that a program is given: each must arrive as it is. */
export const environmentSchema = parsed((value, refuse): Readonly<Record<string, string>> => {
  const pairs = readPairs(value, 'KEY=value', refuse);
  for (const [index, [name, text]] of Object.entries(pairs).entries()) {
    const fault = environmentFault(name) ?? environmentFault(text);
    if (fault !== undefined) refuse(...environmentRefusals[fault], [Array.isArray(value) ? index : name]);
  }
  return pairs;
}).meta({ type: 'mapping or list' });

/** What such a value must be, and what to do. */
const environmentRefusals: Readonly<Record<EnvironmentFault, readonly [string, string]>> = {
  nul: ['must be without a NUL byte', 'Give binary data as a file, or in base64.'],
  not_utf8: [
    'must be UTF-8, or it would arrive as something else',
    'Give binary data as a file, or in base64.',
  ],
  encrypted: [
    'must be decrypted before adfpush reads it',
    'Decrypt the file that it stands in: `ansible-vault decrypt`, `sops decrypt`.',
  ],
};

function readPairs(value: unknown, example: string, refuse: Refuse): Readonly<Record<string, string>> {
  if (Array.isArray(value)) return fromList(value, example, refuse);
  if (isMapping(value)) return fromMapping(value, refuse);
  refuse(`must be a mapping, or a list of ${example}`);
  return {};
}

function fromList(items: readonly unknown[], example: string, refuse: Refuse): Record<string, string> {
  const pairs = new Map<string, string>();
  for (const [index, item] of items.entries()) {
    const pair = item instanceof Secret ? item.reveal() : item;
    const [, name, text] = (typeof pair === 'string' ? /^([^=]+)=([^]*)$/.exec(pair) : null) ?? [];
    if (name === undefined || text === undefined) refuse(`must look like ${example}`, undefined, [index]);
    else if (pairs.has(name)) refuse(`gives ${name} a second time`, 'Keep one of the two.', [index]);
    else pairs.set(name, text);
  }
  return Object.fromEntries(pairs);
}

function fromMapping(mapping: Readonly<Record<string, unknown>>, refuse: Refuse): Record<string, string> {
  const pairs: [string, string][] = [];
  for (const [name, value] of Object.entries(mapping)) {
    const text = value instanceof Secret ? value.reveal() : scalarText(value);
    if (name === '' || name.includes('=')) refuse('has a name that is empty or holds "="', undefined, [name]);
    else if (value === null) refuse('has no value', 'Write "" for an empty one.', [name]);
    else if (text === undefined) refuse('must be text, a number or true or false', undefined, [name]);
    else pairs.push([name, text]);
  }
  return Object.fromEntries(pairs);
}
