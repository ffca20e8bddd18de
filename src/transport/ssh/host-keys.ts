import { realpath, stat } from 'node:fs/promises';
import { AdfError } from '../../errors/adf-error.js';
import { hostKeyRejected } from '../../errors/host-key.js';
import type { ErrorHost } from '../../errors/ssh.js';
import { defined } from '../../model/defined.js';
import type { Host } from '../../model/host.js';
import type { Clock } from '../../ports/clock.js';
import type { HostKeySource, RecordedHostKey } from '../../ports/transport.js';
import { HostTrust } from './host-keys/host-trust.js';
import { parseKnownHosts, type KnownHostLine } from './host-keys/known-hosts.js';
import { HostLookup, namesOf } from './host-keys/lookup.js';
import { parsePublicKey, type PublicKey } from './host-keys/public-key.js';
import { KnownHostsRecorder } from './host-keys/recorder.js';
import { readRevokedKeys } from './host-keys/revoked-keys.js';
import type { Destination } from './settings.js';
import { readRegular } from '../../system/regular-file.js';

/** Reads known_hosts files, each once for as long as it does not change. */
class KnownHostsFiles {
  readonly #parsed = new Map<string, { stamp: string; lines: Promise<readonly KnownHostLine[]> }>();

  /**
   * The lines of all files, in order. A file that is not there has none. Throws `ssh.host_key` for one that is there and cannot be
   * read: it may hold the line that revokes a key, or contradicts it. (OpenSSH 9.2 passes over such a file.)
   */
  async linesOf(host: ErrorHost, files: readonly string[]): Promise<readonly KnownHostLine[]> {
    return (await Promise.all(files.map((file) => this.#read(host, file)))).flat();
  }

  async #read(host: ErrorHost, file: string): Promise<readonly KnownHostLine[]> {
    try {
      const stats = await stat(file);
      if (!stats.isFile()) return await this.#readSpecial(host, file);
      const stamp = `${stats.mtimeMs} ${stats.size} ${stats.ino}`;
      const before = this.#parsed.get(file);
      if (before?.stamp === stamp) return await before.lines;
      const lines = readRegular(file).then((bytes) => parseKnownHosts(file, bytes.toString('latin1')));
      this.#parsed.set(file, { stamp, lines });
      return await lines;
    } catch (error) {
      this.#parsed.delete(file);
      if (error instanceof AdfError || !(error instanceof Error && 'code' in error)) throw error;
      if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return [];
      throw hostKeyRejected(host, { kind: 'unreadable', file, reason: String(error.code) });
    }
  }

  /** A pipe would keep us waiting, a folder is a mistake; only /dev/null is a usual way to say "no file". */
  async #readSpecial(host: ErrorHost, file: string): Promise<readonly KnownHostLine[]> {
    if ((await realpath(file)) === '/dev/null') return [];
    throw hostKeyRejected(host, { kind: 'unreadable', file, reason: 'it is no regular file' });
  }
}

/** What is known of one host's keys before it is spoken to. */
export interface HostKeyPolicy {
  /** Host key algorithms in the order to ask for: those of known keys first, so that the host shows one we know. */
  readonly algorithms: readonly HostKeyAlgorithm[];
  /** Undefined when the key is accepted; why not, otherwise. */
  judge(blob: Buffer): AdfError | undefined;
  /**
   * Puts on record what `judge` accepted without one. To be awaited after the host has proved that the key is its own, and before it
   * is told anything of a login. Throws `ssh.host_key`.
   */
  confirm(): Promise<void>;
}

export interface HostKeysOptions {
  readonly clock: Clock;
  /** Asked for hosts with `host_keys: console`. */
  readonly source?: HostKeySource;
  readonly onRecorded?: (recorded: RecordedHostKey) => void;
}

/** What OpenSSH 9.2 asks for, in its order, but for certificates and security keys, which ssh2 cannot check. Not SHA-1 with RSA. */
const algorithms = [
  'ssh-ed25519',
  'ecdsa-sha2-nistp256',
  'ecdsa-sha2-nistp384',
  'ecdsa-sha2-nistp521',
  'rsa-sha2-512',
  'rsa-sha2-256',
] as const;
type HostKeyAlgorithm = (typeof algorithms)[number];

const keyTypeOf = (algorithm: HostKeyAlgorithm): string =>
  algorithm.startsWith('rsa-sha2') ? 'ssh-rsa' : algorithm;

/** Decides which hosts are who they say they are. */
export class HostKeys {
  readonly #files = new KnownHostsFiles();
  readonly #recorder: KnownHostsRecorder;

  constructor(private readonly options: HostKeysOptions) {
    this.#recorder = new KnownHostsRecorder(options.clock);
  }

  /**
   * Throws `ssh.host_key` for a file that is there and cannot be read, since it may hold the one key that is right; and for a console
   * that is to be trusted and says nothing.
   */
  async policyFor(host: Host, destination: Destination): Promise<HostKeyPolicy> {
    const files = [...destination.userKnownHostsFiles, ...destination.globalKnownHostsFiles];
    const names = namesOf(destination, host.ssh.hostKeyName);
    const lookup = new HostLookup(names, await this.#files.linesOf(host, files));
    const { revokedHostKeysFile: file } = destination;
    const revokedKeys = file === undefined ? undefined : { file, has: await readRevokedKeys(host, file) };
    const printed = lookup.hasPromises ? undefined : await this.#printedBy(host);
    const trust = new HostTrust({
      host,
      destination,
      names,
      files,
      lookup,
      linesNow: () => this.#files.linesOf(host, files),
      ...defined({ printed, revokedKeys }),
      recorder: this.#recorder,
      onRecorded: this.options.onRecorded ?? (() => undefined),
    });
    const types = printed === undefined ? lookup.types : new Set(printed.map(({ type }) => type));
    const isKnown = (algorithm: HostKeyAlgorithm): boolean => types.has(keyTypeOf(algorithm));
    return {
      algorithms: [...algorithms.filter(isKnown), ...algorithms.filter((one) => !isKnown(one))],
      judge: (blob) => trust.judge(blob),
      confirm: () => trust.confirm(),
    };
  }

  /** The keys on the console of a host that knows no other way; undefined where its console is not to be asked. */
  async #printedBy(host: Host): Promise<readonly PublicKey[] | undefined> {
    const { source } = this.options;
    if (host.ssh.hostKeys !== 'console' || source === undefined) return undefined;
    const lines = await source.hostKeysOf(host).catch((error: unknown) => {
      if (!(error instanceof AdfError) || error.code === 'ssh.host_key') throw error;
      throw hostKeyRejected(host, { kind: 'console_unavailable', reason: error.message, cause: error });
    });
    const keys = lines.flatMap((line) => {
      const [type = '', base64 = ''] = line.split(' ');
      return parsePublicKey(type, base64) ?? [];
    });
    if (keys.length === 0) throw hostKeyRejected(host, { kind: 'console_silent' });
    return keys;
  }
}
