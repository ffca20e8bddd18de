import type { Host } from '../model/host.js';

/** Another place than known_hosts that knows the keys of fresh hosts, and can be believed: an EC2 instance's console. */
export interface HostKeySource {
  /** Lines of `type base64`; empty when the host has not told any yet. Throws `aws.*`. */
  hostKeysOf(host: Host): Promise<readonly string[]>;
}
