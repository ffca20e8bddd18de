import type { EpochMilliseconds } from './duration.js';
import type { AccountId, EnvironmentName, GroupName, HostId, Region } from './ids.js';

/** How a host is reached over SSH. What is absent is left to the defaults of OpenSSH. */
export interface SshSettings {
  readonly user?: string;
  readonly port?: number;
  readonly identityFile?: string;
  /** A bastion, as `user@host:port`. */
  readonly proxyJump?: string;
  readonly knownHostsFile?: string;
  /** The name under which the host's key is looked up; the instance id for EC2 hosts when set so. */
  readonly hostKeyAlias?: string;
  /** Milliseconds until connecting and authenticating must be done. */
  readonly connectTimeout?: number;
}

/** How the Docker Engine of a host is reached, over its SSH connection. */
export interface DockerSettings {
  /** Runs `docker system dial-stdio` through `sudo -n`. */
  readonly sudo?: boolean;
  /** The Engine's socket on the host, spoken to by stream-local forwarding instead of `dial-stdio`. */
  readonly socket?: string;
}

/** One machine of an inventory, frozen for the run. */
export interface Host {
  readonly id: HostId;
  /** For people: the Name tag, or the static name. Two hosts may share it. */
  readonly name: string;
  readonly environment: EnvironmentName;
  readonly groups: readonly GroupName[];
  /** Where SSH goes, chosen by the inventory's `address` policy. */
  readonly address: string;
  /** The ids under which a target group may know this host: its instance id and its IP addresses. */
  readonly targetIds: readonly string[];
  readonly zone?: string;
  readonly region?: Region;
  readonly account?: AccountId;
  readonly autoScalingGroup?: string;
  readonly launchedAt?: EpochMilliseconds;
  readonly ssh: SshSettings;
  readonly docker: DockerSettings;
  /** What the source knows of the host (EC2 attributes, `tags`), visible to playbooks as variables. */
  readonly facts: Readonly<Record<string, unknown>>;
}

/** A host as a person writes it: `api-1 (i-0abc)`, or just `api-1` when the two are the same. */
export const describeHost = ({ id, name }: Pick<Host, 'id' | 'name'>): string =>
  name === id ? name : `${name} (${id})`;
