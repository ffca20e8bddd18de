import type { Milliseconds } from '../../../model/duration.js';

/** What OpenSSH's configuration is asked: what `ssh [-F configFile] [-l user] [-p port] name` would do. */
export interface Question {
  readonly name: string;
  /** Given by the inventory; `Match user` looks at it. */
  readonly user?: string;
  readonly port?: number;
  /** Read instead of the user's and the system's files; `none` reads none. */
  readonly configFile?: string;
}

/**
 * What OpenSSH's configuration says of a host. Absent is what it leaves to the defaults. Paths may still begin with `~` and hold tokens,
 * as ssh_config(5) has them: those are filled in when user, port and name are final.
 */
export interface OpenSshSettings {
  readonly user?: string;
  readonly hostName?: string;
  readonly port?: number;
  readonly identityFiles?: readonly string[];
  readonly certificateFiles?: readonly string[];
  readonly identitiesOnly?: boolean;
  /** `none`, `SSH_AUTH_SOCK`, `$NAME`, or a path. */
  readonly identityAgent?: string;
  /** At most one of the two is there: the first that the configuration names counts. */
  readonly proxyJump?: string;
  readonly proxyCommand?: string;
  readonly userKnownHostsFiles?: readonly string[];
  readonly globalKnownHostsFiles?: readonly string[];
  readonly revokedHostKeysFile?: string;
  readonly hostKeyAlias?: string;
  readonly hostKeyChecking?: 'yes' | 'accept-new';
  readonly hashKnownHosts?: boolean;
  readonly connectTimeout?: Milliseconds;
  /** 0: none are asked for. */
  readonly serverAliveInterval?: Milliseconds;
  readonly serverAliveCountMax?: number;
}
