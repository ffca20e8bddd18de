import type { ContainerSpec, ObservedContainer, RestartPolicy } from '../model/container.js';
import type { EpochMilliseconds, Milliseconds } from '../model/duration.js';
import type { Host } from '../model/host.js';
import type { ContainerId, ContainerName } from '../model/ids.js';
import type { Platform } from '../model/platform.js';
import type { PinnedImage } from '../model/release.js';
import type { EngineObjects } from './engine-objects.js';
import type { RegistryCredentials } from './registry.js';

/** The Docker Engines of the fleet. */
export interface ContainerRuntime {
  /** Nothing is connected until the first call. */
  on(host: Host): HostContainers;
}

/**
 * The Docker Engine of one host. Every call may throw the transport's errors (host lost) or `docker.api` (the Engine's
 * own message and status). All are idempotent where Docker's are: starting a started container does nothing.
 */
export interface HostContainers {
  /** Its networks and volumes, and what else is asked of it. */
  readonly objects: EngineObjects;
  info(): Promise<RuntimeInfo>;
  /** All containers, stopped ones too. */
  list(): Promise<readonly ObservedContainer[]>;
  inspect(container: ContainerId | ContainerName): Promise<ObservedContainer | undefined>;
  /** The environment that a container was created with, its image's included. May be secret: never in an event or journal. */
  environment(container: ContainerId): Promise<Readonly<Record<string, string>>>;
  /** The image as the Engine has it; undefined when it has none under that digest. */
  image(image: PinnedImage): Promise<LocalImage | undefined>;
  images(): Promise<readonly LocalImage[]>;
  /** Pulls by digest. Throws `docker.pull`; verifying the result is the caller's, through `image`. */
  pull(
    image: PinnedImage,
    credentials: RegistryCredentials | undefined,
    onProgress: (progress: PullProgress) => void,
    signal?: AbortSignal,
  ): Promise<void>;
  /** What the host has at these absolute paths, in their order: sources of bind mounts. */
  sources(paths: readonly string[]): Promise<readonly SourceKind[]>;
  /**
   * Creates, and starts nothing. Networks of the specification must exist. `onWarning` is given what the Engine warns of: a limit that its
   * kernel does not keep, say. Throws when the name is taken.
   */
  create(
    spec: ContainerSpec,
    labels: Readonly<Record<string, string>>,
    onWarning?: (warning: string) => void,
  ): Promise<ContainerId>;
  start(id: ContainerId): Promise<void>;
  /** SIGTERM, and SIGKILL after `timeout`. Resolves when it has stopped. */
  stop(id: ContainerId, timeout: Milliseconds): Promise<void>;
  rename(id: ContainerId, name: ContainerName): Promise<void>;
  setRestartPolicy(id: ContainerId, policy: RestartPolicy): Promise<void>;
  /** Forcibly, running or not; its anonymous volumes go with it. A container that is not there is no error. */
  remove(id: ContainerId): Promise<void>;
  /** A user-defined bridge network, created when it is not there. */
  ensureNetwork(name: string): Promise<void>;
  /** An image that is in use, or not there, stays as it is and is no error; true when it was removed. */
  removeImage(id: string): Promise<boolean>;
  /** The last lines of stdout and stderr together. */
  logs(id: ContainerId, lines: number): Promise<string>;
}

/** `unknown` where the login user may not look. A link is what it leads to; a socket and a device are files. */
export type SourceKind = 'file' | 'folder' | 'missing' | 'unknown';

export interface RuntimeInfo extends Platform {
  readonly version: string;
  /** The version of its API that is spoken: `1.47`. */
  readonly apiVersion: string;
  /** Where it is spoken to: `unix:///var/run/docker.sock`. */
  readonly address: string;
  /** Where the login user's own `docker` goes instead, and what says so. Undefined when that is the same Engine. */
  readonly elsewhere?: string;
  /** Free bytes where the Engine keeps its data. Undefined when the host does not tell. */
  readonly freeBytes?: number;
  /** The host's clock at the zero of this machine's `Clock.elapsed`: adding a reading of that gives the host's time. Undefined when the Engine does not tell. */
  readonly clockZero?: EpochMilliseconds;
}

/** An image of one Engine; `os` and `architecture` are empty where the Engine does not tell. */
export interface LocalImage extends Platform {
  /**
   * What this very Engine calls it: the digest of its configuration, or of its manifest or index in the containerd image store. It means
   * nothing on another host; what is compared between hosts is the digest in `repoDigests`.
   */
  readonly id: string;
  readonly repoDigests: readonly string[];
  /** Tags it also goes by; an image pulled by digest has none. */
  readonly repoTags: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
  /** The names of the environment variables that it sets. */
  readonly variables?: readonly string[];
}

/** Sums over all layers seen so far. */
export interface PullProgress {
  readonly layers: number;
  readonly layersDone: number;
  readonly bytes: number;
  /** Grows while layers are discovered. */
  readonly totalBytes: number;
}
