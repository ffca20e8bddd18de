import type { Host } from '../model/host.js';

/** Another place than known_hosts that knows the keys of fresh hosts, and can be believed: an EC2 instance's console. */
export interface HostKeySource {
  /** Lines of `type base64`; empty when the host has not told any yet. Throws `aws.*`, and `ssh.host_key` where it is at odds with itself. */
  hostKeysOf(host: Host): Promise<readonly string[]>;
}

/** A key that nobody had on record: believed, and from now on the only one that is. */
export interface RecordedHostKey {
  readonly host: Host;
  /** `ssh-ed25519`. */
  readonly keyType: string;
  /** OpenSSH's, `SHA256:…`. */
  readonly fingerprint: string;
  /** The known_hosts file that has it now. */
  readonly file: string;
  /** Why it was believed. */
  readonly source: 'accept-new' | 'console';
}
