import { describeHost } from '../model/host.js';
import { AdfError } from './adf-error.js';
import type { ErrorHost } from './ssh.js';

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
interface KnownHostsPlace {
  readonly file: string;
  readonly line: number;
}

/** Why a host's key is not accepted. */
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
  | {
      readonly kind: 'revoked';
      readonly offered: OfferedKey;
      /** Where it says so: a file, with its line where it is one of known_hosts. */
      readonly by: string;
    }
  | { readonly kind: 'unreadable'; readonly file: string; readonly reason: string }
  /** It could not be put on record, so it is not accepted. */
  | {
      readonly kind: 'unrecorded';
      readonly offered: OfferedKey;
      readonly file: string;
      readonly reason: string;
    }
  /** The console, which is to be trusted, has other keys: `printed` are their fingerprints. */
  | { readonly kind: 'console_differs'; readonly offered: OfferedKey; readonly printed: readonly string[] }
  | { readonly kind: 'console_silent' }
  /** It has two sets of keys, and no telling which are the host's. */
  | { readonly kind: 'console_contradictory'; readonly blocks: number }
  | { readonly kind: 'console_unavailable'; readonly reason: string; readonly cause: unknown }
  /** What the host shows is no key of a kind that OpenSSH takes. */
  | { readonly kind: 'malformed' };

const askAgain = 'Compare the fingerprint with one you know to be right';

/** The host's key is not the one that known_hosts promises; nothing of a login was said to the server. */
export function hostKeyRejected(host: ErrorHost, problem: HostKeyProblem): AdfError {
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
        hint: `If the host was replaced (EC2 gives an old address to a new instance): ssh-keygen -R '${known.name}' -f ${known.file}, then add its new key. If not, another machine may be in between.`,
      });
    }
    case 'revoked':
      return new AdfError({
        ...details,
        message: `${named} offers the ${problem.offered.type} key ${problem.offered.fingerprint}, which ${problem.by} marks as revoked`,
        hint: 'Give the host a new key; this one must not be trusted.',
      });
    case 'unreadable':
      return new AdfError({
        ...details,
        message: `${problem.file}, which says which key ${named} must have, cannot be read: ${problem.reason}`,
        hint: 'Make the file readable, or name another in ssh: { known_hosts_file }.',
      });
    case 'unrecorded': {
      const { offered, file, reason } = problem;
      return new AdfError({
        ...details,
        message: `the ${offered.type} key of ${named} (${offered.fingerprint}) is new, and cannot be recorded in ${file}: ${reason}`,
        hint: 'What is believed must be on record, or a change would go unnoticed: make the file writable, or name another in ssh: { known_hosts_file }.',
      });
    }
    case 'console_differs': {
      const { offered, printed } = problem;
      return new AdfError({
        ...details,
        message:
          `the ${offered.type} key of ${named} has changed: it offers ${offered.fingerprint}, but ` +
          `its console printed ${printed.join(', ')} at first boot`,
        hint: `If its key was replaced since: ${askAgain}, then add this line to known_hosts: ${offered.entry}. If not, another machine may be in between.`,
      });
    }
    case 'console_silent':
      return new AdfError({
        ...details,
        message: `no host keys are on the console of ${named} yet`,
        hint: 'It takes minutes after a launch until EC2 shows them, and an image without cloud-init prints none: try again, or add the key to known_hosts.',
      });
    case 'console_contradictory':
      return new AdfError({
        ...details,
        message: `the console of ${named} shows host keys that contradict each other (${problem.blocks === 1 ? 'two of a type' : `${problem.blocks} sets of them`}), and there is no telling which are right`,
        hint: `Find out who printed the others: programs can, and cloud-init prints them once in an instance's life. ${askAgain}, then add its line to known_hosts.`,
      });
    case 'console_unavailable':
      return new AdfError({
        ...details,
        message: `the console of ${named}, which is to tell its host keys, cannot be read: ${problem.reason}`,
        hint: 'Check that the credentials allow ec2:GetConsoleOutput, or add the key to known_hosts.',
        cause: problem.cause,
      });
    case 'malformed':
      return new AdfError({
        ...details,
        message: `what ${named} shows as its key is none: of an unknown type, malformed, or RSA of less than 1024 bits`,
        hint: 'Give the host a new key: ssh-keygen -A on the host makes one of each type.',
      });
  }
}
