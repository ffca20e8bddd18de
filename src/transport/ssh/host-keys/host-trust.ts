import { randomBytes } from 'node:crypto';
import { AdfError } from '../../../errors/adf-error.js';
import { hostKeyRejected, type OfferedKey } from '../../../errors/host-key.js';
import type { Host } from '../../../model/host.js';
import type { RecordedHostKey } from '../../../ports/transport.js';
import type { Destination } from '../settings.js';
import type { KnownHostLine } from './known-hosts.js';
import { HostLookup, type HostNames } from './lookup.js';
import { hashedName } from './name-patterns.js';
import { fingerprint, publicKeyOf, type PublicKey } from './public-key.js';
import type { KnownHostsRecorder } from './recorder.js';
import type { IsRevoked } from './revoked-keys.js';

export interface TrustSettings {
  readonly host: Host;
  readonly destination: Pick<Destination, 'hostKeyChecking' | 'hashKnownHosts' | 'userKnownHostsFiles'>;
  readonly names: HostNames;
  readonly files: readonly string[];
  /** What the files said when the connection was begun. */
  readonly lookup: HostLookup;
  /** What they say by now. Throws `ssh.host_key`. */
  readonly linesNow: () => Promise<readonly KnownHostLine[]>;
  /** What the host printed to its console, where that is to be trusted. */
  readonly printed?: readonly PublicKey[];
  /** Keys that no host may have, and the file that says so. */
  readonly revokedKeys?: { readonly file: string; readonly has: IsRevoked };
  readonly recorder: KnownHostsRecorder;
  readonly onRecorded: (recorded: RecordedHostKey) => void;
}

/** Accepts or refuses one host's key, for one connection. */
export class HostTrust {
  #unrecorded: { readonly key: PublicKey; readonly source: RecordedHostKey['source'] } | undefined;

  constructor(private readonly settings: TrustSettings) {}

  /** Undefined when the key is accepted; why not, otherwise. */
  judge(blob: Buffer): AdfError | undefined {
    const { host, lookup, printed, destination, revokedKeys } = this.settings;
    const key = publicKeyOf(blob);
    if (key === undefined) return hostKeyRejected(host, { kind: 'malformed' });
    this.#unrecorded = undefined;
    if (revokedKeys?.has(key) === true) return this.#revoked(key, revokedKeys.file);
    const rejection = this.#rejection(lookup, key);
    if (rejection !== 'unknown') return rejection;
    if (printed !== undefined) {
      if (!printed.some(({ identity }) => identity === key.identity))
        return this.#contradiction(key, printed);
      this.#unrecorded = { key, source: 'console' };
      return undefined;
    }
    if (destination.hostKeyChecking !== 'accept-new') return this.#unknown(lookup, key);
    this.#unrecorded = { key, source: 'accept-new' };
    return undefined;
  }

  /** Throws `ssh.host_key` when the key cannot be recorded, or another one was recorded meanwhile. */
  async confirm(): Promise<void> {
    if (this.#unrecorded === undefined) return;
    const { key, source } = this.#unrecorded;
    const { host, destination, linesNow, recorder, onRecorded } = this.settings;
    const [file] = destination.userKnownHostsFiles;
    if (file === undefined) throw this.#failure('no file', key, 'none is named');
    const lines: string[] = [];
    try {
      await recorder.record(file, async (added) => {
        const now = new HostLookup(this.settings.names, [...(await linesNow()), ...added]);
        const rejection = this.#rejection(now, key);
        if (rejection === undefined) return undefined;
        if (rejection !== 'unknown') throw rejection;
        lines.push(this.#entry(key));
        return lines[0];
      });
    } catch (error) {
      throw error instanceof AdfError ? error : this.#failure(file, key, reasonOf(error));
    }
    this.#unrecorded = undefined;
    if (lines.length > 0)
      onRecorded({ host, keyType: key.type, fingerprint: fingerprint(key.blob), file, source });
  }

  /** What known_hosts says: undefined is yes. */
  #rejection(lookup: HostLookup, key: PublicKey): AdfError | 'unknown' | undefined {
    const { host } = this.settings;
    const verdict = lookup.judge(key);
    switch (verdict.kind) {
      case 'known':
        return undefined;
      case 'unknown':
        return 'unknown';
      case 'revoked':
        return this.#revoked(key, `${verdict.by.file}:${verdict.by.line}`);
      case 'changed': {
        const { file, line, key: known } = verdict.contradicted;
        const promised = { file, line, fingerprint: fingerprint(known.blob), name: text(verdict.name) };
        return hostKeyRejected(host, { kind: 'changed', offered: this.#offered(key), known: promised });
      }
    }
  }

  #revoked(key: PublicKey, by: string): AdfError {
    return hostKeyRejected(this.settings.host, { kind: 'revoked', offered: this.#offered(key), by });
  }

  #unknown(lookup: HostLookup, key: PublicKey): AdfError {
    const { host, files } = this.settings;
    const verdict = lookup.judge(key);
    const authority = verdict.kind === 'unknown' ? verdict.authority : undefined;
    const problem = { kind: 'unknown', offered: this.#offered(key), files } as const;
    return hostKeyRejected(host, authority === undefined ? problem : { ...problem, authority });
  }

  #contradiction(key: PublicKey, printed: readonly PublicKey[]): AdfError {
    const sameType = printed.filter(({ type }) => type === key.type);
    const shown = (sameType.length > 0 ? sameType : printed).map(({ blob }) => fingerprint(blob));
    return hostKeyRejected(this.settings.host, {
      kind: 'console_differs',
      offered: this.#offered(key),
      printed: shown,
    });
  }

  #failure(file: string, key: PublicKey, reason: string): AdfError {
    const problem = { kind: 'unrecorded', offered: this.#offered(key), file, reason } as const;
    return hostKeyRejected(this.settings.host, problem);
  }

  /** A name that would be read as a pattern is always hashed: then it means itself. */
  #entry({ type, blob }: PublicKey): string {
    const [name] = this.settings.names.own;
    const hashed = this.settings.destination.hashKnownHosts || /[^\w.:%[\]-]/.test(name);
    const shown = hashed ? hashedName(name, randomBytes(20)) : name;
    return `${shown} ${type} ${blob.toString('base64')}`;
  }

  #offered({ type, blob }: PublicKey): OfferedKey {
    const { own } = this.settings.names;
    return {
      type,
      fingerprint: fingerprint(blob),
      lookedUp: own.map(text).join(' or '),
      entry: `${text(own[0])} ${type} ${blob.toString('base64')}`,
    };
  }
}

/** Names are kept as strings of bytes. */
const text = (name: string): string => Buffer.from(name, 'latin1').toString('utf8');

const reasonOf = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error);
  return 'code' in error ? String(error.code) : error.message;
};
