import { describeHost } from '../model/host.js';
import { AdfError } from './adf-error.js';
import type { NamedHost } from './ssh.js';

/** A key as a host shows it. Fingerprints are OpenSSH's, `SHA256:…`. */
export interface OfferedKey {
  /** `ssh-ed25519`. */
  readonly type: string;
  readonly fingerprint: string;
  /** The names it was looked up by, as known_hosts writes them: `api-1` or `[127.0.0.1]:2222`. */
  readonly lookedUp: string;
  /** The line of known_hosts that would let it in. */
  readonly entry: string;
}

/** A line of a file. It counts from 1. */
export interface KnownHostsPlace {
  readonly file: string;
  readonly line: number;
}

/** Why a host's key is not believed. */
export type HostKeyProblem =
  | {
      readonly kind: 'unknown';
      readonly offered: OfferedKey;
      readonly files: readonly string[];
      /** A @cert-authority line that speaks of the host. */
      readonly authority?: KnownHostsPlace;
    }
  | {
      readonly kind: 'changed';
      readonly offered: OfferedKey;
      /** What it should be, and under which name that was found. */
      readonly known: KnownHostsPlace & { readonly fingerprint: string; readonly name: string };
    }
  | { readonly kind: 'revoked'; readonly offered: OfferedKey; readonly by: KnownHostsPlace }
  | { readonly kind: 'unreadable'; readonly file: string; readonly reason: string }
  /** What the host shows is no key of a kind that OpenSSH takes. */
  | { readonly kind: 'malformed' };

const askAgain = 'Compare the fingerprint with one you know to be right';

/** The host's key is not the one that known_hosts promises; nothing of a login was said to the server. */
export function hostKeyRejected(host: NamedHost, problem: HostKeyProblem): AdfError {
  const named = describeHost(host);
  const details = { code: 'ssh.host_key', class: 'failed', host: named } as const;
  switch (problem.kind) {
    case 'unknown': {
      const { offered, files, authority } = problem;
      const file = files[0] ?? '~/.ssh/known_hosts';
      return new AdfError({
        ...details,
        message: `the ${offered.type} key of ${named} (${offered.fingerprint}) is not in ${files.join(' or ')} under ${offered.lookedUp}`,
        hint:
          (authority === undefined
            ? ''
            : `${authority.file}:${authority.line} trusts a certificate authority for it, and certificates of hosts need ssh: { transport: openssh }. Or: `) +
          `${askAgain} (an EC2 instance prints it to its console at first boot), then: echo '${offered.entry}' >> ${file}`,
      });
    }
    case 'changed': {
      const { offered, known } = problem;
      return new AdfError({
        ...details,
        message:
          `the ${offered.type} key of ${named} has changed: it offers ${offered.fingerprint}, but ` +
          `${known.file}:${known.line} has ${known.fingerprint} for ${known.name}`,
        hint: `If the host was replaced: ssh-keygen -R '${known.name}' -f ${known.file}, then add its new key. If not, somebody may be in between.`,
      });
    }
    case 'revoked':
      return new AdfError({
        ...details,
        message: `${named} offers the ${problem.offered.type} key ${problem.offered.fingerprint}, which ${problem.by.file}:${problem.by.line} marks as revoked`,
        hint: 'Give the host a new key; this one must not be trusted.',
      });
    case 'unreadable':
      return new AdfError({
        ...details,
        message: `${problem.file}, which says which key ${named} must have, cannot be read: ${problem.reason}`,
        hint: 'Make the file readable, or name another in ssh: { known_hosts_file }.',
      });
    case 'malformed':
      return new AdfError({
        ...details,
        message: `what ${named} shows as its key is none: of an unknown type, malformed, or RSA of less than 1024 bits`,
        hint: 'Give the host a new key: ssh-keygen -A on the host makes one of each type.',
      });
  }
}
