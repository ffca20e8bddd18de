import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import type { AdfError } from '../../errors/adf-error.js';
import { hostKeyRejected, type NamedHost, type OfferedKey } from '../../errors/ssh.js';
import { knownHostName, parseKnownHosts, speaksOf, type KnownHostLine } from './known-hosts.js';
import type { Destination } from './settings.js';

/** What is known of one host's keys before it is spoken to. */
export interface HostKeyPolicy {
  /** Host key algorithms in the order to ask for: those of known keys first, so that the host shows one we know. */
  readonly algorithms: readonly HostKeyAlgorithm[];
  /** Undefined when the key is the host's; why not, otherwise. */
  judge(key: Buffer): AdfError | undefined;
}

const algorithms = [
  'ssh-ed25519',
  'ecdsa-sha2-nistp256',
  'ecdsa-sha2-nistp384',
  'ecdsa-sha2-nistp521',
  'rsa-sha2-512',
  'rsa-sha2-256',
  'ssh-rsa',
] as const;
type HostKeyAlgorithm = (typeof algorithms)[number];

const keyTypeOf = (algorithm: HostKeyAlgorithm): string =>
  algorithm.startsWith('rsa-sha2') ? 'ssh-rsa' : algorithm;

/** Reads known_hosts files, each once for as long as it does not change. */
export class KnownHostsFiles {
  readonly #parsed = new Map<string, { stamp: string; lines: Promise<readonly KnownHostLine[]> }>();

  /** Throws `ssh.host_key` for a file that is there and cannot be read: it may hold the one key that is right. */
  async policyFor(host: NamedHost, destination: Destination): Promise<HostKeyPolicy> {
    const files = [...destination.userKnownHostsFiles, ...destination.globalKnownHostsFiles];
    const all = (await Promise.all(files.map((file) => this.#read(host, file)))).flat();
    const name =
      destination.hostKeyAlias?.toLowerCase() ?? knownHostName(destination.address, destination.port);
    let lines = all.filter((line) => speaksOf(line, name));
    // As OpenSSH does: a host on another port may be known by its bare name.
    if (lines.length === 0 && destination.hostKeyAlias === undefined && destination.port !== 22) {
      lines = all.filter((line) => speaksOf(line, destination.address.toLowerCase()));
    }
    const knownTypes = new Set(
      lines.filter(({ marker }) => marker === undefined).map(({ keyType }) => keyType),
    );
    const isKnown = (algorithm: HostKeyAlgorithm): boolean => knownTypes.has(keyTypeOf(algorithm));
    return {
      algorithms: [...algorithms.filter(isKnown), ...algorithms.filter((one) => !isKnown(one))],
      judge: (key) => judge(host, name, files, lines, key),
    };
  }

  async #read(host: NamedHost, file: string): Promise<readonly KnownHostLine[]> {
    try {
      const { mtimeMs, size, ino } = await stat(file);
      const stamp = `${mtimeMs} ${size} ${ino}`;
      const before = this.#parsed.get(file);
      if (before?.stamp === stamp) return await before.lines;
      const lines = readFile(file, 'utf8').then((text) => parseKnownHosts(file, text));
      this.#parsed.set(file, { stamp, lines });
      return await lines;
    } catch (error) {
      this.#parsed.delete(file);
      const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
      if (code === 'ENOENT' || code === 'ENOTDIR') return [];
      throw hostKeyRejected(host, { kind: 'unreadable', file, reason: code });
    }
  }
}

function judge(
  host: NamedHost,
  name: string,
  files: readonly string[],
  lines: readonly KnownHostLine[],
  key: Buffer,
): AdfError | undefined {
  const offered = describeKey(name, key);
  const revoked = lines.find((line) => line.marker === 'revoked' && line.key.equals(key));
  if (revoked !== undefined) {
    return hostKeyRejected(host, { kind: 'revoked', offered, file: revoked.file, line: revoked.line });
  }
  const promised = lines.filter(({ marker }) => marker === undefined);
  if (promised.some((line) => line.key.equals(key))) return undefined;
  const contradicted = promised.find(({ keyType }) => keyType === offered.type) ?? promised[0];
  if (contradicted === undefined) return hostKeyRejected(host, { kind: 'unknown', offered, files });
  return hostKeyRejected(host, {
    kind: 'changed',
    offered,
    known: {
      fingerprint: fingerprint(contradicted.key),
      file: contradicted.file,
      line: contradicted.line,
    },
  });
}

/** As `ssh-keygen -l` prints it. */
export const fingerprint = (key: Buffer): string =>
  `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/, '')}`;

function describeKey(name: string, key: Buffer): OfferedKey {
  // A key's blob begins with its type: a length in four bytes, then the name (RFC 4253, 6.6).
  const type = key.length >= 4 ? key.toString('latin1', 4, 4 + key.readUInt32BE(0)) : 'unreadable';
  return {
    type,
    fingerprint: fingerprint(key),
    lookedUp: name,
    entry: `${name} ${type} ${key.toString('base64')}`,
  };
}
