import type { EpochMilliseconds, Milliseconds } from './duration.js';
import type { ContainerId, ContainerName, Digest } from './ids.js';
import type { PinnedImage } from './release.js';

export type RestartPolicy =
  | { readonly name: 'no' | 'always' | 'unless-stopped' }
  | { readonly name: 'on-failure'; readonly maximumRetries: number };

/** Whether two restart policies do the same. */
export const samePolicy = (a: RestartPolicy, b: RestartPolicy): boolean =>
  a.name === b.name &&
  (a.name !== 'on-failure' || b.name !== 'on-failure' || a.maximumRetries === b.maximumRetries);

export interface PortMapping {
  /** The address of the host it is published on; all when absent. */
  readonly hostAddress?: string;
  readonly hostPort: number;
  readonly containerPort: number;
  readonly protocol: 'tcp' | 'udp';
}

/** Both cannot be published on one host at the same time. Without an address, a port is published on all. */
export const portsClash = (a: PortMapping, b: PortMapping): boolean =>
  a.hostPort === b.hostPort && a.protocol === b.protocol && addressesMeet(a.hostAddress, b.hostAddress);

/** `0.0.0.0` are all addresses of IPv4, `::` all of IPv6. */
function addressesMeet(a: string | undefined, b: string | undefined): boolean {
  if (a === undefined || b === undefined || a === b) return true;
  const isAll = (one: string): boolean => one === '0.0.0.0' || one === '::';
  return (isAll(a) || isAll(b)) && a.includes(':') === b.includes(':');
}

/** `127.0.0.1:5060/tcp` */
export const describePort = ({ hostAddress, hostPort, protocol }: PortMapping): string => {
  const address = hostAddress?.includes(':') === true ? `[${hostAddress}]` : hostAddress;
  return `${address === undefined ? '' : `${address}:`}${hostPort}/${protocol}`;
};

export interface ContainerHealthcheck {
  readonly test: readonly string[];
  readonly interval?: Milliseconds;
  readonly timeout?: Milliseconds;
  readonly retries?: number;
  readonly startPeriod?: Milliseconds;
}

/** A container to be: the rendered specification, everything resolved. Its hash decides whether a host is converged. */
export interface ContainerSpec {
  readonly name: ContainerName;
  readonly image: PinnedImage;
  readonly command?: readonly string[];
  readonly entrypoint?: readonly string[];
  readonly user?: string;
  readonly hostname?: string;
  readonly ports: readonly PortMapping[];
  /** Includes what `env_file` rendered to. Values may be secret: never in an event or journal. */
  readonly env: Readonly<Record<string, string>>;
  /** Docker's own notation, `source:target[:options]`; the option `create` is ours. See `parseVolume`. */
  readonly volumes: readonly string[];
  /** The first is the network the container is created in; it is reachable there under its name. */
  readonly networks: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
  readonly restart: RestartPolicy;
  /** Between SIGTERM and SIGKILL. */
  readonly stopTimeout: Milliseconds;
  readonly limits: { readonly memoryBytes?: number; readonly cpus?: number; readonly pids?: number };
  readonly logging?: { readonly driver: string; readonly options: Readonly<Record<string, string>> };
  readonly healthcheck?: ContainerHealthcheck;
  readonly extraHosts: readonly string[];
}

/** A container as a group's variables describe it: rendered, its image not resolved to a digest yet. */
export type ContainerTemplate = Omit<ContainerSpec, 'image'> & {
  /** An image reference, where the container runs another image than the group's. */
  readonly image?: string;
  /** A file of the project, itself a template, that renders to lines of `KEY=value`. */
  readonly envFile?: string;
  /** The name of a container that adfpush did not start and that this one takes the place of. */
  readonly adopt?: string;
};

/** The labels adfpush puts on what it starts; the truth about a release lives here. */
export const label = {
  environment: 'adfpush.environment',
  group: 'adfpush.group',
  /** The name the container runs under; a kept predecessor is renamed, this label is not. */
  container: 'adfpush.container',
  release: 'adfpush.release',
  digest: 'adfpush.digest',
  specHash: 'adfpush.spec',
  /** A short hash per part of the specification, to name what changed. */
  specParts: 'adfpush.spec.parts',
  run: 'adfpush.run',
  /** When that run was started, on this host's own clock, as ISO 8601: two runs are compared without their machines' clocks. */
  started: 'adfpush.started',
  /** Who started that run: `jenkins@build-7`. */
  by: 'adfpush.by',
  /** The sources of bind mounts that may be made when they are missing, as a JSON list: the option `create`. */
  creates: 'adfpush.creates',
  /** A keyed hash of each of its secrets, by name, as JSON: see `HashedSecrets`. */
  secrets: 'adfpush.secrets',
  /** The id of the removed container that this one was made again for. */
  remakes: 'adfpush.remakes',
} as const;

/** A container as it was found on a host. */
export interface ObservedContainer {
  readonly id: ContainerId;
  readonly name: ContainerName;
  /** The reference it was created from, as Docker shows it. */
  readonly image: string;
  /** From its label, when adfpush started it. */
  readonly digest?: Digest;
  readonly labels: Readonly<Record<string, string>>;
  /** Running and not restarting, paused or dead. */
  readonly running: boolean;
  /** It ended, and the Engine is about to start it again by its restart policy. */
  readonly restarting?: boolean;
  readonly exitCode?: number;
  readonly restartCount: number;
  readonly restartPolicy: RestartPolicy;
  readonly createdAt: EpochMilliseconds;
  readonly startedAt?: EpochMilliseconds;
  /** When it ended last, by its host's clock; absent while it runs, and of one that never ran. */
  readonly finishedAt?: EpochMilliseconds;
  /** Published ports, as configured (also of a stopped container). */
  readonly ports: readonly PortMapping[];
  readonly networks: readonly string[];
  /** The paths of the host that it mounts and that must not be created for it; also of a stopped container. */
  readonly bindSources?: readonly string[];
  /** Docker's own health check, when the container has one. */
  readonly health?: 'starting' | 'healthy' | 'unhealthy';
  /** Who else looks after it; adfpush must not take it over. */
  readonly managedBy?: 'systemd' | 'compose' | 'auto-remove';
}

/**
 * A container that does not run although its restart policy says that the Engine starts it again: somebody stopped it, or its Engine is being
 * restarted and brings it back. One that waits for its restart is none of these.
 */
export const mayBeStartedByEngine = ({ running, restarting, restartPolicy }: ObservedContainer): boolean =>
  !running && restarting !== true && ['always', 'unless-stopped'].includes(restartPolicy.name);
