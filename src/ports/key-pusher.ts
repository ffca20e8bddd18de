import type { Host } from '../model/host.js';

/** EC2 Instance Connect: lets a public key in for 60 seconds. */
export interface KeyPusher {
  /** `publicKey` is a line of authorized_keys. Throws `aws.*`. */
  push(host: Host, user: string, publicKey: string): Promise<void>;
}
