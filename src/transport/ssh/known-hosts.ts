import { createHmac } from 'node:crypto';

/** One line of a known_hosts file, as sshd(8) describes it under SSH_KNOWN_HOSTS FILE FORMAT. */
export interface KnownHostLine {
  readonly file: string;
  /** Counts from 1. */
  readonly line: number;
  readonly marker?: 'revoked' | 'cert-authority';
  readonly patterns: string;
  readonly keyType: string;
  /** The key's blob. */
  readonly key: Buffer;
}

/** Lines that are no entries (comments, protocol 1 keys, garbage) are passed over, as OpenSSH does. */
export function parseKnownHosts(file: string, text: string): KnownHostLine[] {
  const lines: KnownHostLine[] = [];
  for (const [index, raw] of text.split('\n').entries()) {
    const words = raw.trim().split(/\s+/);
    const marker = words[0]?.startsWith('@') === true ? words.shift()?.slice(1) : undefined;
    const [patterns, keyType, key] = words;
    if (patterns === undefined || keyType === undefined || key === undefined || patterns.startsWith('#'))
      continue;
    if (marker !== undefined && marker !== 'revoked' && marker !== 'cert-authority') continue;
    if (!/^[A-Za-z][A-Za-z0-9@.-]*$/.test(keyType) || !/^[A-Za-z0-9+/]+=*$/.test(key)) continue;
    lines.push({
      file,
      line: index + 1,
      ...(marker === undefined ? {} : { marker }),
      patterns,
      keyType,
      key: Buffer.from(key, 'base64'),
    });
  }
  return lines;
}

/** A host's name as known_hosts writes it: with its port unless that is 22. */
export const knownHostName = (address: string, port: number): string =>
  port === 22 ? address.toLowerCase() : `[${address.toLowerCase()}]:${port}`;

/** Whether a line speaks of `name`: hashed, or a list of patterns with wildcards, of which `!pattern` excludes. */
export function speaksOf({ patterns }: KnownHostLine, name: string): boolean {
  if (patterns.startsWith('|1|')) {
    const [, , salt, hash] = patterns.split('|');
    if (salt === undefined || hash === undefined) return false;
    return createHmac('sha1', Buffer.from(salt, 'base64')).update(name).digest('base64') === hash;
  }
  let found = false;
  for (const pattern of patterns.toLowerCase().split(',')) {
    if (pattern.startsWith('!')) {
      if (wildcard(pattern.slice(1)).test(name)) return false;
    } else if (pattern === name || wildcard(pattern).test(name)) {
      found = true;
    }
  }
  return found;
}

const wildcard = (pattern: string): RegExp =>
  new RegExp(
    `^${pattern
      .replace(/[\\^$+.()|[\]{}]/g, '\\$&')
      .replaceAll('*', '.*')
      .replaceAll('?', '.')}$`,
  );
