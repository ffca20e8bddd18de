import type { AdfError } from '../../errors/adf-error.js';
import { hostKeyRejected, type OfferedKey } from '../../errors/host-key.js';
import type { Host } from '../../model/host.js';
import { HostLookup, namesOf, type HostNames } from './host-keys/lookup.js';
import { KnownHostsFiles } from './host-keys/known-hosts-files.js';
import { fingerprint, publicKeyOf, type PublicKey } from './host-keys/public-key.js';
import type { Destination } from './settings.js';

/** What is known of one host's keys before it is spoken to. */
export interface HostKeyPolicy {
  /** Host key algorithms in the order to ask for: those of known keys first, so that the host shows one we know. */
  readonly algorithms: readonly HostKeyAlgorithm[];
  /** Undefined when the key is the host's; why not, otherwise. */
  judge(blob: Buffer): AdfError | undefined;
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

  /** Throws `ssh.host_key` for a file that is there and cannot be read: it may hold the one key that is right. */
  async policyFor(host: Host, destination: Destination): Promise<HostKeyPolicy> {
    const files = [...destination.userKnownHostsFiles, ...destination.globalKnownHostsFiles];
    const names = namesOf(destination);
    const lookup = new HostLookup(names, await this.#files.linesOf(host, files));
    const { types } = lookup;
    const isKnown = (algorithm: HostKeyAlgorithm): boolean => types.has(keyTypeOf(algorithm));
    return {
      algorithms: [...algorithms.filter(isKnown), ...algorithms.filter((one) => !isKnown(one))],
      judge: (blob) => {
        const key = publicKeyOf(blob);
        return key === undefined
          ? hostKeyRejected(host, { kind: 'malformed' })
          : judge(host, names, files, lookup, key);
      },
    };
  }
}

function judge(
  host: Host,
  names: HostNames,
  files: readonly string[],
  lookup: HostLookup,
  key: PublicKey,
): AdfError | undefined {
  const offered = describeKey(names, key);
  const verdict = lookup.judge(key);
  switch (verdict.kind) {
    case 'known':
      return undefined;
    case 'unknown': {
      const { authority } = verdict;
      const problem = { kind: 'unknown', offered, files } as const;
      return hostKeyRejected(host, authority === undefined ? problem : { ...problem, authority });
    }
    case 'revoked':
      return hostKeyRejected(host, { kind: 'revoked', offered, by: verdict.by });
    case 'changed': {
      const { file, line, key: known } = verdict.contradicted;
      const promised = { file, line, fingerprint: fingerprint(known.blob), name: text(verdict.name) };
      return hostKeyRejected(host, { kind: 'changed', offered, known: promised });
    }
  }
}

const describeKey = ({ own }: HostNames, { type, blob }: PublicKey): OfferedKey => ({
  type,
  fingerprint: fingerprint(blob),
  lookedUp: own.map(text).join(' or '),
  entry: `${text(own[0])} ${type} ${blob.toString('base64')}`,
});

/** Names are kept as strings of bytes. */
const text = (name: string): string => Buffer.from(name, 'latin1').toString('utf8');
