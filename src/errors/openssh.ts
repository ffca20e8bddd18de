import { describeHost } from '../model/host.js';
import { AdfError } from './adf-error.js';
import type { ErrorHost } from './ssh.js';

/** There is no OpenSSH client to run. */
export const sshProgramMissing = (host: ErrorHost, program: string, cause?: unknown): AdfError =>
  new AdfError({
    code: 'ssh.program',
    class: 'failed',
    message: `${describeHost(host)} is to be reached by OpenSSH's own client, but "${program}" cannot be started, or is no OpenSSH`,
    host: describeHost(host),
    hint: 'Install the OpenSSH client, or leave out ssh: { transport: openssh }.',
    cause,
  });

/** A setting that OpenSSH would take for something else. */
export const unfitForSsh = (host: ErrorHost, value: string): AdfError =>
  new AdfError({
    code: 'ssh.unfit',
    class: 'invalid',
    message: `${JSON.stringify(value)}, among the ssh settings of ${describeHost(host)}, holds characters that cannot be given to ssh`,
    host: describeHost(host),
    hint: 'Leave out quotation marks, line ends and other control characters.',
  });

/** A setting that only our own connections honour. */
export const notWithOpenSsh = (host: ErrorHost, setting: string): AdfError =>
  new AdfError({
    code: 'ssh.unfit',
    class: 'invalid',
    message: `${describeHost(host)} has "${setting}" and "transport: openssh", which do not go together`,
    host: describeHost(host),
    hint: 'Leave out one of the two.',
  });

/** Why ssh does not accept a host's key. `words` are those of ssh. */
export interface DistrustedKey {
  readonly kind: 'unknown' | 'changed' | 'revoked' | 'certificate' | 'other';
  readonly type?: string;
  /** `SHA256:…`. */
  readonly fingerprint?: string;
  /** `file:line` of the key that is on record, and its fingerprint. */
  readonly recorded?: { readonly place: string; readonly fingerprint?: string };
  readonly words: string;
}

/** OpenSSH's client does not accept the host's key; nothing was sent to the server after that. */
export function hostKeyDistrusted(host: ErrorHost, key: DistrustedKey): AdfError {
  const named = describeHost(host);
  const offered = `the ${key.type ?? 'host'} key of ${named} (${key.fingerprint ?? 'which ssh does not show'})`;
  const details = { code: 'ssh.host_key', class: 'failed', host: named } as const;
  const scan = `ssh-keyscan -t ${(key.type ?? '').replace(/^ssh-|-sha2.*/g, '') || 'ed25519'} ${host.address}`;
  switch (key.kind) {
    case 'unknown':
      return new AdfError({
        ...details,
        message: `${offered} is not in known_hosts: ${key.words}`,
        hint: `Compare the fingerprint with one you know to be right (an EC2 instance prints it to its console at first boot), then add what "${scan}" prints to known_hosts.`,
      });
    case 'changed': {
      const { place = 'known_hosts', fingerprint } = key.recorded ?? {};
      return new AdfError({
        ...details,
        message: `${offered} has changed: ${place} has ${fingerprint ?? 'another'}`,
        hint: 'If the host was replaced, take the old key out with ssh-keygen -R, and add its new one. If not, another machine may be in between.',
      });
    }
    case 'revoked':
      return new AdfError({
        ...details,
        message: `${offered} is marked as revoked: ${key.words}`,
        hint: 'Give the host a new key; this one must not be trusted.',
      });
    case 'certificate':
      return new AdfError({
        ...details,
        message: `the certificate of ${named} is not valid: ${key.words}`,
        hint: 'Sign its key anew, with the name that it is reached by among the principals, or set ssh: { host_key_alias }.',
      });
    case 'other':
      return new AdfError({
        ...details,
        message: `${offered} is not believed: ${key.words}`,
        hint: 'See what ssh says with -v.',
      });
  }
}

/** The server took none of what ssh offered. `needsPerson`: a key was left out that only a person could unlock. */
export const notLetIn = (
  host: ErrorHost,
  user: string,
  offered: readonly string[],
  words: string,
  needsPerson: boolean,
): AdfError =>
  new AdfError({
    code: 'ssh.authentication',
    class: 'failed',
    message:
      offered.length === 0
        ? `ssh has no key to offer to ${describeHost(host)} as ${user}: ${words}`
        : `${describeHost(host)} does not let ${user} in with ${offered.join(', ')}: ${words}`,
    host: describeHost(host),
    hint: needsPerson
      ? 'ssh cannot ask for a passphrase, a PIN or a touch here: put the key into the SSH agent (ssh-add) first, or use one that needs none.'
      : `Check ssh: { user, identity_file }, and the authorized_keys or trusted user CAs on the host. It is not tried again: servers ban those who try too often.`,
  });
