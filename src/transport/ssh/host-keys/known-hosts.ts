import { defined } from '../../../model/defined.js';
import { matchesName } from './name-patterns.js';
import { parsePublicKey, type PublicKey } from './public-key.js';

/** A line of a known_hosts file that may be an entry; whether it is shows when its key is read. */
export interface KnownHostLine {
  readonly file: string;
  /** Counts from 1. */
  readonly line: number;
  readonly marker?: 'revoked' | 'cert-authority';
  readonly patterns: string;
  readonly keyType: string;
  readonly keyText: string;
}

/** A line that speaks of some host, and its key. */
export interface KnownKey extends Pick<KnownHostLine, 'file' | 'line' | 'marker'> {
  readonly key: PublicKey;
}

/**
 * The lines of a known_hosts file (sshd(8), SSH_KNOWN_HOSTS FILE FORMAT) as OpenSSH's own reader takes them (hostkeys_foreach_file in
 * hostfile.c): words have spaces or tabs between them, a CR belongs to the last word, comments and what cannot be read are passed
 * over. `text` is the file's bytes as latin1: `?` stands for one byte there.
 *
 * Stricter in one thing: after `@revoked` we take a tab for what it is, where OpenSSH 9.2 passes over the line if a space comes later.
 */
export function parseKnownHosts(file: string, text: string): readonly KnownHostLine[] {
  return text.split('\n').flatMap((raw, index) => {
    const words = wordsOf(raw);
    const marked = words[0]?.startsWith('@') === true;
    const marker = marked ? markers.get(words.shift() ?? '') : undefined;
    const [patterns, keyType, keyText] = words;
    if (patterns === undefined || keyType === undefined || keyText === undefined) return [];
    if (marked ? marker === undefined || patterns.startsWith('@') : patterns.startsWith('#')) return [];
    const place = { file, line: index + 1, ...defined({ marker }) };
    return [{ ...place, patterns, keyType, keyText }];
  });
}

const markers = new Map([
  ['@revoked', 'revoked'],
  ['@cert-authority', 'cert-authority'],
] as const) as ReadonlyMap<string, 'revoked' | 'cert-authority'>;

/** A NUL ends a string in C: what comes after one is nothing, except that OpenSSH steps over one that ends the names. */
function wordsOf(line: string): string[] {
  const [head = '', next = ''] = line.split('\0');
  const words = split(head);
  const names = words[0]?.startsWith('@') === true ? 2 : 1;
  return words.length === names && !/[ \t]$/.test(head) ? [...words, ...split(next)] : words;
}

const split = (text: string): string[] => text.split(/[ \t]+/).filter((word) => word !== '');

/** The keys of the lines that speak of `name`, in the files' order. */
export const keysOf = (lines: readonly KnownHostLine[], name: string): readonly KnownKey[] =>
  lines.flatMap(({ file, line, marker, patterns, keyType, keyText }) => {
    if (!matchesName(patterns, name)) return [];
    const key = parsePublicKey(keyType, keyText);
    return key === undefined ? [] : [{ file, line, key, ...defined({ marker }) }];
  });
