import type { EpochMilliseconds } from './duration.js';
import type { AccountId, EnvironmentName, GroupName, HostId, Region } from './ids.js';

/** One host of a ProxyJump, as ssh_config(5) writes it: `user@host:port`, an IPv6 address in brackets. Groups: user, host, port. */
export const jumpForm =
  /^(?:ssh:\/\/)?(?:([^\s,]+)@)?(\[[0-9A-Fa-f:.%\w]+\]|[^-:@,\s[\]/][^:@,\s[\]/]*)(?::(\d{1,5}))?\/?$/;

/**
 * How a host is reached over SSH, as an inventory says it. What is absent is left to the user's OpenSSH configuration, and then to
 * OpenSSH's defaults.
 */
export interface SshSettings {
  /** `ssh2`, connections of our own, when absent; `openssh` runs the system's ssh; `local` is this machine, without SSH. */
  readonly transport?: 'ssh2' | 'openssh' | 'local';
  /** A configuration read instead of the user's and the system's, as with `ssh -F`; `none` reads none. */
  readonly configFile?: string;
  readonly user?: string;
  readonly port?: number;
  readonly identityFile?: string;
  /** With nothing else offered: neither the agent's other keys nor the usual files. */
  readonly identitiesOnly?: boolean;
  /** The agent's socket; `none` asks no agent. SSH_AUTH_SOCK when absent. */
  readonly identityAgent?: string;
  /** A bastion, as `user@host:port`, or several with commas between, the nearest first; `none` overrides OpenSSH's configuration. */
  readonly proxyJump?: string;
  /** A command whose stdin and stdout are the connection, in ssh_config's words; `none` overrides OpenSSH's configuration. */
  readonly proxyCommand?: string;
  /** `accept-new` accepts, and records, the key of a host that has none on record; a changed key is always refused. */
  readonly strictHostKeyChecking?: 'yes' | 'accept-new';
  /** Where the key of a host that has none on record may be learnt: what an EC2 instance printed to its console at first boot. */
  readonly hostKeys?: 'known_hosts' | 'console';
  /** Pushes a key made for this run through EC2 Instance Connect, and offers only that. */
  readonly instanceConnect?: boolean;
  readonly knownHostsFile?: string;
  /** The only name under which the host's key is looked up; the instance id for EC2 hosts when set so. */
  readonly hostKeyAlias?: string;
  /**
   * Not a setting: what the host is called as long as it lives, an EC2 instance's id. Without an alias its key is looked up under this
   * before its address, and recorded under it.
   */
  readonly hostKeyName?: string;
  /** Milliseconds until connecting and authenticating must be done. */
  readonly connectTimeout?: number;
  /** Milliseconds between two signs of life that are asked for. */
  readonly serverAliveInterval?: number;
  /** Unanswered ones in a row that mean that the host is lost. */
  readonly serverAliveCountMax?: number;
}

/** How the Docker Engine of a host is reached, over its SSH connection. */
export interface DockerSettings {
  /** Runs `docker system dial-stdio` through `sudo -n`. */
  readonly sudo?: boolean;
  /** The Engine's socket on the host, spoken to by stream-local forwarding instead of `dial-stdio`. */
  readonly socket?: string;
  /** Where no socket is named, the login user's docker context or DOCKER_HOST says which Engine is spoken to. */
  readonly followContext?: boolean;
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
  /** The ARN of the role that is assumed for the environment's AWS calls. */
  readonly role?: string;
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
